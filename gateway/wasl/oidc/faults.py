"""Why a single sign-on came to nothing. The list is closed, so that there is a sentence for each, in every language of the console."""

from enum import StrEnum

from wasl.errors import WaslError


class Because(StrEnum):
    """What went wrong; the page in the console says it in words, the log with the detail."""

    NOT_BEGUN = "not_begun"
    """It was not begun in this browser, more than ten minutes ago, or is over already."""
    DECLINED = "declined"
    """The provider did not let them in, or they turned back."""
    NO_ANSWER = "no_answer"
    """The provider cannot be reached, or says nothing that can be read."""
    NOT_TAKEN = "not_taken"
    """The provider does not take what wasl asks for: the secret, the code or the redirect URI."""
    NOT_PROVED = "not_proved"
    """The ID token is not to be believed."""
    NO_ROLE = "no_role"
    NO_BRAND = "no_brand"
    SOMEBODY_ELSE = "somebody_else"
    """They proved to be another user than the one who is signed in."""
    NOT_FRESH = "not_fresh"
    """They were to prove themselves anew, and the provider does not say that they did, with a second factor."""


_STATUS = {Because.NOT_BEGUN: 400, Because.NO_ANSWER: 502, Because.NOT_TAKEN: 502, Because.NOT_PROVED: 502}


class NotSignedOn(WaslError):
    """Nobody was signed in. `detail` is for the log and for `wasl doctor`: which check failed, and nothing of the token or the secret."""

    def __init__(self, because: Because, detail: str = "") -> None:
        super().__init__(f"The single sign-on came to nothing ({because}).", code=f"sign_on_{because}")
        self.because = because
        self.detail = detail
        self.status = _STATUS.get(because, 403)  # type: ignore[misc]  # of this one

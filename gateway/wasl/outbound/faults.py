"""Why a URL was not asked, or gave nothing that can be used. No text repeats the URL: it may hold a secret.

Unreached
├── BadUrl           it is not one that is ever asked
├── BlockedAddress   it leads to an address that is not public
├── Loop             it leads back to wasl
├── Redirected       it points elsewhere, which is not followed
├── TooMuch          the answer is larger than wanted, or packed
└── NoAnswer         nothing came, not in time, or nothing that is HTTP: later it may
"""

from typing import ClassVar


class Unreached(Exception):
    """There is no answer. `code` is for programs, `message` says what is wrong and goes on after the name of a field."""

    code: ClassVar[str] = "unreached"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadUrl(Unreached):
    """It is not a URL that is ever asked."""

    code = "bad_url"


class BlockedAddress(Unreached):
    """It leads to an address that is not public, and that the configuration does not allow."""

    code = "blocked_address"

    def __init__(self, message: str = "leads to an address that is not public; allow its network in [outbound], or give another") -> None:
        super().__init__(message)


class Loop(Unreached):
    """It leads back to wasl."""

    code = "loop"

    def __init__(self, message: str = "leads back to wasl itself") -> None:
        super().__init__(message)


class Redirected(Unreached):
    """The answer points elsewhere."""

    code = "redirect"

    def __init__(self) -> None:
        super().__init__("points to another URL, and redirects are not followed; give the final one")


class TooMuch(Unreached):
    """The answer is larger than wanted, or packed so that its size cannot be told."""

    code = "too_large"


class NoAnswer(Unreached):
    """Nothing came, or nothing that is HTTP."""

    code = "no_answer"

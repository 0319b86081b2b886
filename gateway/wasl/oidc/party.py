"""Both halves of a sign-in: leaving for the identity provider, and coming back with a code that is worth an ID token."""

import base64
import hmac
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit, urlunsplit

from pydantic import BaseModel, ValidationError

from wasl.clock import Clock
from wasl.config.sign_on import SignOnSection
from wasl.keys import KeyRing
from wasl.oidc.faults import Because, NotSignedOn
from wasl.oidc.granting import FRESH, Identity, check_fresh, identity
from wasl.oidc.issuer import SECONDS, Issuer, Known, Metadata
from wasl.oidc.journey import Journey

_BACK = "/console/oidc/back"
_FORM = "application/x-www-form-urlencoded"
_LONGEST_CODE = 4096  # characters
_OF_WASL = frozenset(
    {"invalid_client", "invalid_request", "invalid_scope", "unauthorized_client", "unsupported_grant_type", "invalid_grant"}
)
_OF_THE_REQUEST = _OF_WASL | {"unsupported_response_type", "server_error", "temporarily_unavailable", "request_not_supported"}

Answered = Mapping[str, Sequence[str]]
"""The query with which the browser comes back: each name with all values that it has there."""


def redirect_uri(told: SignOnSection, public_url: str | None) -> str:
    """Where the provider sends browsers back to, which it has to know."""
    return f"{(told.reached_at or public_url or '').rstrip('/')}{_BACK}"


class Departure(NamedTuple):
    """Where to send the browser, and what it keeps meanwhile."""

    url: str
    cookie: str


class _Tokens(BaseModel):
    id_token: str


class _Fault(BaseModel):
    error: str


class Party:
    """wasl as a relying party of one provider. `back` is the redirect URI; `seconds` is how long an answer may take."""

    def __init__(self, told: SignOnSection, back: str, ring: KeyRing, clock: Clock, seconds: float = SECONDS) -> None:
        self.told = told
        self.back = back
        self._ring = ring
        self._clock = clock
        self._issuer = Issuer(told, clock, seconds)

    async def known(self) -> Known:
        """What the provider says of itself; raises NotSignedOn."""
        return await self._issuer.known()

    @property
    def may_leave(self) -> bool:
        """Whether the provider may have a page that ends the session there: not where it is known to have none."""
        known = self._issuer.remembered
        return known is None or known.metadata.end_session_endpoint is not None

    async def leaving(self) -> str | None:
        """The URL at which somebody signs out at the provider (OpenID Connect RP-Initiated Logout 1.0); None: there is none."""
        metadata = (await self.known()).metadata
        return _with_query(metadata.end_session_endpoint, {"client_id": self.told.client_id}) if metadata.end_session_endpoint else None

    async def begin(self, then: str, proving: str = "") -> Departure:
        """Off to the provider. `proving` is the id of a user who is to prove themselves anew. Raises NotSignedOn."""
        metadata, journey = (await self.known()).metadata, Journey.begin(self._clock.now(), then, proving)
        asked = {
            "response_type": "code", "client_id": self.told.client_id, "redirect_uri": self.back, "scope": " ".join(self.told.scopes),
            "state": journey.state, "nonce": journey.nonce, "code_challenge": journey.challenge, "code_challenge_method": "S256",
            **({"max_age": str(int(FRESH.total_seconds()))} if proving else {}),
        }  # fmt: skip
        return Departure(_with_query(metadata.authorization_endpoint, asked), journey.sealed(self._ring))

    def came_back(self, cookie: str, answered: Answered) -> Journey:
        """The journey that this browser is on and that this answer belongs to; raises NotSignedOn. It is to be taken once."""
        journey = Journey.opened(self._ring, cookie, self._clock.now())
        state = _only(answered, "state")
        if journey is None or not hmac.compare_digest(state.encode(errors="replace"), journey.state.encode()):
            raise NotSignedOn(Because.NOT_BEGUN)
        return journey

    async def identified(self, journey: Journey, answered: Answered) -> Identity:
        """Who came back; raises NotSignedOn."""
        metadata = (await self.known()).metadata
        self._check_sender(metadata, answered)
        if "error" in answered:
            raise _declined(_only(answered, "error"))
        code = _only(answered, "code")
        if not 0 < len(code) <= _LONGEST_CODE:
            raise NotSignedOn(Because.NOT_BEGUN)
        token = await self._redeemed(metadata, code, journey)
        from wasl.oidc import proof  # noqa: PLC0415 - an optional extra, and the configuration made sure that it is there

        by = proof.signed(token)
        expected = proof.Expected(metadata.issuer, self.told.client_id, journey.nonce)
        claims = proof.believed(token, by, await self._issuer.keys(by.kid), expected)
        if journey.proving:
            check_fresh(claims, self._clock.now())
        return identity(claims, self.told)

    def _check_sender(self, metadata: Metadata, answered: Answered) -> None:
        """RFC 9207 section 2.4: an answer of another provider is not taken for one of ours."""
        given = "iss" in answered
        if (given or metadata.authorization_response_iss_parameter_supported) and _only(answered, "iss") != metadata.issuer:
            raise NotSignedOn(Because.NOT_PROVED, "iss of the answer")

    async def _redeemed(self, metadata: Metadata, code: str, journey: Journey) -> str:
        """The ID token that the code is worth, once (RFC 6749 section 4.1.3, RFC 7636 section 4.5)."""
        told, headers = self.told, {"Content-Type": _FORM}
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.back, "code_verifier": journey.verifier}
        secret, offered = told.client_secret.get_secret_value(), metadata.token_endpoint_auth_methods_supported
        if "client_secret_basic" not in offered and "client_secret_post" in offered:
            form |= {"client_id": told.client_id, "client_secret": secret}
        else:  # each is encoded as in a form before it is a name and a password (RFC 6749 section 2.3.1)
            pair = f"{quote_plus(told.client_id)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        answer = await self._issuer.ask(metadata.token_endpoint, form=urlencode(form).encode(), headers=headers)
        if not answer.ok:
            raise NotSignedOn(Because.NOT_TAKEN, f"status {answer.status}, {_fault(answer.body)}")
        try:
            return _Tokens.model_validate_json(answer.body).id_token
        except ValidationError:
            raise NotSignedOn(Because.NOT_TAKEN, "no id_token") from None


def _only(answered: Answered, name: str) -> str:
    """The value of a parameter that stands there once (RFC 6749 section 3.1); else empty, which fits nothing."""
    values = answered.get(name, ())
    return values[0] if len(values) == 1 else ""


def _declined(code: str) -> NotSignedOn:
    if code in _OF_THE_REQUEST:
        return NotSignedOn(Because.NOT_TAKEN, code)
    return NotSignedOn(Because.DECLINED, code if code in ("access_denied", "login_required", "interaction_required") else "another error")


def _fault(body: bytes) -> str:
    """The code of an error of the token endpoint, of those that RFC 6749 section 5.2 has; its description may hold anything."""
    try:
        code = _Fault.model_validate_json(body).error
    except ValidationError:
        return "no error code"
    return code if code in _OF_WASL else "another error code"


def _with_query(url: str, fields: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(fields)))), fragment=""))

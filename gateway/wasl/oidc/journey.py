"""What a browser carries while its user is at the identity provider: sealed with the ledger's keys, so that nobody else made or read it."""

import base64
import hashlib
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from wasl import tokens
from wasl.clock import micros, moment
from wasl.keys import KeyRing

LASTS = timedelta(minutes=10)
"""From leaving for the provider to coming back."""
_PURPOSE = "oidc"
_LONGEST_PATH = 1000  # characters; a browser keeps 4,096 bytes of a cookie


@dataclass(frozen=True, slots=True)
class Journey:
    """One sign-in on its way. `then` is where it leads afterwards; `proving` is the id of a user who proves themselves anew."""

    state: str
    nonce: str
    verifier: str
    begun_at: int
    then: str
    proving: str = ""

    @classmethod
    def begin(cls, now: datetime, then: str, proving: str = "") -> "Journey":
        """A new one. Each of its secrets has at least 256 random bits."""
        state, nonce, verifier = (secrets.token_urlsafe(size) for size in (32, 32, 48))
        return cls(state, nonce, verifier, micros(now), then if len(then) <= _LONGEST_PATH else "/", proving)

    @classmethod
    def opened(cls, ring: KeyRing, sealed: str, now: datetime) -> "Journey | None":
        """The one that a cookie holds; None where it is not ours, was changed, or was begun too long ago."""
        told = tokens.read(ring, _PURPOSE, sealed)
        if told is None or told.keys() != cls.__dataclass_fields__.keys():
            return None
        journey = cls(**told)  # type: ignore[arg-type]  # what this key ring sealed for this purpose was told by `sealed`
        return journey if timedelta(0) <= now - moment(journey.begun_at) < LASTS else None

    def sealed(self, ring: KeyRing) -> str:
        """As the cookie holds it."""
        return tokens.issue(ring, _PURPOSE, asdict(self))

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier (RFC 7636 section 4.2, S256)."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    @property
    def digest(self) -> bytes:
        """By which it is remembered that it came back: once."""
        return hashlib.sha256(self.state.encode()).digest()

"""What can go wrong at a provider, as types.

    ProviderError            a call did not end in a Receipt
    ├── Rejected             a definite no
    ├── Unavailable          certainly not taken; may be tried again
    └── Unknown              it may have been taken
    CallbackError            a provider's callback cannot be used
    ├── BadSignature         it does not prove that it is the provider's
    └── Unreadable           it is the provider's, but we do not understand it

Their texts name the reason and the provider's code, and nothing else: never an address, content or a secret.
"""

import re
from typing import Literal

from wasl_contracts.reason import Reason

Scope = Literal["address", "content", "provider"]
"""What a refusal is about: this address, this content, or our account and settings at the provider."""

_NOT_CODE = re.compile(r"[^A-Za-z0-9_.:/-]+")


class ProviderError(Exception):
    """A call that did not end in a Receipt. `code` is the provider's own, cut to 64 harmless characters."""

    def __init__(self, reason: Reason, code: str | int | None = None) -> None:
        self.reason = reason
        self.code = _NOT_CODE.sub("_", str(code))[:64] if code is not None else None
        super().__init__(f"{reason} ({self.code})" if self.code else str(reason))


class Rejected(ProviderError):
    """A definite no. It is never tried again there; `scope` says what else follows.

    `address`: the address is suppressed or dropped. `content`: only this message is refused. `provider`: our credentials or
    settings are wrong; the provider is paused and the message is kept.
    """

    def __init__(self, reason: Reason, scope: Scope, code: str | int | None = None) -> None:
        self.scope = scope
        super().__init__(reason, code)


class Unavailable(ProviderError):
    """Certainly not taken. `retry_after` is in seconds, None where the provider named no time."""

    def __init__(
        self, retry_after: float | None = None, reason: Reason = Reason.PROVIDER_UNAVAILABLE, code: str | int | None = None
    ) -> None:
        self.retry_after = retry_after
        super().__init__(reason, code)


class Unknown(ProviderError):
    """Bytes left us and no answer proves what became of them."""

    def __init__(self, code: str | int | None = None) -> None:
        super().__init__(Reason.OUTCOME_UNKNOWN, code)


class CallbackError(Exception):
    """A provider's callback cannot be used."""


class BadSignature(CallbackError):
    """The callback does not prove that it comes from the provider: answered 401, nothing kept."""


class Unreadable(CallbackError):
    """The callback is authentic, but not understood: stored raw and answered 202."""

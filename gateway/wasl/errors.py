"""What the gateway refuses or cannot do, as types that every face (Python, HTTP, CLI, client) shares.

WaslError
├── Refused                  the message or the request is wrong; nothing was kept
│   └── IdempotencyMismatch  the key was used for another message
├── IdempotencyInProgress    the key's first request is still being stored
├── NotFound                 no such message, recipient or key
├── Conflict                 the state does not allow it any more
├── Gone                     what came after an event is not kept any more
├── Unauthenticated, Forbidden
├── LedgerUnavailable        try again later; nothing was kept
├── TooManyListeners         as many follow the events of the brand as one process serves
├── StorageLow               the disk is nearly full; nothing was kept
└── Unusable                 wasl cannot start like this (exit code 3)
"""

from collections.abc import Sequence
from typing import ClassVar

from wasl_contracts.model import Frozen


class Problem(Frozen):
    """One thing wrong with a request: where (RFC 6901 pointer), what, and how to mend it."""

    pointer: str
    code: str
    message: str


class WaslError(Exception):
    """An error with a code for programs and a next step for people. Its text never holds an address, content or a secret."""

    status: ClassVar[int] = 500
    code: str = "failed"
    retryable: ClassVar[bool] = False
    suggested_action: str = ""

    def __init__(
        self, message: str, *, code: str | None = None, suggested_action: str | None = None, request_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.suggested_action = suggested_action or self.suggested_action
        self.request_id = request_id


class Refused(WaslError):
    """The request is wrong. `errors` names each field; nothing was kept."""

    status = 422
    code = "refused"
    suggested_action = "Mend the fields named in errors and send again."

    def __init__(
        self, errors: Sequence[Problem], *, message: str | None = None, code: str | None = None, request_id: str | None = None
    ) -> None:
        self.errors = tuple(errors)
        first = self.errors[0]
        super().__init__(message or f"{first.pointer or 'The request'} {first.message}", code=code or first.code, request_id=request_id)


class IdempotencyMismatch(Refused):
    """The idempotency key was used before for another message; that one stays."""


class IdempotencyInProgress(WaslError):
    """The first request with this idempotency key is still being stored."""

    status = 409
    code = "idempotency_in_progress"
    retryable = True
    suggested_action = "Send the same request again in a second."


class NotFound(WaslError):
    """There is no such thing in this brand."""

    status = 404
    code = "not_found"
    suggested_action = "Check the id."


class Conflict(WaslError):
    """The state does not allow it any more."""

    status = 409
    code = "conflict"


class Gone(WaslError):
    """What came after that event is not kept any more."""

    status = 410
    code = "gone"
    suggested_action = "Begin anew without it, and look at the messages that you wait for."


class Unauthenticated(WaslError):
    """No valid API key."""

    status = 401
    code = "unauthenticated"
    suggested_action = "Send a valid key as `Authorization: Bearer …`; make one with `wasl apikey create`."


class Forbidden(WaslError):
    """The API key lacks a scope."""

    status = 403
    code = "scope_required"


class LedgerUnavailable(WaslError):
    """The ledger cannot be written just now; nothing was kept."""

    status = 503
    code = "unavailable"
    retryable = True
    suggested_action = "Send the same request again in a few seconds; the same idempotency key is safe."


class TooManyListeners(WaslError):
    """As many follow the events of a brand as one process serves."""

    status = 503
    code = "too_many_listeners"
    retryable = True
    suggested_action = "End one, or raise `[feed] listeners` in wasl.toml; for many receivers use webhooks."


class StorageLow(WaslError):
    """The disk is nearly full; nothing was kept."""

    status = 507
    code = "storage_low"
    retryable = True
    suggested_action = "Free disk space where the database is; then send again."


class Unusable(WaslError):
    """wasl cannot start like this: the text says what is wrong and how to mend it."""

    code = "unusable"

"""What only HTTP can refuse, and every error as an answer: a problem document (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from wasl.errors import LedgerUnavailable, NotFound, Problem, Refused, WaslError
from wasl.problems import ProblemDocument

PROBLEM_JSON = "application/problem+json"
SOFTWARE = "wasl"
"""The Server header: no versions for those who look for old ones."""
REQUEST_ID = web.RequestKey("request_id", str)
"""Where a request keeps its id."""

_EXTRA_HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {"WWW-Authenticate": "Bearer"},
    409: {"Retry-After": "1"},
    429: {"Retry-After": "60"},
    503: {"Retry-After": "5"},
    507: {"Retry-After": "5"},
}


class Malformed(Refused):
    """The request cannot be read, so its fields were not looked at."""

    status = 400


class TooSlow(WaslError):
    """The body did not come in time."""

    status = 408
    code = "request_timeout"
    retryable = True
    suggested_action = "Send the request again over a faster connection."


class TooLarge(WaslError):
    """The body is larger than this server takes."""

    status = 413
    code = "body_too_large"
    suggested_action = "Split the request."


class WrongMediaType(WaslError):
    """The body is in a form that this path does not read."""

    status = 415
    code = "unsupported_media_type"


class Misdirected(WaslError):
    """The Host header names somebody else (RFC 9110 section 15.5.20)."""

    status = 421
    code = "unknown_host"
    suggested_action = "Use a host name that `hosts` in wasl.toml lists."


class Broken(WaslError):
    """A fault of wasl itself; its log has the cause under the request id."""

    code = "internal_fault"
    suggested_action = "Look for the request id in wasl's log and report what it says."


def bad_header(name: str, what: str) -> Malformed:
    """The error for a request header that cannot be read; its value is not repeated."""
    return Malformed([Problem(pointer="", code="bad_header", message=f"has a header {name} that {what}")])


def shutting_down() -> LedgerUnavailable:
    """The error for new work while the process stops."""
    return LedgerUnavailable("This process is shutting down.", code="shutting_down")


def refusal(error: WaslError, request_id: str, status: int | None = None) -> web.Response:
    """The answer to a request that ended in an error."""
    document = ProblemDocument.of(error, request_id, status)
    return web.Response(
        status=document.status,
        body=document.model_dump_json().encode(),
        headers={"X-Request-Id": request_id, "Server": SOFTWARE, **_EXTRA_HEADERS.get(document.status, {})},
        content_type=PROBLEM_JSON,
    )


def translated(found: web.HTTPException, request_id: str) -> web.Response:
    """aiohttp's own refusals as problem documents."""
    if isinstance(found, web.HTTPNotFound):
        return refusal(NotFound("There is nothing at this path.", suggested_action="See /openapi.json for the paths."), request_id)
    phrase, allowed = HTTPStatus(found.status).phrase, found.headers.get("Allow")
    action = f"Use {allowed.replace(',', ', ')} here; see /openapi.json." if allowed else "See /openapi.json for what can be asked."
    error = WaslError(f"{phrase}.", code=phrase.lower().replace(" ", "_"), suggested_action=action)
    response = refusal(error, request_id, found.status)
    if allowed:
        response.headers["Allow"] = allowed
    return response


def unsupported_encoding() -> WrongMediaType:
    """The error for a Content-Encoding other than gzip."""
    return WrongMediaType("The body has an encoding that is not supported.", suggested_action="Send it plain or as gzip.")


def too_large(limit: int) -> TooLarge:
    """The error for a body of more than `limit` bytes, plain or unpacked."""
    return TooLarge(f"The body is larger than {limit} bytes.")

"""One HTTP call, and what its end means. Needs the extra `http` (aiohttp)."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

from wasl_contracts.errors import ProviderError, Rejected, Unavailable, Unknown
from wasl_contracts.provider import HttpSession, Refusal
from wasl_contracts.reason import Reason

_LARGEST_ANSWER = 65_536
_LONGEST_WAIT = 86_400.0
_IN_NO_HEADER = re.compile(r"[\r\n\0]")  # RFC 9110 section 5.5
# Only these prove that nothing left: the connection was never made.
_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


@dataclass(frozen=True, slots=True)
class Answer:
    """A provider's answer: status, headers and at most 64 KiB of body. Its repr shows the status alone."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> dict[str, object]:
        """The body as a JSON object; empty where it is anything else."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def error(self, errors: Mapping[str, Refusal], code: str | int | None = None) -> ProviderError:
        """The error that this answer means: by the provider's own code where `errors` has it, else by the HTTP status."""
        wait = retry_after(self.headers)
        if code is not None and (refusal := errors.get(str(code))):
            return refusal.error(code, wait)
        return _by_status(self.status, wait, code if code is not None else self.status)


def _by_status(status: int, wait: float | None, code: str | int) -> ProviderError:
    if status == 429:
        return Unavailable(wait, Reason.RATE_LIMITED, code)
    if status in (425, 503):
        return Unavailable(wait, Reason.PROVIDER_UNAVAILABLE, code)
    if status in (401, 402, 403, 407) or 300 <= status < 400:
        return Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", code)
    if status == 413:
        return Rejected(Reason.TOO_LONG, "content", code)
    if 400 <= status < 500 and status != 408:
        return Rejected(Reason.PROVIDER_REJECTED, "content", code)
    return Unknown(code)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds to wait by the Retry-After header (RFC 9110 section 10.2.3: seconds or a date), at most a day; None without one."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,30}(\.[0-9]{1,6})?", value):
        return min(float(value), _LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - (now or datetime.now(UTC))).total_seconds(), 0.0), _LONGEST_WAIT)


async def call(http: HttpSession, method: str, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Make one request and return the answer, whatever its status.

    Redirects are not followed. The session's timeouts hold.

    Raises:
        Unavailable: the connection was never made, so nothing was sent.
        Unknown: the connection broke or timed out after the request may have left.
        Rejected: the URL in the settings is not one, or a secret in them cannot stand in a header.
    """
    if any(not value.isprintable() and _IN_NO_HEADER.search(value) for value in headers.values()):
        # Such as a secret from an .env file with Windows' line ends. aiohttp would raise a ValueError, and leave its connection open.
        raise Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", "invalid_header")
    try:
        async with http.request(method, url, data=body, headers=headers, allow_redirects=False) as response:
            return Answer(response.status, response.headers, await _read(response.content.readany))
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
        raise Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", "invalid_url") from None
    except _NEVER_SENT as error:
        raise Unavailable(code=type(error).__name__) from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unknown(type(error).__name__) from None


async def _read(next_chunk: Callable[[], Awaitable[bytes]]) -> bytes:
    body = await next_chunk()
    while len(body) < _LARGEST_ANSWER and (chunk := await next_chunk()):
        body += chunk
    return body[:_LARGEST_ANSWER]

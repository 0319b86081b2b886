"""The connection to Apple: HTTP/2, which the session that plugins share does not speak."""

import ssl
from collections.abc import AsyncIterator, Mapping
from functools import cache
from typing import Final

import httpx2

from wasl_contracts import ProviderError, Unavailable, Unknown
from wasl_contracts.http import Answer

_LARGEST_ANSWER: Final = 65_536
_CONNECTING: Final = 5.0
# Apple asks to keep connections open; one that was idle for longer may be dead without our knowing.
_KEPT: Final = httpx2.Limits(max_connections=100, max_keepalive_connections=100, keepalive_expiry=60)
# Only these prove that nothing left: there was no connection to send it over.
_NEVER_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class Connection:
    """Makes requests over HTTP/2 where the server offers it (by TLS, as Apple does), else over HTTP/1.1; repeats none of them."""

    def __init__(self, timeout_seconds: float, tls: ssl.SSLContext | None) -> None:
        # The transport without its client, which would log each URL, and a device's token is a part of it.
        self._transport = httpx2.AsyncHTTPTransport(verify=tls or _authorities(), http2=True, limits=_KEPT, retries=0, trust_env=False)
        bounds = httpx2.Timeout(timeout_seconds, connect=min(_CONNECTING, timeout_seconds))
        self._bounds = {"timeout": bounds.as_dict()}

    async def post(self, url: str, payload: bytes, headers: Mapping[str, str]) -> Answer:
        """Make one request and return the answer, whatever its status.

        Raises:
            Unavailable: the connection was never made, so nothing was sent.
            Unknown: it broke or timed out after the request may have left.
        """
        request = httpx2.Request("POST", url, content=payload, headers=dict(headers), extensions=self._bounds)
        try:
            response = await self._transport.handle_async_request(request)
            try:
                return Answer(response.status_code, response.headers, await _read(response.aiter_raw()))
            finally:
                await response.aclose()
        except Exception as error:  # below httpx2 are four more libraries, and what they raise proves nothing either
            raise _lost(error) from None

    async def close(self) -> None:
        """Close all connections. May be called twice."""
        await self._transport.aclose()


def _lost(error: Exception) -> ProviderError:
    kind = type(error).__name__
    return Unavailable(code=kind) if isinstance(error, _NEVER_SENT) else Unknown(kind)


async def _read(chunks: AsyncIterator[bytes]) -> bytes:
    body = b""
    async for chunk in chunks:
        body += chunk
        if len(body) >= _LARGEST_ANSWER:
            break
    return body[:_LARGEST_ANSWER]


@cache
def _authorities() -> ssl.SSLContext:
    """The system's certificate authorities; reading them takes 20 ms."""
    return ssl.create_default_context()

"""The guarded client: asks a URL once, connects only where it may, and reads no more than is wanted."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from ssl import SSLContext
from types import MappingProxyType, TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver

from wasl.outbound.faults import BadUrl, Loop, NoAnswer, Redirected, TooMuch
from wasl.outbound.guard import guard
from wasl.outbound.reach import Reach
from wasl.outbound.urls import checked

_MOST = 64 * 1024  # bytes of an answer that nobody asked more of
_SECONDS = 15.0  # of a request, from the look-up of the name to the last byte
_HOP = "Gateway-Hop"
_MOST_HOPS = 3
_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came, whatever its status, but for redirects."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def media_type(self) -> str:
        """What its Content-Type says, without parameters; empty where there is none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


class Outbound:
    """Asks URLs that callers give. Use it as an asynchronous context manager.

    Each connection is new and goes to an address that was checked in the moment before; over TLS the certificate is held against the
    name. Nothing of the environment counts (proxies, .netrc), cookies are forgotten, and no redirect is followed. There are at most so
    many `connections` at a time. `resolver` and `tls` are there for tests.
    """

    def __init__(
        self,
        reach: Reach,
        *,
        seconds: float = _SECONDS,
        connections: int = 100,
        resolver: AbstractResolver | None = None,
        tls: SSLContext | None = None,
    ) -> None:
        self._reach = reach
        self._seconds = seconds
        self._connections = connections
        self._resolver = resolver
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # One address after the other: tried at the same time, one that is blocked would be passed over like one that is down.
        connector = aiohttp.TCPConnector(
            socket_factory=guard(self._reach),
            happy_eyeballs_delay=None,
            resolver=self._resolver,
            ssl=self._tls or True,
            limit=self._connections,
            force_close=True,
            use_dns_cache=False,
        )
        # What is packed stays so: then what is counted is what came.
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, url: str, *, most: int = _MOST) -> Answer:
        """What is there, at most so many bytes. Raises Unreached."""
        return await self.request("GET", url, most=most)

    async def request(  # noqa: PLR0913 - the parts of a request
        self, method: str, url: str, *, data: bytes | None = None, headers: Mapping[str, str] = _NONE, most: int = _MOST, hops: int = 0
    ) -> Answer:
        """Ask once. `hops` is how often wasl passed on before what is now asked; each passing on must count one more.

        Raises:
            Unreached: there is no answer that can be used; the subclass says why.
        """
        if self._session is None:
            raise RuntimeError("the client is not open; use `async with`")
        if hops >= _MOST_HOPS:
            raise Loop("was passed on from wasl to wasl too often")
        target = checked(url, self._reach)
        told = {**headers, "Accept-Encoding": "identity", "User-Agent": "wasl", _HOP: str(hops + 1)}
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._session.request(method, target, data=data, headers=told, allow_redirects=False) as response,
            ):
                return await _read(response, most)
        except TimeoutError:
            raise NoAnswer(f"did not answer within {self._seconds:g} seconds") from None
        except aiohttp.InvalidURL:
            raise BadUrl("is not a URL that is fetched") from None
        except (aiohttp.ClientError, OSError) as error:
            raise NoAnswer(f"did not answer ({type(error).__name__})") from None


async def _read(response: aiohttp.ClientResponse, most: int) -> Answer:
    if 300 <= response.status < 400:
        raise Redirected
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise TooMuch("answers with a packed body, of which the size cannot be told")
    body = bytearray()
    while chunk := await response.content.readany():
        body += chunk
        if len(body) > most:
            raise TooMuch(f"answers with more than {most} bytes")
    return Answer(response.status, response.headers, bytes(body))

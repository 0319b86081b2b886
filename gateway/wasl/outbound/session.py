"""The session of plugins that call URLs which come with an address or a message: it reaches what `Outbound` reaches, and no more."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType, TracebackType

import aiohttp
from yarl import URL

from wasl.outbound.faults import Unreached
from wasl.outbound.reach import Reach
from wasl.outbound.urls import checked
from wasl_contracts import Reason, Rejected
from wasl_contracts.provider import HttpResponse

_NONE: Mapping[str, str] = MappingProxyType({})
_Asking = AbstractAsyncContextManager[aiohttp.ClientResponse]


class GuardedSession:
    """What such a plugin gets as its session. No redirect is followed, whatever it asks for, and nothing that is packed is unpacked.

    `guarded` must take its sockets from `guard`: a name is judged by the address that is connected to, and by no look-up before.
    `configured` is the plugin's own `base_url`: where the operator wrote the URL, it is asked by the session of all, `plain`.
    """

    def __init__(self, guarded: aiohttp.ClientSession, reach: Reach, plain: aiohttp.ClientSession, configured: str | None = None) -> None:
        self._guarded = guarded
        self._reach = reach
        self._plain = plain
        self._configured = _origin(configured) if configured else None

    def request(
        self, method: str, url: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None, allow_redirects: bool = False
    ) -> AbstractAsyncContextManager[HttpResponse]:
        """Ask once.

        Raises:
            Rejected: the URL, or where it leads, must not be asked; for this message alone, with `blocked_address`, `bad_url` or `loop`.
        """
        if self._configured is not None and _origin(url) == self._configured:
            return self._plain.request(method, url, data=data, headers=headers, allow_redirects=False)
        try:
            target = checked(url, self._reach)
        except Unreached as unreached:
            raise _rejected(unreached) from None
        told = {**(headers or _NONE), "Accept-Encoding": "identity"}
        return _Guarded(self._guarded.request(method, target, data=data, headers=told, allow_redirects=False))


class _Guarded:
    """A request of which the connection may turn out to be blocked."""

    def __init__(self, asking: _Asking) -> None:
        self._asking = asking

    async def __aenter__(self) -> HttpResponse:
        try:
            return await self._asking.__aenter__()
        except Unreached as unreached:
            raise _rejected(unreached) from None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return await self._asking.__aexit__(kind, error, traceback)


def _rejected(unreached: Unreached) -> Rejected:
    # Only this message fails: what a name leads to may change, and what may be reached is a setting.
    return Rejected(Reason.INVALID_ADDRESS, "content", unreached.code)


def _origin(url: str) -> URL | None:
    try:
        return URL(url).origin()
    except ValueError:
        return None

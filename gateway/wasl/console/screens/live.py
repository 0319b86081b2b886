"""What happens, as it happens, for a list that somebody reads: rows that changed, and how many newer ones there are.

A row that is shown changes in place. A new one is never put above what is being read: it is counted, and shown when it is asked for.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from aiohttp import ClientConnectionResetError, web
from aiohttp_sse import EventSourceResponse, sse_response

from wasl.api import Gateway
from wasl.console.live_rows import Shown, look_of, read
from wasl.console.message_views import Asked
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.progress import still_in
from wasl.console.serving import HEADERS
from wasl.console.visit import Visit
from wasl.errors import Gone, Refused, WaslError
from wasl.feed.listeners import Listener
from wasl.searching.seen import MessageFound
from wasl.searching.tokens import Misread

_TURN = 1.0  # seconds between two looks, where nothing is told meanwhile
_GATHER = 0.2  # seconds in which what happens is told together
_NEWS = 100  # newer messages that are counted
_SESSION = 30.0  # seconds between two looks whether they are still signed in
_STUCK = 30.0  # seconds in which a browser must take something


@dataclass
class _Stream:
    """A page that is being read: its query, its rows as they were last sent, and the newest message of its first page."""

    visit: Visit
    asked: Asked
    rows: dict[str, Shown]
    top: str | None
    counted: int = 0
    listeners: Sequence[Listener] = field(default_factory=tuple)

    @property
    def gateway(self) -> Gateway:
        return self.visit.house.gateway

    @property
    def place(self) -> str:
        """Up to where all was told; whoever comes back with it goes on there."""
        return ",".join(str(listener.place) for listener in self.listeners)

    async def changed(self) -> list[MessageFound]:
        """The rows that look otherwise than they did."""
        found = await self.gateway.messages_found([shown.key for shown in self.rows.values()])
        changed = [one for one in found if look_of(one) != self.rows[one.id].look]
        for one in changed:
            self.rows[one.id] = self.rows[one.id]._replace(look=look_of(one))
        return changed

    async def newer(self) -> int | None:
        """How many newer messages fit, up to a hundred; None where that is as many as were told before."""
        if self.top is None:
            return None
        zone = ZoneInfo(self.visit.zone)
        keys, _ = await self.gateway.keys_found(self.asked.q, most=_NEWS, brands=self.asked.brands, zone=zone, newer_than=self.top)
        before, self.counted = self.counted, len(keys)
        return self.counted if self.counted != before else None


async def followed(visit: Visit) -> web.StreamResponse:
    """Server-sent events until the reader leaves, signs out, or this process is about to end."""
    asked = Asked.of(visit)
    if visit.house.gateway.closing:
        return web.Response(status=503)
    rows = {shown.key.id: shown for shown in read(visit.query.get("rows", ""), visit.brands) if shown.key.brand in asked.brands}
    top = max(rows, default="") if visit.query.get("top") == "1" else None
    stream = _Stream(visit, asked, rows, top)
    try:
        await stream.newer()  # a query that cannot be read has no stream
    except Misread:
        return web.Response(status=204)
    async with AsyncExitStack() as stack:
        stack.enter_context(visit.house.limits.following(visit.user.id))
        stream.listeners = [await stack.enter_async_context(_listening(visit, brand)) for brand in asked.brands]
        async with sse_response(visit.request, headers=HEADERS) as response:
            try:
                await _tell(stream, response)
            except (ClientConnectionResetError, ConnectionError, TimeoutError):
                pass  # the reader has left, or takes nothing any more
        return response


async def _tell(stream: _Stream, response: EventSourceResponse) -> None:
    now = asyncio.get_running_loop().time
    look_again = now() + _SESSION
    visit = stream.visit
    while not any(listener.ended for listener in stream.listeners) and visit.request.transport is not None:
        said = await _said(stream)
        if said:
            async with asyncio.timeout(_STUCK):
                await response.send(said, id=stream.place)
        await _wait(stream)
        if now() >= look_again:
            look_again = now() + _SESSION
            if not await still_in(stream.visit):
                return


async def _said(stream: _Stream) -> str:
    """What is new, as elements that htmx puts into their places."""
    changed, newer = await stream.changed(), await stream.newer()
    if not changed and newer is None:
        return ""
    told: dict[str, object] = {"changed": changed, "newer": newer, "most": _NEWS, "link": stream.asked.link(stream.visit, stream.asked.q)}
    return stream.visit.house.render(stream.visit, "messages/live.html", told)


async def _wait(stream: _Stream) -> None:
    """Until something happens, at most a second."""
    if not stream.listeners:
        await asyncio.sleep(_TURN)
        return
    waiting = [asyncio.ensure_future(listener.take(_TURN)) for listener in stream.listeners]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(_GATHER)
    finally:
        for one in waiting:
            one.cancel()
        for ended in await asyncio.gather(*waiting, return_exceptions=True):
            if isinstance(ended, WaslError):
                raise ended


@asynccontextmanager
async def _listening(visit: Visit, brand: str) -> AsyncIterator[Listener]:
    """One who hears of a brand; from where they were before, as long as that is kept, else from now on."""
    places = visit.request.headers.get("Last-Event-ID", "").split(",")
    position = Asked.of(visit).brands.index(brand)
    after = places[position] if position < len(places) and places[position] else None
    gateway = visit.house.gateway.of(brand)
    async with AsyncExitStack() as stack:
        try:
            listener = await stack.enter_async_context(gateway.listening(after=after))
        except (Gone, Refused):
            listener = await stack.enter_async_context(gateway.listening())
        yield listener


PAGES = (Page("GET", "/live", Permission.SEE, followed),)

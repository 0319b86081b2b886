"""Telling a page how something goes on, as it goes on: server-sent events until it is over."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from aiohttp import ClientConnectionResetError, web
from aiohttp_sse import sse_response

from wasl.console import cookies
from wasl.console.serving import HEADERS
from wasl.console.visit import Visit

_LOOK = 0.5  # seconds between two looks
_SESSION = 30.0  # seconds between two looks whether they are still signed in
_STUCK = 30.0  # seconds in which a browser must take something


class Look(NamedTuple):
    """What the page is told now, as `<hx-partial>` elements; and whether nothing more will change.

    `closes`: the text takes away what follows the stream, so whoever comes when it is over is told it too.
    """

    text: str
    over: bool
    closes: bool = False


async def followed(visit: Visit, look: Callable[[], Awaitable[Look]]) -> web.StreamResponse:
    """What `look` tells, each time that it is something new, until that is over, the reader leaves or is signed out, or this process ends.

    Where it is over before it begins there is no stream (204), so that no browser asks again and again; but for what closes it.
    """
    if _ending(visit):
        return web.Response(status=503)
    seen = await look()
    if seen.over and not seen.closes:
        return web.Response(status=204)
    async with sse_response(visit.request, headers=HEADERS) as response:
        try:
            said, now = "", asyncio.get_running_loop().time
            look_again = now() + _SESSION
            while visit.request.transport is not None:
                if seen.text != said:
                    said = seen.text
                    async with asyncio.timeout(_STUCK):
                        await response.send(said)
                if seen.over or _ending(visit):
                    break
                await asyncio.sleep(_LOOK)
                if now() >= look_again:
                    look_again = now() + _SESSION
                    if not await still_in(visit):
                        break
                seen = await look()
        except (ClientConnectionResetError, ConnectionError, TimeoutError):
            pass  # the reader has left, or takes nothing any more
    return response


async def still_in(visit: Visit) -> bool:
    """Whether the session lives, and may still see this."""
    token = cookies.session(visit.request)
    user = await visit.house.gateway.session(token) if token else None
    return user is not None and user.brands == visit.user.brands and user.role == visit.user.role


def _ending(visit: Visit) -> bool:
    """Whether this process is about to end."""
    return visit.house.gateway.closing

"""How many newer messages the dev inbox has than the page that is being read. They are announced, and never put above what is read."""

import asyncio

from aiohttp import ClientConnectionResetError, web
from aiohttp_sse import sse_response

from wasl.capturing.seen import chosen
from wasl.console.captured import TRAY
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.serving import HEADERS
from wasl.console.visit import Visit

_LOOK = 0.25  # seconds between two looks at the tray, which costs a comparison


async def followed(visit: Visit) -> web.StreamResponse:
    """Server-sent events until the reader leaves, or this process is about to end."""
    if visit.house.gateway.closing:
        return web.Response(status=503)
    async with sse_response(visit.request, headers=HEADERS) as response:
        try:
            told = 0
            while visit.request.transport is not None and not visit.house.gateway.closing:
                if (count := _newer(visit)) != told:
                    told = count
                    link = visit.url("/inbox", **{name: visit.query[name] for name in ("channel", "to", "text") if visit.query.get(name)})
                    await response.send(visit.house.render(visit, "inbox/live.html", {"count": count, "link": link}))
                await asyncio.sleep(_LOOK)
        except (ClientConnectionResetError, ConnectionError):
            pass  # the reader has left
    return response


def _newer(visit: Visit) -> int:
    """How many are above the first one of the page; where that is gone, all that fit."""
    query, shown = visit.query, visit.query.get("after", "")
    asked = {name: query.get(name, "") for name in ("channel", "to", "text")}
    found = [one.id for one in chosen(visit.request.config_dict[TRAY].sent, visit.brands, **asked)]
    return found.index(shown) if shown in found else len(found)


PAGES = (Page("GET", "/inbox/live", Permission.DEV, followed),)

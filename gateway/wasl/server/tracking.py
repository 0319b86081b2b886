"""/t/…: the links of tracked mails. Where one leads stands in the ledger, never in the link. No cookie, and nothing is kept or told on."""

import base64

from aiohttp import web

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.callers import caller, network
from wasl.errors import NotFound
from wasl.server.operations import Operation, Parameter
from wasl.server.preferences import LIMITS
from wasl.tracking.machines import Visit

_POINT = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""A transparent GIF of one point."""
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


async def follow(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """On to where the author's link leads."""
    target = await gateway.clicked(request.match_info["token"], _visit(gateway, request))
    if target is None:
        raise _unknown(gateway, request)
    return web.Response(status=302, headers={**_HEADERS, "Location": target})


async def look(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """The picture."""
    if not await gateway.opened(request.match_info["token"], _visit(gateway, request)):
        raise _unknown(gateway, request)
    return web.Response(body=_POINT, content_type="image/gif", headers=_HEADERS)


def _visit(gateway: Gateway, request: web.Request) -> Visit | None:
    """None for a request that only asks what would be answered."""
    if request.method == "HEAD":
        return None
    told = request.headers
    ahead = ",".join(told.get(name, "") for name in ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz")).lower()
    prefetch = "prefetch" in ahead or "preview" in ahead
    return Visit(gateway.received_at(), told.get("User-Agent", ""), prefetch, told.get("Sec-GPC", "").strip() == "1")


def _unknown(gateway: Gateway, request: web.Request) -> NotFound:
    request.app[LIMITS].guesses.count(network(caller(request, gateway.config.server.proxies)))
    return NotFound("This link leads nowhere: it was changed, or what it belongs to is not kept any more.")


_TOKEN = Parameter("token", "path", {"type": "string", "minLength": 1}, "Which link of which mail, with a MAC.")

OPERATIONS = (
    Operation(
        method="GET",
        path="/t/c/{token}",
        name="followLink",
        summary="On to where a link of a tracked mail leads; that it was followed is noted.",
        run=follow,
        scope=None,
        answers={},
        empty=(302,),
        parameters=(_TOKEN,),
        problems=(404, 429, 503),
    ),
    Operation(
        method="GET",
        path="/t/o/{token}.gif",
        name="loadPicture",
        summary="The picture of one point in a tracked mail; that it was loaded is noted.",
        run=look,
        scope=None,
        answers={},
        empty=(200,),
        parameters=(_TOKEN,),
        problems=(404, 429, 503),
    ),
)

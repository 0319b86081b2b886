"""/inbox/v1: a person's own feed, for their browser or app. A token that the application gets for them stands in place of an API key."""

from importlib.resources import files

from aiohttp import hdrs, web

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.errors import Unauthenticated
from wasl.inbox.inboxes import Whose
from wasl.inbox.seen import CountsSeen, InboxToken, ItemSeen, ItemsSeen
from wasl.ledger.inbox import Step
from wasl.server.bodies import header
from wasl.server.inbox_streams import EVENT_STREAM, connect, follow
from wasl.server.operations import Operation, Parameter, Run, answer
from wasl.server.problems import SOFTWARE, shutting_down
from wasl.server.queries import LARGEST_PAGE, page_limit, read_query, refused
from wasl.server.slow_clients import Answering

PREFIX = "/inbox/v1/"
_SCRIPT = files("wasl.inbox").joinpath("inbox.js").read_bytes()
_SCRIPT_HEADERS = {
    "Cache-Control": "public, max-age=3600",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Server": SOFTWARE,
}
_ITEM = Parameter("id", "path", {"type": "string"}, "The item's id.")
_TOKEN = Parameter("token", "query", {"type": "string"}, "The token, for what can send no Authorization header: EventSource and WebSocket.")
_UNTIL = Parameter("until", "query", {"type": "string"}, "The `number` of the newest item to take along; without it, all.")
_AFTER = Parameter("after", "query", {"type": "string"}, "The `revision` from which on something is new; without it, from now on.")
_STEPS: dict[str, Step] = {"delivered": "delivered", "seen": "seen", "read": "read", "archive": "archived"}
_SAID = {
    "delivered": "Say that the app has it: it counts as delivered.",
    "seen": "Say that the person saw that it is there.",
    "read": "Say that the person read it.",
    "archive": "Put it away.",
}


async def token(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """A token for one person's feed."""
    if gateway.closing:
        raise shutting_down()
    return answer(gateway.inbox_token(request.match_info["id"]))


async def items(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """A page of the feed."""
    query = read_query(request, ["limit", "cursor", "archived"])
    archived = query.get("archived", "false")
    if archived not in ("true", "false"):
        raise refused("archived", "bad_flag", "must be true or false")
    page = gateway.inboxes.page(
        whose(gateway, request), limit=page_limit(query.get("limit", "20")), cursor=query.get("cursor"), archived=archived == "true"
    )
    return answer(await page)


async def unread(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """How many there are to read."""
    read_query(request, ())
    return answer(await gateway.inboxes.counts(whose(gateway, request)))


async def script(request: web.Request) -> web.Response:
    """The script that shows the feed in a page."""
    return web.Response(
        body=_SCRIPT,
        content_type="text/javascript",
        charset="utf-8",
        headers=_SCRIPT_HEADERS,
    )


async def stream(gateway: Gateway, request: web.Request, key: ApiKey) -> web.StreamResponse:
    """The feed as server-sent events."""
    query = read_query(request, ["after", "token"])
    after = header(request, "Last-Event-ID") or query.get("after")
    return await follow(gateway, request, whose(gateway, request, query.get("token")), after, allowed(gateway, request))


async def socket(gateway: Gateway, request: web.Request, key: ApiKey) -> web.StreamResponse:
    """The feed over a WebSocket."""
    query = read_query(request, ["after", "token"])
    return await connect(gateway, request, whose(gateway, request, query.get("token")), query.get("after"))


def whose(gateway: Gateway, request: web.Request, given: str | None = None) -> Whose:
    """Whose feed the token of the request opens; raises Unauthenticated."""
    scheme, _, bearer = (header(request, hdrs.AUTHORIZATION) or "").partition(" ")
    found = bearer if scheme.lower() == "bearer" else given
    if not found:
        raise Unauthenticated("No token for the feed came with the request.")
    return gateway.inboxes.whose(found)


def across_origins(answered: Answering, gateway: Gateway) -> Answering:
    """The same for pages of other origins, where `[inbox]` names them; errors too, so that a page can tell what is wrong."""

    async def shared(request: web.Request) -> web.StreamResponse:
        response = await answered(request)
        if not response.prepared:
            response.headers.update(allowed(gateway, request))
        return response

    return shared


def add_routes(app: web.Application, gateway: Gateway) -> None:
    """The script, and what browsers ask before they send a token to another origin (Fetch Standard, CORS-preflight)."""

    async def preflight(request: web.Request) -> web.Response:
        return web.Response(status=204, headers=allowed(gateway, request))

    app.router.add_route("OPTIONS", f"{PREFIX}{{path:.*}}", preflight)
    app.router.add_get(f"{PREFIX}inbox.js", script)


def allowed(gateway: Gateway, request: web.Request) -> dict[str, str]:
    """The headers that let the page of this request read the answer, where its origin is one of `[inbox]`."""
    origin = request.headers.get("Origin")
    if origin is None or origin not in gateway.config.inbox.origins:
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
        "Access-Control-Max-Age": "3600",
    }


def _one(word: str) -> Run:
    async def take(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
        read_query(request, ())
        if gateway.closing:
            raise shutting_down()
        return answer(await gateway.inboxes.take(whose(gateway, request), _STEPS[word], request.match_info["id"]))

    return take


def _all(word: str) -> Run:
    async def take(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
        query = read_query(request, ["until"])
        if gateway.closing:
            raise shutting_down()
        return answer(await gateway.inboxes.take_all(whose(gateway, request), _STEPS[word], query.get("until")))

    return take


def _operation(path: str, name: str, summary: str, run: Run, **more: object) -> Operation:
    fields: dict[str, object] = {"method": "GET", "scope": None, "problems": (401, 422, 503), **more}
    return Operation(path=PREFIX + path, name=name, summary=summary, run=run, **fields)  # type: ignore[arg-type]  # fields of Operation


_ONE = tuple(
    _operation(
        f"items/{{id}}:{word}", f"take{word.title()}", said, _one(word), method="POST", answers={200: ItemSeen}, parameters=(_ITEM,),
        problems=(401, 404, 422, 503),
    )
    for word, said in _SAID.items()
)  # fmt: skip
_ALL = tuple(
    _operation(
        f"items:{word}_all", f"take{word.title()}All", f"{said.split(':')[0].removesuffix('.')}, of all items.", _all(word),
        method="POST", answers={200: CountsSeen}, parameters=(_UNTIL,),
    )
    for word, said in _SAID.items()
)  # fmt: skip
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        method="POST",
        path="/v1/recipients/{id}/inbox-token",
        name="createInboxToken",
        summary="A token with which this person's browser or app reads their own feed, and nothing else.",
        run=token,
        scope="send",
        answers={200: InboxToken},
        parameters=(Parameter("id", "path", {"type": "string", "minLength": 1, "maxLength": 255}, "Your own id of the recipient."),),
        problems=(422, 503),
    ),
    _operation(
        "items",
        "listInboxItems",
        "The person's feed, newest first.",
        items,
        answers={200: ItemsSeen},
        parameters=(
            Parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": 20}, "How many."),
            Parameter("cursor", "query", {"type": "string"}, "The `next_cursor` of the page before."),
            Parameter("archived", "query", {"type": "boolean", "default": False}, "Those that were put away, in place of the others."),
        ),
    ),
    _operation("unread", "countInboxItems", "How many items are not read, and not even seen.", unread, answers={200: CountsSeen}),
    *_ONE,
    *_ALL,
    _operation(
        "stream",
        "followInbox",
        "What comes and changes in the feed: server-sent events `item` and `counts` without an end.",
        stream,
        answers={200: ItemSeen},
        media_type=EVENT_STREAM,
        parameters=(_AFTER, _TOKEN, Parameter("Last-Event-ID", "header", {"type": "string"}, "As `after`, and before it.")),
    ),
    _operation(
        "socket",
        "connectInbox",
        'The same over a WebSocket, which also takes steps: `{"do": "read", "item": "itm_…"}`, `{"do": "read_all"}`.',
        socket,
        answers={},
        parameters=(_AFTER, _TOKEN),
        problems=(400, 401, 403, 422, 503),
    ),
)

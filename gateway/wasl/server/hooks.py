"""/hooks/{provider}: what providers tell. No API key: each proves itself in its own way. /v1/callbacks lists what came."""

from typing import Literal

from aiohttp import web

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.callback_seen import CallbackPage, ListedCallbacks
from wasl.problems import validated
from wasl.server.bodies import read_bytes
from wasl.server.operations import Operation, Parameter, answer
from wasl.server.queries import LARGEST_PAGE, page_limit, read_query
from wasl.server.reply import Reply
from wasl_contracts import Callback

PATH = "/hooks/{provider}"
_LIMIT = 1024 * 1024  # bytes of a body
_ACCEPTED = frozenset({"orphan", "foreign", "unparsed"})
"""What was kept, and did nothing yet."""
OUTCOME = "Wasl-Outcome"
"""The header that tells what became of a callback. The body stays empty: some providers send a text in it on to the person."""
_PROVIDER = Parameter("provider", "path", {"type": "string"}, "The provider's name in wasl.toml.")
_DETAIL = Parameter("detail", "path", {"type": "string"}, "Whatever the provider was told to call.")


async def take(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """200 when it is on disk, 202 where it is kept and did nothing yet; a handshake's own answer, 204 where that is nothing."""
    body = await read_bytes(request, _LIMIT, gateway.config.server.body_timeout)
    callback = Callback(request.method, public_url(gateway, request), request.headers, body, gateway.received_at())
    taken = await gateway.take_callback(request.rel_url.raw_path.split("/", 3)[2], callback)  # not routed: see `paths`
    if taken.answer is not None:
        status = 200 if taken.answer else 204  # Discord wants just that for nothing
        return web.Response(status=status, body=taken.answer, content_type="text/plain", headers={"X-Content-Type-Options": "nosniff"})
    return Reply(request, b"", 202 if taken.fate in _ACCEPTED else 200, {OUTCOME: str(taken.fate)})


async def listed(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """A page of what came, newest first."""
    query = read_query(request, [*ListedCallbacks.model_fields, "limit", "cursor"])
    limit, cursor = page_limit(query.pop("limit", "50")), query.pop("cursor", None)
    return answer(await gateway.callbacks(validated(ListedCallbacks, query), limit=limit, cursor=cursor))


def paths(gateway: Gateway) -> list[str]:
    """The paths that providers call; the router would take as long as storing what came."""
    return [f"/hooks/{name}" for name in gateway.config.providers if gateway.reads_callbacks(name)]


def public_url(gateway: Gateway, request: web.Request) -> str:
    """The URL that the provider called, as it wrote it: some sign it."""
    public, path = gateway.config.server.public_url, request.raw_path
    if not path.startswith("/"):  # the absolute form of RFC 9112 section 3.2.2
        return path
    return f"{public or f'{request.scheme}://{request.host}'}{path}"


def _hook(method: Literal["GET", "POST"], path: str, name: str, *parameters: Parameter) -> Operation:
    return Operation(
        method=method,
        path=path,
        name=name,
        summary="Where a provider tells what became of a message. It proves itself in its own way; the answer comes when it is on disk.",
        run=take,
        scope=None,
        answers={},
        file=method == "POST",
        empty=(200, 202, 204),
        parameters=(_PROVIDER, *parameters),
        problems=(401, 404, 408, 413, 415, 503, 507),
    )


OPERATIONS = (
    _hook("POST", PATH, "takeCallback"),
    _hook("GET", PATH, "takeCallbackByGet"),
    _hook("POST", f"{PATH}/{{detail}}", "takeCallbackInDetail", _DETAIL),
    _hook("GET", f"{PATH}/{{detail}}", "takeCallbackInDetailByGet", _DETAIL),
    Operation(
        method="GET",
        path="/v1/callbacks",
        name="listCallbacks",
        summary="What providers told, newest first, and what became of it: never what stood in it.",
        run=listed,
        scope="read",
        answers={200: CallbackPage},
        queries=ListedCallbacks,
        parameters=(
            Parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": 50}, "How many."),
            Parameter("cursor", "query", {"type": "string"}, "The `next_cursor` of the page before."),
        ),
        problems=(422, 503),
    ),
)

"""/v1/events: what happens, as it happens (server-sent events, HTML Standard section 9.2)."""

import asyncio
from collections.abc import Sequence

import structlog
from aiohttp import web
from pydantic_core import to_json

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.errors import WaslError
from wasl.event_types import EVENT_TYPES
from wasl.feed.listeners import Listener
from wasl.feed.seen import BEGINNING, HEARTBEAT, FeedEvent
from wasl.server.auth import presented
from wasl.server.bodies import header
from wasl.server.operations import Operation, Parameter
from wasl.server.problems import REQUEST_ID, SOFTWARE, shutting_down
from wasl.server.queries import read_query

EVENT_STREAM = "text/event-stream"
_STUCK = 30.0  # seconds in which a listener must take something of what is written to it
_LOOK = 1.0  # seconds between two looks whether the caller is still there
_BEGIN = b"retry: 2000\n"  # milliseconds after which a browser that was cut off comes back

_log = structlog.get_logger("wasl.server")


async def follow(gateway: Gateway, request: web.Request, key: ApiKey) -> web.StreamResponse:
    """Events, until the caller leaves, takes nothing for 30 seconds, or this process is about to end."""
    if gateway.closing:
        raise shutting_down()
    query = read_query(request, ["after", "type", "message", "recipient"])
    after, types = query.get("after"), query.get("type")
    async with gateway.listening(
        after=header(request, "Last-Event-ID") or after,  # who comes back by itself asks the same URL again
        types=types.split(",") if types is not None else (),
        message=query.get("message"),
        recipient=query.get("recipient"),
    ) as listener:
        response = web.StreamResponse(headers=_headers(request))
        await response.prepare(request)
        if request.method != "HEAD":
            await _tell(listener, response, request, gateway)
        return response


async def _tell(listener: Listener, response: web.StreamResponse, request: web.Request, gateway: Gateway) -> None:
    """All that comes. Whoever is cut off comes back, and is then told why it cannot go on."""
    told = _BEGIN + _place(listener)
    try:
        while not listener.ended and await presented(gateway, request) is not None:  # the key may have been revoked meanwhile
            async with asyncio.timeout(_STUCK):
                await response.write(told)
            told = _written(await _taken(listener, request)) or _place(listener)
    except ConnectionError:
        pass  # the caller has left
    except TimeoutError:
        _log.info("listener.cut_off")
        _abort(request)
    except WaslError as error:
        _log.info("listener.cut_off", code=error.code)
    except Exception:
        _log.exception("request.failed")  # its head is out, so there is no other answer
        _abort(request)


async def _taken(listener: Listener, request: web.Request) -> Sequence[FeedEvent]:
    """What comes before it is time for a sign of life. Raises ConnectionResetError where the caller has left."""
    now = asyncio.get_running_loop().time
    end = now() + HEARTBEAT.total_seconds()
    taken: Sequence[FeedEvent] = ()
    while not taken and not listener.ended and now() < end:
        taken = await listener.take(min(_LOOK, end - now()))
        if request.transport is None:
            raise ConnectionResetError
    return taken


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _headers(request: web.Request) -> dict[str, str]:
    # These are sent before whoever sets them for all answers has this one.
    own = {"X-Request-Id": request[REQUEST_ID], "Server": SOFTWARE}
    return {**own, "Content-Type": EVENT_STREAM, "Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}


def _place(listener: Listener) -> bytes:
    """A sign of life. It tells the place too, as if an event had: so nobody comes back from further behind than they need."""
    return f": here\nid: {listener.place}\n\n".encode()


def _written(events: Sequence[FeedEvent]) -> bytes:
    return b"".join(f"id: {one.id}\nevent: {one.type}\ndata: ".encode() + to_json(one, exclude_none=True) + b"\n\n" for one in events)


_PARAMETERS = (
    Parameter(
        "after",
        "query",
        {"type": "string", "pattern": rf"^({BEGINNING}|[0-9]{{1,18}}-[0-9]{{1,18}}-[0-9]{{1,18}}-[0-9]{{1,9}})$"},
        f'The id of the last event that came: the next ones come. "{BEGINNING}": all that is kept. Without it, from now on.',
    ),
    Parameter(
        "type",
        "query",
        {"type": "array", "items": {"enum": list(EVENT_TYPES)}, "minItems": 1},
        "Only events of these types, with commas between them.",
    ),
    Parameter("message", "query", {"type": "string"}, "Only what happens to the message of this id."),
    Parameter("recipient", "query", {"type": "string"}, "Only what happens to messages to the recipient of this id."),
    Parameter("Last-Event-ID", "header", {"type": "string"}, "As `after`, and before it: browsers send it when they come back."),
)
OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/events",
        name="followEvents",
        summary="What happens, as it happens: server-sent events without an end.",
        run=follow,
        scope="read",
        answers={200: FeedEvent},
        media_type=EVENT_STREAM,
        parameters=_PARAMETERS,
        problems=(410, 422, 503),
    ),
)

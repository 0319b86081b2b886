"""A feed as it changes: server-sent events (HTML Standard section 9.2), and a WebSocket that also takes steps."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import WSMsgType, web
from pydantic import JsonValue, ValidationError
from pydantic_core import to_json

from wasl.api import Gateway
from wasl.errors import Forbidden, WaslError
from wasl.inbox.inboxes import Whose
from wasl.inbox.seen import item_seen
from wasl.inbox.watching import Watcher
from wasl.ledger.inbox import Step
from wasl.server.problems import REQUEST_ID, SOFTWARE, bad_header, shutting_down
from wasl_contracts.model import Frozen

EVENT_STREAM = "text/event-stream"
_HEARTBEAT = 15.0  # seconds
_STUCK = 30.0  # seconds in which a listener must take something of what is written to it
_LOOK = 1.0  # seconds between two looks whether the caller is still there
_LARGEST = 4096  # bytes of what an app may say at once
_BEGIN = b"retry: 2000\n\n"
_ONE: Mapping[str, Step] = {"delivered": "delivered", "seen": "seen", "read": "read", "archive": "archived"}
_ALL: Mapping[str, Step] = {f"{word}_all": step for word, step in _ONE.items()}
Tell = Callable[[str, int, bytes], Awaitable[None]]
"""Tells what kind of thing it is, the revision that it leads to, and it itself as JSON."""

_log = structlog.get_logger("wasl.server")


class Asked(Frozen):
    """What an app says over the WebSocket: a step with an item, or with all (`read_all`) up to a place."""

    do: str
    item: str = ""
    until: str | None = None


async def follow(gateway: Gateway, request: web.Request, whose: Whose, after: str | None, headers: Mapping[str, str]) -> web.StreamResponse:
    """The feed, until the caller leaves, the token ends, or this process is about to."""
    if gateway.closing:
        raise shutting_down()
    place = await gateway.inboxes.place(whose, after)
    async with gateway.inboxes.watching(whose) as watcher:
        own = {"Content-Type": EVENT_STREAM, "Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers={**own, **headers, "X-Request-Id": request[REQUEST_ID], "Server": SOFTWARE})
        await response.prepare(request)

        async def tell(kind: str, revision: int, told: bytes) -> None:
            async with asyncio.timeout(_STUCK):
                await response.write(f"event: {kind}\nid: {revision}\ndata: ".encode() + told + b"\n\n" if kind else b": here\n\n")

        if request.method != "HEAD":
            await response.write(_BEGIN)
            await _guarded(_tell(gateway, whose, place, (watcher, tell, request)), request)
        return response


async def connect(gateway: Gateway, request: web.Request, whose: Whose, after: str | None) -> web.StreamResponse:
    """The same, over a WebSocket."""
    if gateway.closing:
        raise shutting_down()
    origin = request.headers.get("Origin")
    if origin is not None and origin not in (*gateway.config.inbox.origins, f"{request.scheme}://{request.host}"):
        raise Forbidden("Pages of this origin may not read the feed.", suggested_action="Add it to origins of [inbox] in wasl.toml.")
    place = await gateway.inboxes.place(whose, after)
    async with gateway.inboxes.watching(whose) as watcher:
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=_LARGEST, timeout=_LOOK)
        if not socket.can_prepare(request):
            raise bad_header("Upgrade", "does not ask for a WebSocket; use GET /inbox/v1/stream for server-sent events")
        await socket.prepare(request)

        async def tell(kind: str, revision: int, told: bytes) -> None:
            if kind:
                async with asyncio.timeout(_STUCK):
                    await socket.send_str(f'{{"type":"{kind}","revision":{revision},"{kind}":{told.decode()}}}')

        telling = asyncio.create_task(_guarded(_tell(gateway, whose, place, (watcher, tell, request)), request))
        telling.add_done_callback(lambda _: watcher.end())
        listening = asyncio.create_task(_guarded(_listen(gateway, whose, socket), request))
        await asyncio.wait([telling, listening], return_when=asyncio.FIRST_COMPLETED)
        await socket.close()
        for task in (telling, listening):
            task.cancel()
        await asyncio.wait([telling, listening])
        return socket


async def _tell(gateway: Gateway, whose: Whose, place: int, to: tuple[Watcher, Tell, web.Request]) -> None:
    """What changes, each thing as it is then, and after that how many are unread."""
    watcher, tell, request = to
    now = asyncio.get_running_loop().time
    fresh, woken, quiet_since = True, True, now()
    while not watcher.ended and gateway.inboxes.holds(whose) and request.transport is not None:
        while woken and (items := await gateway.inboxes.changed(whose, place)):
            for item in items:
                await tell("item", item.revision, to_json(item_seen(item)))
            place, fresh = items[-1].revision, True
        if fresh:
            await tell("counts", place, to_json(await gateway.inboxes.counts(whose)))
            fresh, quiet_since = False, now()
        elif now() - quiet_since >= _HEARTBEAT:
            await tell("", place, b"")
            quiet_since = now()
        woken = await watcher.changed(_LOOK)


async def _listen(gateway: Gateway, whose: Whose, socket: web.WebSocketResponse) -> None:
    """What the app says; each thing is answered, and what is wrong with it told."""
    async for message in socket:
        if message.type is not WSMsgType.TEXT or not gateway.inboxes.holds(whose):
            return
        try:
            done: JsonValue = await _done(gateway, whose, Asked.model_validate_json(message.data))
        except ValidationError:
            done = {"type": "problem", "code": "bad_message", "detail": 'say {"do": "read", "item": "itm_…"} or {"do": "read_all"}'}
        except WaslError as error:
            done = {"type": "problem", "code": error.code, "detail": str(error)}
        await socket.send_str(to_json(done).decode())


async def _done(gateway: Gateway, whose: Whose, asked: Asked) -> JsonValue:
    if (step := _ONE.get(asked.do)) is not None:
        await gateway.inboxes.take(whose, step, asked.item)
    elif (step := _ALL.get(asked.do)) is not None:
        await gateway.inboxes.take_all(whose, step, asked.until)
    else:
        return {"type": "problem", "code": "bad_message", "detail": f"do must be one of {', '.join([*_ONE, *_ALL])}"}
    return {"type": "done", "do": asked.do, "item": asked.item}


async def _guarded(work: Awaitable[None], request: web.Request) -> None:
    """Do it to its end. Its head is out, so that whatever goes wrong ends the connection: whoever comes back is told why."""
    try:
        await work
    except ConnectionError:
        pass  # the caller has left
    except TimeoutError:
        _log.info("inbox.cut_off")
        if request.transport is not None:
            request.transport.abort()
    except WaslError as error:
        _log.info("inbox.cut_off", code=error.code)
    except Exception:
        _log.exception("request.failed")

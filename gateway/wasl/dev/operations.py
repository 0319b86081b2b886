"""The inbox of `wasl dev` for programs: what was captured, what goes wrong, and what providers are to tell. With an API key."""

from aiohttp import web
from pydantic import ConfigDict, Field

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.capturing.capture import Captured, News, Tray
from wasl.capturing.mishaps import Chaos, Mishap
from wasl.capturing.seen import CapturedSeen, InboxSeen, chosen, seen
from wasl.capturing.telling import Telling
from wasl.console.captured import TELLING, TRAY, WAY_IN, WayIn
from wasl.errors import NotFound
from wasl.problems import validated
from wasl.server.app import Equip, answering
from wasl.server.bodies import read_json
from wasl.server.operations import Operation, answer
from wasl.server.queries import read_query
from wasl_contracts.event import EventKind
from wasl_contracts.model import Frozen


class ChaosTold(Chaos):
    """The faults, and what strikes the next calls, one after the other, before chance does."""

    next: tuple[Mishap, ...] = Field((), max_length=100)


class Cleared(Frozen):
    """How many were thrown away."""

    cleared: int


class Told(Frozen):
    """What a provider is to tell of a captured message. `dead`: the address is no good any more; `text` is what the person wrote back."""

    model_config = ConfigDict(str_strip_whitespace=True)
    kind: EventKind
    dead: bool = False
    text: str | None = Field(None, max_length=1000)


class Asked(Frozen):
    """Which captured messages: of a channel, to an address with these signs in it, with these words. What is empty leaves all."""

    channel: str = ""
    to: str = ""
    text: str = ""


async def _inbox(_gateway: Gateway, request: web.Request, key: ApiKey) -> web.StreamResponse:
    tray, asked = request.app[TRAY], Asked(**read_query(request, tuple(Asked.model_fields)))
    found = chosen(tray.sent, (key.brand,), **asked.model_dump())
    return answer(InboxSeen(version=tray.version, data=tuple(map(seen, found))))


async def _clear(_gateway: Gateway, request: web.Request, key: ApiKey) -> web.StreamResponse:
    return answer(Cleared(cleared=request.app[TRAY].clear((key.brand,))))


async def _chaos(_gateway: Gateway, request: web.Request, _key: ApiKey) -> web.StreamResponse:
    return answer(_as_told(request.app[TRAY]))


async def _change(gateway: Gateway, request: web.Request, _key: ApiKey) -> web.StreamResponse:
    tray, told = request.app[TRAY], validated(ChaosTold, await read_json(request, gateway.config.server.body_timeout))
    tray.strike(told.next)
    tray.chaos = Chaos.model_validate(told.model_dump(exclude={"next"}))
    return answer(_as_told(tray))


async def _tell(gateway: Gateway, request: web.Request, key: ApiKey) -> web.StreamResponse:
    captured, told = _found(request, key), validated(Told, await read_json(request, gateway.config.server.body_timeout))
    await request.app[TELLING].tell(captured, News(told.kind, told.dead, told.text))
    return answer(seen(captured))


def _found(request: web.Request, key: ApiKey) -> Captured:
    found = request.app[TRAY].find(request.match_info["id"])
    if found is None or found.delivery.brand != key.brand:
        raise NotFound("No captured message has this id; the 500 newest are kept.", suggested_action="See GET /console/inbox.json.")
    return found


def _as_told(tray: Tray) -> ChaosTold:
    return ChaosTold(**tray.chaos.model_dump(), next=tuple(tray.next))


OPERATIONS = (
    Operation("GET", "/console/inbox.json", "inbox", "What was captured", _inbox, "read", {200: InboxSeen}),
    Operation("DELETE", "/console/inbox.json", "clear_inbox", "Throw it away", _clear, "send", {200: Cleared}),
    Operation("GET", "/console/chaos.json", "chaos", "What goes wrong", _chaos, "read", {200: ChaosTold}),
    Operation("PUT", "/console/chaos.json", "set_chaos", "Let things go wrong", _change, "send", {200: ChaosTold}, ChaosTold),
    Operation("POST", "/console/inbox/{id}/events.json", "tell", "Let its provider tell of it", _tell, "send", {200: CapturedSeen}, Told),
)


def equipped(gateway: Gateway, tray: Tray, telling: Telling, way_in: WayIn | None) -> Equip:
    """What gives an application the inbox, for people and for programs, and the way in."""

    def equip(app: web.Application) -> None:
        app[TRAY], app[TELLING] = tray, telling
        if way_in is not None:
            app[WAY_IN] = way_in
        for operation in OPERATIONS:
            app.router.add_route(operation.method, operation.path, answering(operation, gateway))

    return equip

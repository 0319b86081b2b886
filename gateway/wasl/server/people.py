"""/v1/recipients/{id}: find people, look at one, what happened to them, a copy of everything, erase them."""

import re

import structlog
from aiohttp import web

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.errors import Problem, Refused, WaslError
from wasl.person_seen import Erased, Erasure, PeopleSeen, PersonExport, PersonSeen, PersonTimeline, Sought
from wasl.problems import did_you_mean, pointer, validated
from wasl.server.bodies import JSON, read_json
from wasl.server.operations import Operation, Parameter, answer
from wasl.server.problems import REQUEST_ID, SOFTWARE, shutting_down

_LARGEST_PAGE = 200
_LIMIT = re.compile(r"[0-9]{1,3}")
_log = structlog.get_logger("wasl.server")


async def find(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """Those whose address it is. A body and not a query: addresses do not belong into URLs, which proxies keep."""
    sought = validated(Sought, await read_json(request, gateway.config.server.body_timeout))
    return answer(await gateway.find_recipients(sought))


async def show(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """One person, addresses masked."""
    return answer(await gateway.recipient(request.match_info["id"]))


async def timeline(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """A page of what happened to them, newest first."""
    limit, cursor = _paging(request)
    page = await gateway.recipient_timeline(request.match_info["id"], limit=limit, cursor=cursor)
    response = answer(page)
    if page.next_cursor:
        response.headers["Link"] = f'<{request.rel_url.update_query(cursor=page.next_cursor)}>; rel="next"'
    return response


async def export(gateway: Gateway, request: web.Request, key: ApiKey) -> web.StreamResponse:
    """Everything about one person, part by part, as it is read."""
    parts = await gateway.export_recipient(request.match_info["id"])
    response = web.StreamResponse(headers={"X-Request-Id": request[REQUEST_ID], "Server": SOFTWARE, "Cache-Control": "no-store"})
    response.content_type = JSON
    await response.prepare(request)
    try:
        async for part in parts:
            await response.write(part)
    except WaslError as error:
        # 200 is on its way already: what is cut off is no JSON and has no end, so nobody takes it for whole.
        _log.error("export.cut_off", code=error.code)
        if request.transport is not None:
            request.transport.abort()
    return response


async def erase(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """What was erased; again is as good as once."""
    if gateway.closing:
        raise shutting_down()
    asked = validated(Erasure, await read_json(request, gateway.config.server.body_timeout))
    return answer(await gateway.erase_recipient(request.match_info["id"], because=asked.because))


def _paging(request: web.Request) -> tuple[int, str | None]:
    known = ["limit", "cursor"]
    for name in request.query:
        if name not in known:
            raise _refused(name, "unknown_filter", f"is not known here{did_you_mean(name, known)}")
        if len(request.query.getall(name)) > 1:
            raise _refused(name, "duplicate_key", "came twice; send it once")
    limit = request.query.get("limit", "50")
    if not _LIMIT.fullmatch(limit) or not 1 <= int(limit) <= _LARGEST_PAGE:
        raise _refused("limit", "out_of_range", f"must be a whole number from 1 to {_LARGEST_PAGE}")
    return int(limit), request.query.get("cursor")


def _refused(parameter: str, code: str, message: str) -> Refused:
    return Refused([Problem(pointer=pointer([parameter]), code=code, message=message)])


_ID = Parameter("id", "path", {"type": "string", "minLength": 1, "maxLength": 255}, "Your own id of the recipient.")

OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/recipients:find",
        name="findRecipients",
        summary="Who has this id, or exactly this address.",
        run=find,
        scope="read",
        takes=Sought,
        answers={200: PeopleSeen},
        problems=(408, 413, 415, 422, 503, 507),
    ),
    Operation(
        method="GET",
        path="/v1/recipients/{id}",
        name="getRecipient",
        summary="One person: addresses masked, consent, suppressions, counts, last contact.",
        run=show,
        scope="read",
        answers={200: PersonSeen},
        parameters=(_ID,),
        problems=(404, 503),
    ),
    Operation(
        method="GET",
        path="/v1/recipients/{id}/timeline",
        name="getRecipientTimeline",
        summary="What happened to one person over all channels, newest first.",
        run=timeline,
        scope="read",
        answers={200: PersonTimeline},
        parameters=(
            _ID,
            Parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": _LARGEST_PAGE, "default": 50}, "How many at most."),
            Parameter("cursor", "query", {"type": "string"}, "Where to go on: `next_cursor` of the page before."),
        ),
        problems=(404, 422, 503),
    ),
    Operation(
        method="GET",
        path="/v1/recipients/{id}/export",
        name="exportRecipient",
        summary="All that is stored about one person, in clear, for themselves (GDPR articles 15 and 20).",
        run=export,
        scope="people:export",
        answers={200: PersonExport},
        parameters=(_ID,),
        problems=(404, 503),
    ),
    Operation(
        method="POST",
        path="/v1/recipients/{id}:erase",
        name="eraseRecipient",
        summary="Erase a person (GDPR article 17). What is suppressed stays so.",
        run=erase,
        scope="people:erase",
        takes=Erasure,
        answers={200: Erased},
        parameters=(_ID,),
        problems=(404, 408, 413, 415, 422, 503, 507),
    ),
)

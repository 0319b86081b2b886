"""/v1/suppressions: addresses that must not be used. A key sees and changes the list of its brand; that of all brands it only sees."""

from collections.abc import AsyncIterator
from tempfile import SpooledTemporaryFile

from aiohttp import web

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.errors import NotFound
from wasl.ids import suppressed_place
from wasl.problems import validated
from wasl.server.bodies import CSV, read_json, spool_csv
from wasl.server.operations import Operation, Parameter, answer
from wasl.server.problems import shutting_down
from wasl.server.queries import LARGEST_PAGE, page_limit, read_query, refused
from wasl.suppression import Imported, Listed, Named, Origin, Suppression, SuppressionPage, SuppressionStory, Unsuppression

_IN_MEMORY = 1024 * 1024  # bytes of a file that is imported; the rest of it is on disk


async def suppress(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """The address and its history; no call to it begins after this answer."""
    if gateway.closing:
        raise shutting_down()
    asked = validated(Suppression, await read_json(request, gateway.config.server.body_timeout))
    return answer(await gateway.add_suppression(asked, _origin(key)))


async def listed(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """A page of what is suppressed now, newest first."""
    query = read_query(request, [*Listed.model_fields, "limit", "cursor"])
    limit, cursor = page_limit(query.pop("limit", "50")), query.pop("cursor", None)
    page = await gateway.suppressions(validated(Listed, query), limit=limit, cursor=cursor)
    response = answer(page)
    if page.next_cursor:
        response.headers["Link"] = f'<{request.rel_url.update_query(cursor=page.next_cursor)}>; rel="next"'
    return response


async def show(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """An address and its history."""
    return answer(await gateway.suppression(_id(request)))


async def find(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """The same, of an address that stands in no URL, where logs would keep it."""
    named = validated(Named, await read_json(request, gateway.config.server.body_timeout))
    return answer(await gateway.suppression(named))


async def unsuppress(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """What is left, and the history."""
    if gateway.closing:
        raise shutting_down()
    suppression = _id(request)
    asked = validated(Unsuppression, await read_json(request, gateway.config.server.body_timeout))
    return answer(await gateway.remove_suppression(suppression, asked, _origin(key)))


async def import_csv(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """The count of all lines. Nothing is kept before the whole file is here."""
    if gateway.closing:
        raise shutting_down()
    dry_run = read_query(request, ["dry_run"]).get("dry_run", "false")
    if dry_run not in ("true", "false"):
        raise refused("dry_run", "bad_value", "must be true or false")
    with SpooledTemporaryFile(_IN_MEMORY) as file:
        await spool_csv(request, file, gateway.config.server.body_timeout)
        file.seek(0)
        origin = _origin(key)._replace(source="import")
        return answer(await gateway.import_suppressions(file, dry_run=dry_run == "true", origin=origin))


async def export_csv(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """What is suppressed now, as a file."""
    headers = {"Content-Disposition": 'attachment; filename="suppressions.csv"'}
    return web.Response(body=_encoded(gateway), headers=headers, content_type=CSV, charset="utf-8")


async def _encoded(gateway: Gateway) -> AsyncIterator[bytes]:
    async for part in gateway.export_suppressions():
        yield part.encode()


def _origin(key: ApiKey) -> Origin:
    return Origin("api", f"API key {key.id}")


def _id(request: web.Request) -> str:
    given = request.match_info["id"]
    if suppressed_place(given) is None:
        raise NotFound("There is no suppression with this id.", suggested_action="Take `id` of POST or GET /v1/suppressions.")
    return given


_ID = Parameter("id", "path", {"type": "string", "examples": ["sup_email_01f0…"]}, "The id of an address on its channel.")
_LIMIT = Parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": 50}, "How many at most.")
_CURSOR = Parameter("cursor", "query", {"type": "string"}, "Where to go on: `next_cursor` of the page before.")
_DRY_RUN = Parameter("dry_run", "query", {"type": "boolean", "default": False}, "Only tell what it would do, in the same numbers.")
_WRITES = (408, 413, 415, 422, 503, 507)

OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/suppressions",
        name="suppress",
        summary="Send nothing to an address any more, or nothing of a category; no call begins after the answer.",
        run=suppress,
        scope="send",
        takes=Suppression,
        answers={200: SuppressionStory},
        problems=_WRITES,
    ),
    Operation(
        method="GET",
        path="/v1/suppressions",
        name="listSuppressions",
        summary="What is suppressed now, newest first; addresses masked.",
        run=listed,
        scope="read",
        queries=Listed,
        answers={200: SuppressionPage},
        parameters=(_LIMIT, _CURSOR),
        problems=(422, 503),
    ),
    Operation(
        method="POST",
        path="/v1/suppressions:find",
        name="findSuppression",
        summary="An address, named in the body: what holds against it, and everything that ever happened.",
        run=find,
        scope="read",
        takes=Named,
        answers={200: SuppressionStory},
        problems=(404, 408, 413, 415, 422, 503),
    ),
    Operation(
        method="GET",
        path="/v1/suppressions:export",
        name="exportSuppressions",
        summary="What is suppressed now, as CSV: the keyed hash and the masked form of each address.",
        run=export_csv,
        scope="read",
        answers={},
        csv="answer",
        problems=(503,),
    ),
    Operation(
        method="POST",
        path="/v1/suppressions:import",
        name="importSuppressions",
        summary="Put the addresses of a CSV file on the list, or tell what that would do. A line that is wrong stops no other.",
        run=import_csv,
        scope="send",
        answers={200: Imported},
        parameters=(_DRY_RUN,),
        csv="body",
        problems=_WRITES,
    ),
    Operation(
        method="GET",
        path="/v1/suppressions/{id}",
        name="getSuppression",
        summary="An address: what holds against it, and everything that ever happened.",
        run=show,
        scope="read",
        answers={200: SuppressionStory},
        parameters=(_ID,),
        problems=(404, 503),
    ),
    Operation(
        method="DELETE",
        path="/v1/suppressions/{id}",
        name="unsuppress",
        summary="Take an address off the list, and write down why.",
        run=unsuppress,
        scope="send",
        takes=Unsuppression,
        answers={200: SuppressionStory},
        parameters=(_ID,),
        problems=(404, 409, *_WRITES),
    ),
)

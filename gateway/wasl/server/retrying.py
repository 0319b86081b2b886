"""/v1/messages:retry: send again what failed, one or all that fit."""

from aiohttp import web
from pydantic import Field, StrictBool

from wasl.answers import MessageSeen, Retried
from wasl.api import Filters, Gateway
from wasl.apikeys import ApiKey
from wasl.errors import Problem, Refused
from wasl.problems import pointer, validated
from wasl.server.bodies import read_json
from wasl.server.messages import found
from wasl.server.operations import MESSAGE_ID, Operation, Parameter, answer
from wasl.server.problems import shutting_down

_DUPLICATE = "possible_duplicate"


class Retry(Filters):
    """What to send again: a state (failed, expired, bounced, unknown) or a reason must be named. With `dry_run` it is only counted."""

    possible_duplicate: StrictBool = False
    dry_run: StrictBool = False
    limit: int = Field(10_000, ge=1, le=100_000, strict=True)


async def retry(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """The message, on its way again; twice is as good as once."""
    if gateway.closing:
        raise shutting_down()
    seen = await found(gateway, request, key)
    return answer(await gateway.retry(seen.id, possible_duplicate=_may_be_twice(request)))


async def retry_all(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """How many are sent again, and how many are left alone and why."""
    if gateway.closing:
        raise shutting_down()
    asked = validated(Retry, await read_json(request, gateway.config.server.body_timeout))
    filters = Filters.model_validate(asked.model_dump(include=set(Filters.model_fields)))
    most = None if asked.dry_run else asked.limit
    retried = await gateway.retry_all(filters, possible_duplicate=asked.possible_duplicate, dry_run=asked.dry_run, most=most)
    return answer(retried)


def _may_be_twice(request: web.Request) -> bool:
    for name, value in request.query.items():
        if name != _DUPLICATE:
            raise _refused(name, "unknown_filter", f"is not known here; there is {_DUPLICATE}")
        if value not in ("true", "false"):
            raise _refused(name, "bad_value", "must be true or false")
    return request.query.get(_DUPLICATE) == "true"


def _refused(parameter: str, code: str, message: str) -> Refused:
    return Refused([Problem(pointer=pointer([parameter]), code=code, message=message)])


_DUPLICATE_PARAMETER = Parameter(
    _DUPLICATE, "query", {"type": "boolean", "default": False}, "Also what may have arrived already; it is then marked as such."
)

OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/messages/{id}:retry",
        name="retryMessage",
        summary="Send again a message that failed, expired, bounced or is held.",
        run=retry,
        scope="send",
        answers={200: MessageSeen},
        parameters=(MESSAGE_ID, _DUPLICATE_PARAMETER),
        problems=(404, 409, 422, 503, 507),
    ),
    Operation(
        method="POST",
        path="/v1/messages:retry",
        name="retryMessages",
        summary="Send again all messages that fit, newest first, up to `limit`; or count them.",
        run=retry_all,
        scope="send",
        takes=Retry,
        answers={200: Retried},
        problems=(408, 413, 415, 422, 503, 507),
    ),
)

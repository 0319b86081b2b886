"""/v1/recipients/{id}/consent: what people said of topics and channels, and asking them."""

from collections.abc import Sequence
from typing import Annotated

from aiohttp import web
from pydantic import Field

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.consent import AsOf, ConsentAnswer, ConsentAsk, ConsentAsked, ConsentChange, ConsentSeen
from wasl.errors import Problem, Refused
from wasl.problems import pointer, validated
from wasl.server.bodies import read_json
from wasl.server.operations import Operation, Parameter, answer
from wasl.server.problems import shutting_down
from wasl_contracts.model import Frozen


class ConsentChanges(Frozen):
    """What somebody said, in this order. Where no `actor` is told, it is the API key."""

    changes: Annotated[tuple[ConsentChange, ...], Field(min_length=1, max_length=100)]


async def record(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """What they said up to now, and what holds."""
    if gateway.closing:
        raise shutting_down()
    told = validated(ConsentChanges, await read_json(request, gateway.config.server.body_timeout))
    return answer(await gateway.record_consent(request.match_info["id"], _by(key, told.changes)))


async def show(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """What they said up to a moment, and what held by it."""
    for name in request.query:
        if name != "at":
            raise Refused([Problem(pointer=pointer([name]), code="unknown_filter", message="is not known here; there is at")])
    return answer(await gateway.consent(request.match_info["id"], at=validated(AsOf, {"at": request.query.get("at")}).at))


async def ask(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """The token by which they confirm."""
    if gateway.closing:
        raise shutting_down()
    told = validated(ConsentAsk, await read_json(request, gateway.config.server.body_timeout))
    return answer(ConsentAsked(token=await gateway.ask_consent(request.match_info["id"], **told.model_dump())))


async def confirm(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """What they said with this answer, and what holds."""
    if gateway.closing:
        raise shutting_down()
    told = validated(ConsentAnswer, await read_json(request, gateway.config.server.body_timeout))
    return answer(await gateway.confirm_consent(told.token, ip=told.ip))


def _by(key: ApiKey, changes: Sequence[ConsentChange]) -> list[ConsentChange]:
    return [
        change if "actor" in change.model_fields_set else change.model_copy(update={"actor": f"API key {key.id}"}) for change in changes
    ]


_ID = Parameter("id", "path", {"type": "string", "minLength": 1, "maxLength": 255}, "Your own id of the recipient.")
_AT = Parameter(
    "at", "query", {"type": "string", "format": "date-time"}, "What held at this moment, by the rules of now; without it, what holds."
)
_WRITES = (408, 413, 415, 422, 503, 507)

OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/recipients/{id}/consent",
        name="recordConsent",
        summary="Write down what a recipient granted or withdrew; nothing begins to leave against it from then on.",
        run=record,
        scope="send",
        takes=ConsentChanges,
        answers={200: ConsentSeen},
        parameters=(_ID,),
        problems=(409, *_WRITES),
    ),
    Operation(
        method="GET",
        path="/v1/recipients/{id}/consent",
        name="getConsent",
        summary="What a recipient said of topics and channels, and what holds by it, now or at a moment of the past.",
        run=show,
        scope="read",
        answers={200: ConsentSeen},
        parameters=(_ID, _AT),
        problems=(404, 422, 503),
    ),
    Operation(
        method="POST",
        path="/v1/recipients/{id}/consent:ask",
        name="askConsent",
        summary="Begin a double opt-in: note that a recipient is asked, and get the token by which they confirm.",
        run=ask,
        scope="send",
        takes=ConsentAsk,
        answers={200: ConsentAsked},
        parameters=(_ID,),
        problems=_WRITES,
    ),
    Operation(
        method="POST",
        path="/v1/consent:confirm",
        name="confirmConsent",
        summary="Grant what a token was issued for; again is as good as once.",
        run=confirm,
        scope="send",
        takes=ConsentAnswer,
        answers={200: ConsentSeen},
        problems=(*_WRITES, 409),
    ),
)

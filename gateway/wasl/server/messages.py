"""/v1/messages: send one, look at one, list them, cancel one."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from aiohttp import web
from pydantic_core import to_json

from wasl.answers import Accepted, MessageSeen, Page, TimelineEntry
from wasl.api import Filters, Gateway
from wasl.apikeys import ApiKey
from wasl.errors import NotFound, Problem
from wasl.ledger.accept import IDEMPOTENCY_LIFE
from wasl.problems import validated
from wasl.server.bodies import header, read_json
from wasl.server.operations import MESSAGE_ID, Operation, Parameter, answer
from wasl.server.problems import Malformed, shutting_down
from wasl.server.queries import LARGEST_PAGE, page_limit, read_query
from wasl.server.reply import Reply
from wasl_contracts import Message
from wasl_contracts.model import Frozen

_KEY_LIFE = IDEMPOTENCY_LIFE // 1_000_000  # seconds
_KEY = re.compile(r"[!-~]{1,255}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Timeline(Frozen):
    """What happened to a message, oldest first."""

    data: tuple[TimelineEntry, ...]


async def submit(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """202 once the message is on disk; a repeated Idempotency-Key gets the first answer again."""
    if gateway.closing:
        raise shutting_down()
    idempotency_key = given_key(request)
    message = validated(Message, await read_json(request, gateway.config.server.body_timeout))
    accepted = await gateway.accept(message, idempotency_key)
    return Reply(request, to_json(accepted), 202, accepted_headers(accepted, idempotency_key))


async def show(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """Everything about one message."""
    return answer(await found(gateway, request, key))


async def events(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """One message's timeline."""
    return answer(Timeline(data=(await found(gateway, request, key)).timeline))


async def listed(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """A page of messages, newest first."""
    query = read_query(request, [*Filters.model_fields, "limit", "cursor"])
    limit, cursor = page_limit(query.pop("limit", "50")), query.pop("cursor", None)
    page = await gateway.list(validated(Filters, query), limit=limit, cursor=cursor)
    response = answer(page)
    if page.next_cursor:
        response.headers["Link"] = f'<{request.rel_url.update_query(cursor=page.next_cursor)}>; rel="next"'
    return response


async def cancel(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """Cancels what has not been handed to a provider."""
    seen = await found(gateway, request, key)
    return answer(await gateway.cancel(seen.id))


def checked_key(value: object, at: str) -> str:
    """An idempotency key: 1 to 255 visible ASCII characters.

    Raises:
        Malformed: it is something else.
    """
    if isinstance(value, str) and _KEY.fullmatch(value):
        return value
    raise Malformed([Problem(pointer=at, code="bad_idempotency_key", message="needs a key of 1 to 255 visible ASCII characters")])


def given_key(request: web.Request) -> str | None:
    """The Idempotency-Key of a request; raises Malformed."""
    value = header(request, "Idempotency-Key")
    return None if value is None else checked_key(value, "")


def accepted_headers(accepted: Accepted, idempotency_key: str | None) -> dict[str, str]:
    """Where the message is, and what became of its idempotency key."""
    headers = {"Location": f"/v1/messages/{accepted.id}"}
    if idempotency_key is not None:
        headers["Idempotency-Expires"] = _expires(int(accepted.created_at.timestamp()))
    if accepted.replayed:
        headers["Idempotency-Replayed"] = "true"
    return headers


@lru_cache(maxsize=64)
def _expires(created_at: int) -> str:
    return datetime.fromtimestamp(created_at + _KEY_LIFE, UTC).isoformat()


async def found(gateway: Gateway, request: web.Request, key: ApiKey) -> MessageSeen:
    """The message that the path names; raises NotFound where the key's brand has none."""
    message_id = request.match_info["id"]
    seen = await gateway.get(message_id) if _ID.fullmatch(message_id) else None
    if seen is None or seen.brand != key.brand:
        raise NotFound("There is no message with this id.")
    return seen


_NOT_FOUND = (404,)
_LIMIT_PARAMETER = Parameter(
    "limit", "query", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": 50}, "How many messages at most."
)
_CURSOR_PARAMETER = Parameter("cursor", "query", {"type": "string"}, "Where to go on: `next_cursor` of the page before.")
IDEMPOTENCY_PARAMETER = Parameter(
    "Idempotency-Key",
    "header",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "The same key and body within 72 hours get the first answer again, and nothing is sent twice.",
)

OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/messages",
        name="sendMessage",
        summary="Send one message. 202 means that it is on disk.",
        run=submit,
        scope="send",
        takes=Message,
        answers={202: Accepted},
        parameters=(IDEMPOTENCY_PARAMETER,),
        problems=(404, 408, 409, 413, 415, 422, 503, 507),
    ),
    Operation(
        method="GET",
        path="/v1/messages",
        name="listMessages",
        summary="List messages, newest first.",
        run=listed,
        scope="read",
        queries=Filters,
        answers={200: Page},
        parameters=(_LIMIT_PARAMETER, _CURSOR_PARAMETER),
        problems=(422,),
    ),
    Operation(
        method="GET",
        path="/v1/messages/{id}",
        name="getMessage",
        summary="Everything about one message: deliveries, timeline, decisions.",
        run=show,
        scope="read",
        answers={200: MessageSeen},
        parameters=(MESSAGE_ID,),
        problems=_NOT_FOUND,
    ),
    Operation(
        method="GET",
        path="/v1/messages/{id}/events",
        name="listMessageEvents",
        summary="What happened to one message, oldest first.",
        run=events,
        scope="read",
        answers={200: Timeline},
        parameters=(MESSAGE_ID,),
        problems=_NOT_FOUND,
    ),
    Operation(
        method="POST",
        path="/v1/messages/{id}:cancel",
        name="cancelMessage",
        summary="Cancel what has not been handed to a provider.",
        run=cancel,
        scope="send",
        answers={200: MessageSeen},
        parameters=(MESSAGE_ID,),
        problems=(404, 409, 503),
    ),
)

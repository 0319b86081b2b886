"""/v1/messages:batch: one message a line in, one result a line out, in the same order. A bad line never fails the others."""

import asyncio
from typing import NamedTuple

from aiohttp import web
from pydantic import create_model

from wasl.answers import Accepted
from wasl.api import Gateway, Submission
from wasl.apikeys import ApiKey
from wasl.errors import Problem, Refused, WaslError
from wasl.problems import ProblemDocument, validated
from wasl.server.bodies import NDJSON, OFF_LOOP, header, read_body
from wasl.server.messages import checked_key
from wasl.server.operations import Operation
from wasl.server.problems import REQUEST_ID, bad_header, shutting_down
from wasl.server.strict_json import parse
from wasl_contracts import Message
from wasl_contracts.model import Frozen

_MOST_LINES = 1000

BatchLine = create_model("BatchLine", __base__=Message, idempotency_key=(str | None, None))
"""A line of a batch: a message, and its own idempotency key."""


class BatchResult(Frozen):
    """What became of one line: a message with status 202, or a problem."""

    line: int
    status: int
    message: Accepted | None = None
    problem: ProblemDocument | None = None
    replayed: bool = False


class _Line(NamedTuple):
    number: int
    read: Submission | WaslError


async def submit_batch(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """200 with one result a line; good lines are on disk by then."""
    if gateway.closing:
        raise shutting_down()
    if header(request, "Idempotency-Key") is not None:
        raise bad_header("Idempotency-Key", "is not for batches; write `idempotency_key` into each line")
    body = await read_body(request, NDJSON, gateway.config.server.body_timeout)
    lines = _lines(body) if len(body) <= OFF_LOOP else await asyncio.to_thread(_lines, body)
    stored = iter(await gateway.accept_many([line.read for line in lines if isinstance(line.read, Submission)]))
    results = ((line.number, next(stored) if isinstance(line.read, Submission) else line.read) for line in lines)
    request_id = request[REQUEST_ID]
    return web.Response(body="".join(_result(number, end, request_id) for number, end in results).encode(), content_type=NDJSON)


def _lines(body: bytes) -> list[_Line]:
    written = [(number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    if not 0 < len(written) <= _MOST_LINES:
        code, found = ("too_many", f"more than {_MOST_LINES}") if written else ("too_few", "no")
        raise Refused([Problem(pointer="", code=code, message=f"has {found} lines; send 1 to {_MOST_LINES}")])
    return [_Line(number, _read(line)) for number, line in written]


def _read(line: bytes) -> Submission | WaslError:
    try:
        found = parse(line)
        idempotency_key = None
        if isinstance(found, dict) and "idempotency_key" in found:
            idempotency_key = checked_key(found.pop("idempotency_key"), "/idempotency_key")
        return Submission(validated(Message, found), idempotency_key)
    except WaslError as error:
        return error


def _result(number: int, end: Accepted | WaslError, request_id: str) -> str:
    # Written by hand: through BatchResult a line would cost twice as much.
    if isinstance(end, WaslError):
        problem = ProblemDocument.of(end, request_id)
        return f'{{"line":{number},"status":{problem.status},"problem":{problem.model_dump_json()}}}\n'
    replayed = ',"replayed":true' if end.replayed else ""
    return f'{{"line":{number},"status":202{replayed},"message":{end.model_dump_json()}}}\n'


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/messages:batch",
        name="sendMessages",
        summary="Send up to 1,000 messages, one JSON object a line; answered with one result a line, in order.",
        run=submit_batch,
        scope="send",
        takes=BatchLine,
        media_type=NDJSON,
        answers={200: BatchResult},
        problems=(408, 413, 415, 422, 503, 507),
    ),
)

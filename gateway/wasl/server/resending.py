"""/v1/messages/{id}:resend: send again as a new message, or tell what that would do."""

from aiohttp import web
from pydantic import StrictBool
from pydantic_core import to_json

from wasl.answers import Accepted
from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.ids import new_request_id
from wasl.problems import validated
from wasl.resent_seen import Resend, ResendSeen
from wasl.server.bodies import read_json
from wasl.server.messages import IDEMPOTENCY_PARAMETER, accepted_headers, found, given_key
from wasl.server.operations import MESSAGE_ID, Operation, answer
from wasl.server.problems import shutting_down
from wasl.server.reply import Reply


class AskedResend(Resend):
    """How to send it again. With `dry_run` nothing is sent, and the answer tells what would be."""

    dry_run: StrictBool = False


async def resend(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """202 once the new message is on disk; a repeated Idempotency-Key gets the first answer again. 200 for a dry run."""
    if gateway.closing:
        raise shutting_down()
    idempotency_key = given_key(request)
    seen = await found(gateway, request, key)
    asked = validated(AskedResend, await read_json(request, gateway.config.server.body_timeout))
    if asked.dry_run:
        return answer(await gateway.foresee_resend(seen.id, channel=asked.channel))
    token = idempotency_key or new_request_id()
    accepted = await gateway.by(gateway.actor, asked.reason).resend(seen.id, channel=asked.channel, anyway=asked.anyway, token=token)
    return Reply(request, to_json(accepted), 202, accepted_headers(accepted, idempotency_key))


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/messages/{id}:resend",
        name="resendMessage",
        summary="Send a message again as a new one, by its own channels or by another.",
        run=resend,
        scope="send",
        takes=AskedResend,
        answers={200: ResendSeen, 202: Accepted},
        parameters=(MESSAGE_ID, IDEMPOTENCY_PARAMETER),
        problems=(404, 408, 409, 413, 415, 422, 503, 507),
    ),
)

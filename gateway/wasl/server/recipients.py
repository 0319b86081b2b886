"""/v1/recipients: who can be written to, and where."""

from aiohttp import web

from wasl.answers import RecipientSeen
from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.errors import Problem, Refused
from wasl.problems import validated
from wasl.server.bodies import read_json
from wasl.server.operations import Operation, Parameter, answer
from wasl.server.problems import shutting_down
from wasl_contracts import Recipient


async def put(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """The recipient as stored, addresses masked; what was known of them before is replaced."""
    if gateway.closing:
        raise shutting_down()
    found = await read_json(request, gateway.config.server.body_timeout)
    recipient_id = request.match_info["id"]
    if isinstance(found, dict) and found.setdefault("id", recipient_id) != recipient_id:
        raise Refused([Problem(pointer="/id", code="id_mismatch", message="is not the id in the path; leave it out")])
    return answer(await gateway.put_recipient(validated(Recipient, found)))


OPERATIONS = (
    Operation(
        method="PUT",
        path="/v1/recipients/{id}",
        name="putRecipient",
        summary="Store a recipient under your own id, in place of all that was known of it.",
        run=put,
        scope="send",
        takes=Recipient,
        answers={200: RecipientSeen},
        parameters=(Parameter("id", "path", {"type": "string", "minLength": 1, "maxLength": 255}, "Your own id of the recipient."),),
        problems=(408, 413, 415, 422, 503, 507),
    ),
)

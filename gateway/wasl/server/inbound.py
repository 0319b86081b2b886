"""/v1/inbound: texts that people sent to us. STOP, START and HELP are obeyed."""

from aiohttp import web

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.inbound import InboundSeen, InboundText
from wasl.problems import validated
from wasl.server.bodies import read_json
from wasl.server.operations import Operation, answer


async def hear(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """What the text means, and whether it changed anything. Also while the process stops: no opt-out is refused."""
    told = validated(InboundText, await read_json(request, gateway.config.server.body_timeout))
    return answer(await gateway.inbound_text(told.channel, told.address, told.text, kind=told.kind))


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/inbound",
        name="receiveText",
        summary="Obey a text that a person sent: STOP, START, HELP and the words of the brand, where they are the whole message.",
        run=hear,
        scope="send",
        takes=InboundText,
        answers={200: InboundSeen},
        problems=(408, 413, 415, 422, 503, 507),
    ),
)

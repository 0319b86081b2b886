"""/v1/preview: what providers would get of a message. /v1/messages/{id}:rerender: what they got, made again. Nothing is sent."""

from aiohttp import web

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.problems import validated
from wasl.server.bodies import read_json
from wasl.server.messages import found
from wasl.server.operations import MESSAGE_ID, Operation, answer
from wasl.showing.seen import Glimpse, Preview, Rerendered


async def preview(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """200 whatever can be shown; a message that would be refused is refused here too."""
    glimpse = validated(Glimpse, await read_json(request, gateway.config.server.body_timeout))
    return answer(await gateway.show(glimpse))


async def rerender(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """Whether each call comes out equal, or why not; never what it said."""
    return answer(await gateway.rerender((await found(gateway, request, key)).id))


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/preview",
        name="previewMessage",
        summary="What the provider of each channel would get of a message: its parts, its bytes, its cost, and what to look at.",
        run=preview,
        scope="read",
        takes=Glimpse,
        answers={200: Preview},
        problems=(408, 413, 415, 422, 503),
    ),
    Operation(
        method="POST",
        path="/v1/messages/{id}:rerender",
        name="rerenderMessage",
        summary="Make again what was handed over for a message: equal to the byte, or what is gone or has changed. Sends nothing.",
        run=rerender,
        scope="read",
        answers={200: Rerendered},
        parameters=(MESSAGE_ID,),
        problems=(404, 503),
    ),
)

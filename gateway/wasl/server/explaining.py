"""/v1/explain: what would become of a message. Nothing is kept, counted or sent."""

from aiohttp import web

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.explanations import Explanation, Question
from wasl.problems import validated
from wasl.server.bodies import read_json
from wasl.server.operations import Operation, answer


async def explain(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """200 whatever the verdict; a message that would be refused is refused here too."""
    question = validated(Question, await read_json(request, gateway.config.server.body_timeout))
    return answer(await gateway.answer(question))


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/explain",
        name="explainMessage",
        summary="What would become of a message now, or at another moment: whether it goes, when, by what, and why or why not.",
        run=explain,
        scope="read",
        takes=Question,
        answers={200: Explanation},
        problems=(408, 413, 415, 422, 503),
    ),
)

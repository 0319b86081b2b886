"""/v1/templates: which there are, in which languages, and what data they ask for."""

from aiohttp import web

from wasl.answers import TemplatesSeen
from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.server.operations import Operation, answer
from wasl.server.queries import read_query


async def listed(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """All templates."""
    read_query(request, ())
    return answer(await gateway.templates())


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/templates",
        name="listTemplates",
        summary="The templates, in which languages they are written, and what data they ask for.",
        run=listed,
        scope="read",
        answers={200: TemplatesSeen},
        problems=(422,),
    ),
)

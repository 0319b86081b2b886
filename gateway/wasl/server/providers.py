"""/v1/providers: who carries messages, how each does just now, pausing one and letting it go on."""

from aiohttp import web

from wasl.answers import ProvidersSeen
from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.server.operations import Operation, Parameter, answer
from wasl.server.queries import read_query


async def listed(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """All configured providers."""
    read_query(request, ())
    return answer(await gateway.providers())


async def pause(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """All configured providers, the named one paused."""
    read_query(request, ())
    return answer(await gateway.pause_provider(request.match_info["name"]))


async def resume(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """All configured providers, the named one closed."""
    read_query(request, ())
    return answer(await gateway.resume_provider(request.match_info["name"]))


_NAME = Parameter("name", "path", {"type": "string"}, "Its name in wasl.toml.")

OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/providers",
        name="listProviders",
        summary="The configured providers, and how each does just now.",
        run=listed,
        scope="read",
        answers={200: ProvidersSeen},
        problems=(422, 503),
    ),
    Operation(
        method="POST",
        path="/v1/providers/{name}:pause",
        name="pauseProvider",
        summary="Begin no call to a provider until it is resumed: its messages take the channel's next provider, or wait.",
        run=pause,
        scope="send",
        answers={200: ProvidersSeen},
        parameters=(_NAME,),
        problems=(404, 409, 422, 503, 507),
    ),
    Operation(
        method="POST",
        path="/v1/providers/{name}:resume",
        name="resumeProvider",
        summary="Call a provider again that is open or paused, as after its settings were mended.",
        run=resume,
        scope="send",
        answers={200: ProvidersSeen},
        parameters=(_NAME,),
        problems=(404, 409, 422, 503, 507),
    ),
)

"""/livez and /readyz, for load balancers and for people with a key."""

from aiohttp import web

from wasl.answers import Health
from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.errors import LedgerUnavailable
from wasl.server.auth import presented
from wasl.server.operations import Operation, answer
from wasl.server.problems import shutting_down
from wasl_contracts.model import Frozen


class Live(Frozen):
    """The process runs."""

    live: bool = True


class NotReady(LedgerUnavailable):
    """This process cannot accept messages now."""

    code = "not_ready"
    suggested_action = "Ask again in a few seconds; with an API key the answer names what is wrong."


async def live(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """200 as long as the process answers at all."""
    return answer(Live())


async def ready(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """200 when messages can be accepted; the checks are named only to callers with a key."""
    if gateway.closing:
        raise shutting_down()
    health = await gateway.health()
    checks = health.checks if await presented(gateway, request) is not None else {}
    if not health.ready:
        wrong = "; ".join(f"{name}: {found}" for name, found in checks.items() if found != "ok")
        raise NotReady(f"Not ready. {wrong}".strip())
    return answer(Health(ready=True, checks=checks))


OPERATIONS = (
    Operation("GET", "/livez", "isLive", "Whether the process runs.", live, None, {200: Live}),
    Operation("GET", "/readyz", "isReady", "Whether messages can be accepted.", ready, None, {200: Health}, problems=(503,)),
)

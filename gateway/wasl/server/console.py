"""The console behind the server's own checks: which hosts it answers to, and the id of each request."""

from collections.abc import Callable
from functools import partial

import structlog
from aiohttp import web

from wasl.api import Gateway
from wasl.console.mounting import add_console
from wasl.ids import new_request_id
from wasl.server.forms import read_form
from wasl.server.problems import REQUEST_ID, SOFTWARE, Misdirected, refusal
from wasl.server.slow_clients import Answering

CheckHost = Callable[[web.Request, Gateway], None]


def mount(app: web.Application, gateway: Gateway, check_host: CheckHost) -> None:
    """Serve the console under /console, where `[console]` does not switch it off. `check_host` raises Misdirected."""
    if not gateway.config.console.enabled:
        return
    server = gateway.config.server
    reading = partial(read_form, limit=server.body_limit, patience=server.body_timeout)
    around = partial(_answering, check=lambda request: check_host(request, gateway))
    add_console(app, gateway, reading, around)


def _answering(show: Answering, check: Callable[[web.Request], None]) -> Answering:
    async def answered(request: web.Request) -> web.StreamResponse:
        request_id = request[REQUEST_ID] = new_request_id()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            check(request)
        except Misdirected as error:
            return refusal(error, request_id)
        response = await show(request)
        if not response.prepared:
            response.headers.update({"X-Request-Id": request_id, "Server": SOFTWARE})
        return response

    return answered

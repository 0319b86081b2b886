"""The HTTP application: every route, what all of them share, and the server that runs it until it is told to stop."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from wasl.api import Gateway
from wasl.audited import Actor
from wasl.errors import NotFound, Unusable, WaslError
from wasl.ids import new_request_id
from wasl.lasting import run_until_told
from wasl.server import (
    batch,
    consents,
    console,
    events,
    explaining,
    files,
    health,
    hooks,
    inbound,
    inbox,
    messages,
    metrics,
    openapi,
    people,
    preferences,
    previewing,
    providers,
    recipients,
    resending,
    retrying,
    searching,
    suppressions,
    templates,
    tracking,
    webhooks,
)
from wasl.server.auth import authorized
from wasl.server.bodies import header
from wasl.server.operations import NOBODY, Operation
from wasl.server.problems import REQUEST_ID, SOFTWARE, Broken, Misdirected, refusal
from wasl.server.reply import Reply
from wasl.server.slow_clients import Answering, PatientRunner, Shortcuts

OPERATIONS: tuple[Operation, ...] = (
    *messages.OPERATIONS,
    *batch.OPERATIONS,
    *searching.OPERATIONS,
    *files.OPERATIONS,
    *retrying.OPERATIONS,
    *resending.OPERATIONS,
    *explaining.OPERATIONS,
    *previewing.OPERATIONS,
    *recipients.OPERATIONS,
    *people.OPERATIONS,
    *consents.OPERATIONS,
    *suppressions.OPERATIONS,
    *preferences.OPERATIONS,
    *inbound.OPERATIONS,
    *hooks.OPERATIONS,
    *inbox.OPERATIONS,
    *tracking.OPERATIONS,
    *events.OPERATIONS,
    *webhooks.OPERATIONS,
    *providers.OPERATIONS,
    *templates.OPERATIONS,
    *health.OPERATIONS,
    *metrics.OPERATIONS,
)

Equip = Callable[[web.Application], None]

_SHUTDOWN_SECONDS = 25.0  # below the 30 s after which Kubernetes kills
_GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PROBES = ("/livez", "/readyz", "/metrics")  # load balancers and Prometheus ask by address, not by name

_log = structlog.get_logger("wasl.server")


def build(gateway: Gateway, equip: Equip = lambda _app: None) -> tuple[web.Application, Shortcuts]:
    """The application that serves a gateway, and what it answers at fixed paths. It neither opens nor closes the gateway."""
    app = web.Application(client_max_size=gateway.config.server.body_limit)
    app[preferences.LIMITS] = preferences.limits()
    equip(app)
    app.on_shutdown.append(_ending(gateway))
    inbox.add_routes(app, gateway)
    console.mount(app, gateway, _check_host)
    shortcuts: dict[tuple[str, str], Answering] = {}
    for operation in (*OPERATIONS, openapi.describing(OPERATIONS)):
        answered = answering(operation, gateway)
        if operation.path.startswith(inbox.PREFIX):
            answered = inbox.across_origins(answered, gateway)
        for method in ("GET", "HEAD") if operation.method == "GET" else (operation.method,):
            app.router.add_route(method, operation.path, answered)
            if "{" not in operation.path:
                shortcuts[method, operation.path] = answered
            elif operation.path == hooks.PATH:
                shortcuts |= {(method, path): answered for path in hooks.paths(gateway)}
    return app, shortcuts


def _ending(gateway: Gateway) -> Callable[[web.Application], Awaitable[None]]:
    async def end(_app: web.Application) -> None:
        gateway.end_listening()  # or whoever follows events would be waited for

    return end


@asynccontextmanager
async def listening(gateway: Gateway, host: str, port: int, equip: Equip = lambda _app: None) -> AsyncIterator[str]:
    """Serves for as long as the block runs, then finishes open requests. Yields the base URL; port 0 takes any free port.

    `equip` gives the application what only some start has, such as the inbox of `wasl dev`.

    Raises:
        Unusable: the address cannot be listened on.
    """
    app, shortcuts = build(gateway, equip)
    runner = PatientRunner(app, shortcuts, gateway.config.server.header_timeout, _SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise Unusable(
                f"Cannot listen on {host}, port {port}: {error.strerror}.",
                suggested_action="Stop what uses it, or choose another address by --host and --port or with `[server]` in wasl.toml.",
            ) from None
        yield f"http://{f'[{host}]' if ':' in host else host}:{site.port}"
    finally:
        await runner.cleanup()


async def serve(gateway: Gateway, host: str, port: int, ready: Callable[[str], Awaitable[None]] | None = None) -> None:
    """Serves until SIGTERM or SIGINT; then it is not ready, finishes open requests and returns. A second signal ends it at once.

    `ready` is called with the base URL when it listens.

    Raises:
        Unusable: the address cannot be listened on.
    """
    async with listening(gateway, host, port) as url:
        if ready is not None:
            await ready(url)
        _log.info("server.started", at=url)
        await run_until_told()
        gateway.closing = True
    _log.info("server.stopped")


def answering(operation: Operation, gateway: Gateway) -> Answering:
    """What answers an operation's requests: it asks for the key, gives the request an id, and makes every error a problem document.

    One closure for all of that: as middlewares, aiohttp would run two coroutines more a request.
    """
    scope, run, named = operation.scope, operation.run, bool(gateway.config.server.hosts)

    async def answered(request: web.Request) -> web.StreamResponse:
        request_id = new_request_id()
        try:
            if "%00" in request.raw_path and "\0" in request.path and request.method != "PUT":
                raise NotFound("There is nothing of this name.")  # PostgreSQL can be asked for none; what a PUT names is told by its field
            if "X-Request-Id" in request.headers:
                request_id = _given_id(request) or request_id
            request[REQUEST_ID] = request_id
            structlog.contextvars.bind_contextvars(request_id=request_id)
            if named:
                _check_host(request, gateway)
            seen, key = gateway, NOBODY
            if scope is not None:
                key = await authorized(gateway, request, scope)
                seen = gateway.of(key.brand, Actor("key", key.id, key.name), request_id)
            response: web.StreamResponse = await run(seen, request, key)
            if isinstance(response, Reply):
                return response
        except Exception as error:
            response = _refused(error, request, request_id)
        headers = response.headers
        headers["X-Request-Id"] = request_id
        headers["Server"] = SOFTWARE
        return response

    return answered


def _refused(error: Exception, request: web.Request, request_id: str) -> web.StreamResponse:
    if isinstance(error, WaslError):
        return refusal(error, request_id)
    if request.transport is None:  # the client has gone: nobody to answer
        raise error
    _log.error("request.failed", exc_info=error)
    return refusal(Broken("wasl could not answer this request."), request_id)


def _given_id(request: web.Request) -> str | None:
    given = header(request, "X-Request-Id") or ""
    return given if _GIVEN_ID.fullmatch(given) else None


def _check_host(request: web.Request, gateway: Gateway) -> None:
    # aiohttp has refused a request with no Host or two by now.
    hosts = gateway.config.server.hosts
    if not hosts or request.path in _PROBES:
        return
    name = re.sub(r":[0-9]*$", "", header(request, "Host") or "").lower()
    if name not in {host.lower() for host in hosts} and name not in gateway.link_domains:
        raise Misdirected("This server does not answer to that host name.")

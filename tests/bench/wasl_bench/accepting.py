"""The servers of "accept one": wasl without a worker, and its twin. `python -m wasl_bench.accepting wasl|bare LOOP FOLDER DATABASE`."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from wasl.api import Gateway
from wasl.server.app import listening
from wasl_bench.subject import Commands, Facts, run
from wasl_bench.workload import configured
from wasl_contracts import Message


@asynccontextmanager
async def wasl(folder: Path, database: str) -> AsyncIterator[tuple[Facts, Commands]]:
    async with Gateway.from_config(configured(folder, database=database), worker=False) as gateway:
        key = await gateway.create_api_key("bench", ["send"])
        async with listening(gateway, "127.0.0.1", 0) as url:
            yield {"port": int(url.rpartition(":")[2]), "key": key}, {}


@asynccontextmanager
async def bare(_folder: Path, _database: str) -> AsyncIterator[tuple[Facts, Commands]]:
    """aiohttp and pydantic: validates the same model, stores nothing, knows no keys."""

    async def accept(request: web.Request) -> web.Response:
        message = Message.model_validate_json(await request.read())
        return web.json_response({"id": message.to.id, "state": "accepted"}, status=202)

    app = web.Application()
    app.router.add_post("/v1/messages", accept)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield {"port": site.port, "key": "none"}, {}
    await runner.cleanup()


if __name__ == "__main__":
    _, kind, loop, folder, database = sys.argv
    run({"wasl": wasl, "bare": bare}[kind](Path(folder), database), loop)

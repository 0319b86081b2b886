"""A real server process to kill: forked from one that has imported everything, so that a start takes a moment."""

import asyncio
import multiprocessing
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path


def _serve(config: str, port: int) -> None:
    from wasl.api import Gateway
    from wasl.server.app import serve

    async def run() -> None:
        async with Gateway.from_config(config, environ={}) as gateway:
            await serve(gateway, "127.0.0.1", port)

    asyncio.run(run())


def context() -> ForkServerContext:
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["wasl.api", "wasl.server.app", "wasl_smtp", "wasl_webhook", "tests.e2e.serving", "tests.described"])
    return forks


def start(config: Path, port: int) -> ForkServerProcess:
    process = context().Process(target=_serve, args=(str(config), port), daemon=True)
    process.start()
    return process

"""wasl's processes, forked from one that has imported everything, so that a start takes a moment and most kills hit real work."""

import asyncio
import importlib
import multiprocessing
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

_PRELOAD = ["wasl.api", "wasl.server.app", "alembic", "aiosqlite", "asyncpg", "sqlalchemy.ext.asyncio", "tests.torture.rig.processes"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a process needs to know. `constants` are set before it begins, as `{"module:NAME": value}`: leases would take a minute."""

    config: Path
    log: Path
    constants: Mapping[str, object] = field(default_factory=dict)


def context() -> ForkServerContext:
    """The server that forks. It has neither threads nor an event loop."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(_PRELOAD)
    return forks


def start_api(plan: Plan, port: int) -> ForkServerProcess:
    """`wasl serve --no-worker`."""
    return started(_api, plan, port)


def start_worker(plan: Plan) -> ForkServerProcess:
    """`wasl worker`."""
    return started(_worker, plan)


def started(role: Callable[..., object], *arguments: object) -> ForkServerProcess:
    """A process that does this and ends; what it is given must be picklable."""
    process = context().Process(target=role, args=arguments, daemon=True)
    process.start()
    return process


def _api(plan: Plan, port: int) -> None:
    from wasl.api import Gateway
    from wasl.server.app import serve

    async def run() -> None:
        async with Gateway.from_config(plan.config, worker=False, environ={}) as gateway:
            await serve(gateway, "127.0.0.1", port)

    prepare(plan)
    asyncio.run(run())


def _worker(plan: Plan) -> None:
    from wasl.api import Gateway
    from wasl.lasting import run_until_told

    async def run() -> None:
        async with Gateway.from_config(plan.config, environ={}):
            await run_until_told()

    prepare(plan)
    asyncio.run(run())


def prepare(plan: Plan) -> None:
    """What a role does first: log into the file, set the constants."""
    with plan.log.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    for name, value in plan.constants.items():
        module, _, constant = name.partition(":")
        loaded = importlib.import_module(module)
        assert hasattr(loaded, constant), name
        setattr(loaded, constant, value)

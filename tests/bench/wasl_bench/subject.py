"""The inside of a measured process: commands as JSON lines on stdin, answers as JSON lines on stdout."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager

from wasl.lasting import keep_memory

Facts = Mapping[str, object]
Commands = Mapping[str, Callable[..., Awaitable[Facts]]]


def run(opened: AbstractAsyncContextManager[tuple[Facts, Commands]], loop: str) -> None:
    """Open, tell the first facts (such as a port), answer commands until stdin ends, close.

    Each answer holds `cpu`: the seconds that this process used so far, user and system, all threads.
    """
    with asyncio.Runner(loop_factory=_factory(loop)) as runner:
        runner.run(_serve(opened))


def _factory(loop: str) -> Callable[[], asyncio.AbstractEventLoop]:
    if loop == "uvloop":
        import uvloop

        return uvloop.new_event_loop
    return asyncio.new_event_loop


async def _serve(opened: AbstractAsyncContextManager[tuple[Facts, Commands]]) -> None:
    lines = asyncio.StreamReader(limit=2**26)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with opened as (facts, commands):
        keep_memory()  # every subject alike, the twins too
        _answer(facts)
        while line := await lines.readline():
            command = json.loads(line)
            name = command.pop("do")
            _answer({} if name == "cpu" else await commands[name](**command))


def _answer(facts: Facts) -> None:
    print(json.dumps({**facts, "cpu": time.process_time()}), flush=True)

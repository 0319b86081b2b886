"""Work beside the event loop that may hang, such as looking at a folder of a network: it never keeps the process from ending."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TypeVar

Found = TypeVar("Found")


async def aside(work: Callable[[], Found]) -> Found:
    """What `work` returns or raises, from a thread of its own that a process does not wait for when it ends.

    `asyncio.to_thread` would hold up the end of the loop, and then that of the interpreter, until its thread comes back.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Found] = loop.create_future()

    def settle(told: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            loop.call_soon_threadsafe(lambda: None if found.done() else told())

    def run() -> None:
        try:
            outcome = work()
        except Exception as error:
            raised = error
            settle(lambda: found.set_exception(raised))
        else:
            settle(lambda: found.set_result(outcome))

    Thread(target=run, name="wasl-aside", daemon=True).start()
    return await found

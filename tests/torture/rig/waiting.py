"""Waiting for what happens in other processes or tasks, where nobody tells."""

import asyncio
from collections.abc import Callable


async def until(true: Callable[[], bool], seconds: float = 30) -> None:
    """Returns when it is true; raises TimeoutError where it takes longer than a slow machine would need."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - as said above
            await asyncio.sleep(0.01)

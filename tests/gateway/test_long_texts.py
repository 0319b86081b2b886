"""Texts that take long to read hold up nothing else for longer than one of them takes."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from tests.gateway.scripted import Carrier, message
from wasl.api import Gateway, Submission

_MESSAGES = 12


async def test_others_have_their_turn_between_long_texts(opened: Callable[..., Awaitable[Gateway]]) -> None:
    gateway = await opened({"mail": Carrier("email")})
    texts = [message({"id": f"u_{n}", "email": f"p{n}@example.com"}, content={"body": f"- *a* {n}\n" * 900}) for n in range(_MESSAGES)]
    ticking = asyncio.create_task(gaps())

    began = time.perf_counter()
    accepted = await gateway.accept_many([Submission(one) for one in texts])
    for one in accepted:
        await gateway.wait(one.id, timeout=30)
    took = time.perf_counter() - began

    ticking.cancel()
    assert max(await ticking) < 0.7 * took


async def gaps() -> list[float]:
    """How long each turn of the loop took, until this is cancelled."""
    found: list[float] = []
    try:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0)
            found.append(time.perf_counter() - before)
    except asyncio.CancelledError:
        return found

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.scripted import Carrier, FakeClock, specs, world
from wasl.api import Gateway


@pytest.fixture
async def sqlite(folder: Path, brisk: None) -> AsyncIterator[Callable[..., Awaitable[Gateway]]]:
    """As `opened`, for what is the same on both engines: `await sqlite({"mail": Carrier("email")}, **configuration)`."""
    async with AsyncExitStack() as stack:

        async def make(carriers: dict[str, Carrier], *, worker: bool = True, clock: FakeClock | None = None, **config: Any) -> Gateway:
            told = {"retry": {"base": "10ms", "budget_floor": 1_000_000}, **config}
            return await stack.enter_async_context(Gateway(specs(folder, carriers, **told), worker=worker, world=world(clock)))

        yield make

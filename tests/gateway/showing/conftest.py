from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.gateway.showing.providers import config, servers, write_texts
from wasl.api import Gateway
from wasl.registry import read


@pytest.fixture
async def everywhere(folder: Path, brisk: None) -> AsyncIterator[Callable[..., Awaitable[Gateway]]]:
    """Opens gateways that send by all plugins, from `folder`: `await everywhere(database, worker=False)`."""
    write_texts(folder)
    async with AsyncExitStack() as stack:
        url, port = stack.enter_context(servers())

        async def make(database: str, *, worker: bool = True, more: str = "", **changed: str) -> Gateway:
            text = config(url, port, database, more)
            for old, new in changed.items():
                assert old in text
                text = text.replace(old, new)
            (folder / "wasl.toml").write_text(text, encoding="utf-8")
            return await stack.enter_async_context(Gateway(read(folder / "wasl.toml", {}), worker=worker))

        yield make


@pytest.fixture
def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder}/wasl.db"

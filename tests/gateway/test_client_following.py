"""Following events over HTTP: the client comes back where the server goes away, and goes on after the last event."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from wasl.api import Gateway
from wasl.client import Client, SyncClient
from wasl.errors import Gone, LedgerUnavailable, Refused, TooManyListeners, Unauthenticated
from wasl.registry import read
from wasl.server.app import listening

WASL_TOML = 'database = "sqlite:///{folder}/wasl.db"\n[feed]\nlisteners = 1\n[providers.desk]\nplugin = "log"\n[channels]\nlog = ["desk"]\n'
ANN = {"id": "u_42", "addresses": [{"channel": "log", "kind": "any", "value": "desk"}]}


@pytest.fixture
async def gateway(tmp_path: Path, fresh_ledger: Path) -> AsyncIterator[Gateway]:
    shutil.copytree(fresh_ledger, tmp_path, dirs_exist_ok=True)
    (tmp_path / "wasl.toml").write_text(WASL_TOML.format(folder=tmp_path))
    async with Gateway(read(tmp_path / "wasl.toml", {}), worker=False) as opened:
        yield opened


class Server:
    """Serves a gateway on one port, and can go away and come back there."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.port = 0
        self._stack = AsyncExitStack()

    async def come(self) -> None:
        url = await self._stack.enter_async_context(listening(self.gateway, "127.0.0.1", self.port))
        self.port = int(url.rpartition(":")[2])

    async def go(self) -> None:
        await self._stack.aclose()
        self.gateway._open.listeners._ended = False  # a new process would begin with it so

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
async def server(gateway: Gateway) -> AsyncIterator[Server]:
    made = Server(gateway)
    await made.come()
    yield made
    await made.go()


@pytest.fixture
async def key(gateway: Gateway) -> str:
    return await gateway.create_api_key("test", ["send", "read"])


async def no_pause(_seconds: float) -> None:
    await asyncio.sleep(0.005)


async def cancelled(gateway: Gateway) -> str:
    sent = await gateway.send(to=ANN, content={"body": "Hello"}, send_at=datetime.now(UTC) + timedelta(hours=1))
    await gateway.cancel(sent.id)
    return sent.id


async def test_events_come_as_they_happen(gateway: Gateway, server: Server, key: str) -> None:
    async with Client(server.url, key) as wasl:
        async with aclosing(wasl.events(types=["message.cancelled"], recipient="u_42")) as events:
            first = asyncio.ensure_future(anext(events))
            while not gateway._open.listeners._open["default"]:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.02)
            message = await cancelled(gateway)
            event = await asyncio.wait_for(first, 5)

        assert (event.type, event.message, event.reason) == ("message.cancelled", message, "cancelled")


async def test_it_comes_back_after_the_server_was_away_and_misses_nothing(gateway: Gateway, server: Server, key: str) -> None:
    messages = [await cancelled(gateway) for _ in range(2)]
    async with Client(server.url, key, sleep=no_pause) as wasl, aclosing(wasl.events(after="start")) as events:
        found = [await asyncio.wait_for(anext(events), 5) for _ in range(2)]
        await server.go()
        messages += [await cancelled(gateway) for _ in range(3)]
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.1)
        assert not waiting.done()

        await server.come()
        found += [await asyncio.wait_for(waiting, 5), await asyncio.wait_for(anext(events), 5), await asyncio.wait_for(anext(events), 5)]

    assert [event.message for event in found] == messages


@pytest.mark.parametrize(
    ("asked", "error"),
    [({"types": ["message.snet"]}, Refused), ({"after": "yesterday"}, Refused), ({"after": "1-0-7-0"}, Gone)],
)
async def test_what_is_refused_is_raised(server: Server, key: str, asked: dict[str, Any], error: type[Exception]) -> None:
    async with Client(server.url, key) as wasl:
        with pytest.raises(error):
            await anext(wasl.events(**asked))


async def test_a_server_that_is_not_there_and_a_bad_key_are_told_at_once(gateway: Gateway, server: Server, key: str) -> None:
    async with Client(server.url, "wasl_live_wrong") as wasl:
        with pytest.raises(Unauthenticated):
            await anext(wasl.events())
    await server.go()
    async with Client(server.url, key) as wasl:
        with pytest.raises(LedgerUnavailable) as refused:
            await anext(wasl.events())
    assert refused.value.code == "unreachable"


async def test_one_too_many_is_told_so(gateway: Gateway, server: Server, key: str) -> None:
    async with gateway.of("default").listening(), Client(server.url, key) as wasl:
        with pytest.raises(TooManyListeners):
            await anext(wasl.events())


async def test_the_client_without_await_iterates_too(gateway: Gateway, server: Server, key: str) -> None:
    messages = [await cancelled(gateway) for _ in range(3)]

    def follow() -> list[str | None]:
        found = []
        with SyncClient(server.url, key) as wasl:
            for event in wasl.events(after="start"):
                found.append(event.message)
                if len(found) == 3:
                    break
        return found

    assert await asyncio.to_thread(follow) == messages

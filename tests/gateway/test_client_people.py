"""The clients' verbs of people."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from wasl.api import Gateway
from wasl.apikeys import SCOPES
from wasl.client import Client, SyncClient
from wasl.errors import NotFound
from wasl.person_seen import Sought
from wasl.registry import read
from wasl.server.app import listening

ANN = {"id": "ann/4711", "addresses": [{"channel": "log", "kind": "any", "value": "desk of Ann"}]}


@pytest.fixture
async def served(tmp_path: Path, fresh_ledger: Path) -> AsyncIterator[tuple[str, str]]:
    """The URL of a server and a key that may do everything."""
    shutil.copytree(fresh_ledger, tmp_path, dirs_exist_ok=True)
    (tmp_path / "wasl.toml").write_text(f'database = "sqlite:///{tmp_path}/wasl.db"\n[providers.desk]\nplugin = "log"\n')
    async with Gateway(read(tmp_path / "wasl.toml", {}), worker=False) as gateway:
        key = await gateway.create_api_key("test", SCOPES)
        async with listening(gateway, "127.0.0.1", 0) as url:
            yield url, key


async def test_a_person_is_found_shown_told_of_copied_and_erased(served: tuple[str, str]) -> None:
    async with Client(*served) as wasl:
        await wasl.send(to=ANN, content={"body": "Hello"})

        found = await wasl.find_recipients(Sought(address="desk of Ann", channel="log", kind="any"))
        shown = await wasl.recipient("ann/4711")
        told = await wasl.recipient_timeline("ann/4711", limit=1)
        copy = await wasl.export_recipient("ann/4711")
        erased = await wasl.erase_recipient("ann/4711", because="retention")
        left = await wasl.recipient("ann/4711")
        with pytest.raises(NotFound):
            await wasl.recipient("nobody")

    assert [one.id for one in found.data] == ["ann/4711"]
    assert (shown.messages, [entry.type for entry in told.data], told.has_more) == (1, ["accepted"], False)
    assert [address.value for address in copy.recipient.addresses] == ["desk of Ann"]
    assert (erased.messages, erased.cancelled, left.id, left.erased_because) == (1, 1, erased.recipient, "retention")


async def test_the_client_without_await_has_the_same_verbs(served: tuple[str, str]) -> None:
    def work() -> list[object]:
        with SyncClient(*served) as wasl:
            wasl.send(to=ANN, content={"body": "Hello"})
            found = wasl.find_recipients(Sought(id="ann/4711"))
            seen: list[object] = [found.data[0].id, wasl.recipient("ann/4711").messages]
            seen += [len(wasl.recipient_timeline("ann/4711").data), len(wasl.export_recipient("ann/4711").messages)]
            return [*seen, wasl.erase_recipient("ann/4711").messages]

    assert await asyncio.to_thread(work) == ["ann/4711", 1, 1, 1, 1]

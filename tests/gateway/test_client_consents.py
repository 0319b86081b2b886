"""The verbs of consent, of both clients, against a real server."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wasl.api import Gateway
from wasl.client import Client, SyncClient
from wasl.consent import ConsentChange
from wasl.errors import Conflict, NotFound, Refused
from wasl.registry import read
from wasl.server.app import listening
from wasl_contracts import Address, Recipient

WASL_TOML = 'database = "sqlite:///{folder}/wasl.db"\n[providers.desk]\nplugin = "log"\n[topics.offers]\ncategory = "promotional"\n'
ANN = Recipient(id="ann/42", addresses=(Address(channel="log", kind="any", value="desk"),))
YES = ConsentChange(topic="offers", channel="log", state="granted", ip="203.0.113.7")
NO = ConsentChange(state="withdrawn")


@pytest.fixture
async def served(tmp_path: Path, fresh_ledger: Path) -> AsyncIterator[tuple[str, str]]:
    """The URL of a server that knows Ann, and a key."""
    shutil.copytree(fresh_ledger, tmp_path, dirs_exist_ok=True)
    (tmp_path / "wasl.toml").write_text(WASL_TOML.format(folder=tmp_path))
    async with Gateway(read(tmp_path / "wasl.toml", {}), worker=False) as gateway:
        await gateway.put_recipient(ANN)
        key = await gateway.create_api_key("test", ["send", "read"])
        async with listening(gateway, "127.0.0.1", 0) as url:
            yield url, key


async def test_consent_is_recorded_read_asked_for_and_confirmed(served: tuple[str, str]) -> None:
    async with Client(*served) as wasl:
        before = datetime.now(UTC)
        granted = await wasl.record_consent("ann/42", [YES])
        earlier = await wasl.consent("ann/42", at=before)
        await wasl.record_consent("ann/42", [NO])
        token = await wasl.ask_consent("ann/42", "*", "*", wording="All?", wording_version="v1", locale="en")
        confirmed = await wasl.confirm_consent(token, ip="203.0.113.8")
        await wasl.record_consent("ann/42", [NO])

        with pytest.raises(Conflict) as conflict:
            await wasl.confirm_consent(token)
        with pytest.raises(NotFound):
            await wasl.consent("nobody")
        with pytest.raises(Refused) as refused:
            await wasl.record_consent("nobody", [YES])

    assert (granted.recipient, granted.rows[0].ip, earlier.rows) == ("ann/42", "203.0.•••", ())
    assert [row.state for row in confirmed.rows] == ["granted", "withdrawn", "pending", "granted"]
    assert all(one.allowed for one in confirmed.effective)
    assert (conflict.value.code, refused.value.code) == ("withdrawn_since", "unknown_recipient")


async def test_the_client_without_await_says_the_same(served: tuple[str, str]) -> None:
    def work() -> list[str]:
        with SyncClient(*served) as wasl:
            wasl.record_consent("ann/42", [NO])
            wasl.confirm_consent(wasl.ask_consent("ann/42", "offers", "log", wording="Offers?"))
            return [row.state for row in wasl.consent("ann/42").rows]

    assert await asyncio.to_thread(work) == ["withdrawn", "pending", "granted"]

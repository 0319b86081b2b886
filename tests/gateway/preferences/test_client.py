"""The clients' verbs of preferences."""

import asyncio

import pytest

from tests.gateway.preferences.conftest import Page
from wasl.client import Client, SyncClient
from wasl.errors import Refused


async def test_both_clients_make_links_and_pass_texts_on(page: Page) -> None:
    key = await page.gateway.create_api_key("both", ["send"])
    stop = ("sms", "+966501234567", "STOP")

    async with Client(page.base, key) as client:
        link, heard = await client.preference_url("u_1", topic="orders"), await client.inbound_text(*stop)
        with pytest.raises(Refused, match="/topic is not a topic"):
            await client.preference_url("u_1", topic="ofers")

    def blocking() -> tuple[str, bool]:
        with SyncClient(page.base, key) as client:
            return client.preference_url("u_1", channel="email"), client.inbound_text(*stop).changed

    other, again = await asyncio.to_thread(blocking)

    assert (heard.meaning, heard.changed, again) == ("stop", True, False)
    assert link.startswith("http://127.0.0.1/u/")
    await page.post("/u/" + other.rpartition("/")[2])
    assert await page.rows() == [("*", "email", "withdrawn", "one_click")]

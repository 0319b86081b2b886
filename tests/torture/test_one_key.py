"""Fifty posts of one idempotency key at once, to two processes: one message (P2)."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random

import aiohttp
import pytest

from tests.ports import free_port
from tests.torture.conftest import Torture
from tests.torture.rig.processes import start_api
from tests.torture.rig.system import running

pytestmark = pytest.mark.usefixtures("plugin")
_POSTS = 50
_PATIENCE = 20.0  # seconds


async def test_fifty_posts_of_one_key_at_once_make_one_message(
    torture: Torture, counted: Callable[..., None], tmp_path: Path, engine: str, new_database: Callable[[], str]
) -> None:
    keys = torture.of(full=100, sample=3)
    async with running(tmp_path, new_database(), Random(1), workers=1) as system:
        other = free_port()
        system.processes["other api"] = start_api(system.plan, other)
        urls = [f"http://127.0.0.1:{port}/v1/messages" for port in (system.port, other)]
        async with aiohttp.ClientSession(headers=system.clients.headers, connector=aiohttp.TCPConnector(limit=0)) as http:
            answers = [await posted(http, urls, number) for number in range(1, keys + 1)]
        system.clients.record.posted = keys
        system.clients.record.accepted = {message_id for found in answers for message_id in found}
        await system.drained()
        system.stop()
        tally = await system.tallied([])

    counted(engine=engine, fault=f"{_POSTS} posts of one key", runs=keys, **tally.counts())
    assert [len(found) for found in answers] == [1] * keys
    assert tally.findings == []
    assert tally.accepted == keys


async def posted(http: aiohttp.ClientSession, urls: list[str], number: int) -> set[str]:
    """The ids of all answers: one, if wasl is right. A 409 says that the first post is still being stored, and to ask again."""
    body = {
        "to": {"id": f"u{number}", "phone": f"+96650{number:07}"},
        "content": {"body": "طلبك في الطريق"},
        "topic": "orders-unkeyed",
        "metadata": {"number": number},
    }

    async def post(url: str) -> str:
        async with asyncio.timeout(_PATIENCE):
            while True:
                try:
                    async with http.post(url, json=body, headers={"Idempotency-Key": f"key-{number}"}) as answer:
                        if answer.status == 202:
                            return str((await answer.json())["id"])
                        assert answer.status in (409, 503), await answer.text()
                except aiohttp.ClientConnectorError:
                    pass  # it has not started yet
                await asyncio.sleep(0.02)

    return set(await asyncio.gather(*(post(urls[turn % 2]) for turn in range(_POSTS))))

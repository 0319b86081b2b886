"""Kill the real server while an application answers its webhooks: each event arrives, and what comes twice has one id."""

import asyncio
from collections import Counter
from pathlib import Path

from tests.e2e.serving import start
from tests.gateway.webhooks.endpoint import application
from tests.ports import free_port
from wasl.api import Gateway

CONFIG = """
database = "sqlite:///{folder}/wasl.db"
[providers.mail]
plugin = "log"
[outbound]
allow = ["127.0.0.1"]
http = true
ports = [{port}]
"""
MESSAGES, KILLS = 40, 2


async def test_no_event_is_lost_over_kills_and_what_comes_twice_has_one_id(tmp_path: Path) -> None:
    config = tmp_path / "wasl.toml"
    async with application() as app:
        config.write_text(CONFIG.format(folder=tmp_path, port=app.port))
        async with Gateway.from_config(config, worker=False, environ={}) as gateway:
            made = await gateway.add_webhook(app.url)
            sent = [await gateway.send(to={"id": "u_1", "addresses": [DESK]}, content={"body": "Hello"}) for _ in range(MESSAGES)]

        for kill in range(KILLS):
            app.hold, before = asyncio.Event(), len(app.posts)
            server = start(config, free_port())
            await app.got(before + 4)  # the application has them, and wasl has no answer yet
            server.kill()
            await asyncio.to_thread(server.join)
            app.hold.set()
            assert kill == 0 or set(app.ids[before:]) & set(app.ids[:before])
        app.hold = None
        async with Gateway.from_config(config, environ={}) as gateway, asyncio.timeout(10):
            while len((await gateway.webhook_tries(made.id)).data) < MESSAGES:  # noqa: ASYNC110 - it happens in the ledger
                await asyncio.sleep(0.02)

    told = {post.id: post.json["data"]["message"] for post in app.posts}
    assert set(told.values()) == {message.id for message in sent}
    assert len(told) == MESSAGES
    assert max(Counter(app.ids).values()) <= 1 + KILLS
    assert len({(post.id, post.body) for post in app.posts}) == MESSAGES


DESK = {"channel": "log", "kind": "any", "value": "desk"}

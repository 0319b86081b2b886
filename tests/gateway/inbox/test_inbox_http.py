"""What the feed's HTTP face refuses, and whom it answers. One engine will do: nothing here depends on it."""

import asyncio
import base64
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import WSMsgType

from tests.gateway.inbox.conftest import House, events


@pytest.fixture
def database(folder: Path) -> str:
    return f"sqlite:///{folder}/wasl.db"


async def test_an_item_that_is_none_is_not_found(house: House) -> None:
    for item in ("itm_x_1", "itm__1", "itm_00_99999999", "msg_0", "%00", "itm_" + "0" * 300 + "_1"):
        assert (await house.take(f"items/{item}:read")).status == 404


def _turned(token: str) -> str:
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw[-1] ^= 1
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def test_a_token_that_is_not_ours_opens_nothing(house: House) -> None:
    good = house.token()

    for token in ("", "x", good[:-4], _turned(good), "ع", good * 50):
        for path in ("items", "unread", "stream", "socket"):
            headers = {"Authorization": f"Bearer {token}"} if token.isascii() else {}
            found = [await house.ask(f"/inbox/v1/{path}", owner=None, headers=headers)]
            if path in ("stream", "socket"):
                found.append(await house.ask(f"/inbox/v1/{path}?token={token}", owner=None))
            assert {(one.status, one.said["code"]) for one in found} == {(401, "unauthenticated")}


async def test_an_api_key_is_no_token_and_a_token_no_api_key(house: House) -> None:
    with_key = await house.ask("/inbox/v1/items", owner=None, headers={"Authorization": f"Bearer {house.key}"})
    with_token = await house.ask("/v1/messages", headers={})

    assert (with_key.status, with_token.status) == (401, 401)


async def test_a_token_ends_after_its_life(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        house.gateway.inboxes, "_section", house.gateway.config.inbox.model_copy(update={"token_life": timedelta(seconds=-1)})
    )

    found = await house.ask("/inbox/v1/items")

    assert (found.status, found.said["code"]) == (401, "unauthenticated")


async def test_the_application_gets_a_token_for_a_recipient_with_its_key(house: House) -> None:
    async with house.http.post(f"{house.url}/v1/recipients/u_42/inbox-token", headers={"Authorization": f"Bearer {house.key}"}) as response:
        told = await response.json()
    house.tokens["u_42"] = told["token"]

    assert response.status == 200
    assert set(told) == {"token", "expires_at"}
    assert await house.items() == []


async def test_a_query_that_means_nothing_is_refused(house: House) -> None:
    for query in ("limit=0", "limit=x", "cursor=x", "cursor=1'--", "cursor=9999999999999999999", "archived=maybe", "color=red", "token=x"):
        assert (await house.ask(f"/inbox/v1/items?{query}")).status == 422
    assert (await house.take("items:read_all?until=-1")).status == 422
    assert (await house.ask("/inbox/v1/stream?after=x")).status == 422


async def test_only_pages_of_our_origins_may_read_the_answers(house: House) -> None:
    for origin, allowed in (("https://app.example", True), ("https://evil.example", False), ("null", False)):
        preflight = await house.ask("/inbox/v1/items", "OPTIONS", owner=None, headers={"Origin": origin})
        found = await house.ask("/inbox/v1/items", headers={"Origin": origin})
        failed = await house.ask("/inbox/v1/items", owner=None, headers={"Origin": origin})

        expected = origin if allowed else None
        assert [one.headers.get("Access-Control-Allow-Origin") for one in (preflight, found, failed)] == [expected] * 3
        assert (preflight.status, found.status, failed.status) == (204, 200, 401)
        assert "Access-Control-Allow-Credentials" not in found.headers


async def test_a_socket_tells_what_it_does_not_understand_and_goes_on(house: House) -> None:
    async with house.http.ws_connect(f"{house.url}/inbox/v1/socket?token={house.token()}") as socket:
        await socket.receive_json(timeout=5)
        for said in ("", "[]", '{"do":"fly"}', '{"do":"read","item":"itm_0_1"}', '{"do":"read_all","until":"x"}', '{"do":1}'):
            await socket.send_str(said)
            assert (await socket.receive_json(timeout=5))["type"] == "problem"
        await socket.send_json({"do": "read_all"})
        done = await socket.receive_json(timeout=5)

    assert done["type"] == "done"


async def test_a_socket_is_closed_to_pages_of_other_origins_and_to_what_is_too_large(house: House) -> None:
    refused = await house.ask(
        f"/inbox/v1/socket?token={house.token()}",
        owner=None,
        headers={"Origin": "https://evil.example", "Upgrade": "websocket", "Connection": "Upgrade"},
    )

    async with house.http.ws_connect(f"{house.url}/inbox/v1/socket?token={house.token()}") as socket:
        await socket.receive_json(timeout=5)
        await socket.send_str("x" * 5000)
        ended = await socket.receive(timeout=5)

    plain = await house.ask("/inbox/v1/socket")

    assert (refused.status, plain.status) == (403, 400)
    assert ended.type is WSMsgType.CLOSE


async def test_streams_and_sockets_end_when_the_process_is_about_to(house: House) -> None:
    async with house.http.get(f"{house.url}/inbox/v1/stream?token={house.token()}") as stream:
        async with house.http.ws_connect(f"{house.url}/inbox/v1/socket?token={house.token()}") as socket:
            await events(stream.content, 1)
            await socket.receive_json(timeout=5)

            house.gateway.end_listening()

            ended = await socket.receive(timeout=5)
        async with asyncio.timeout(5):
            assert await stream.content.read() == b""

    assert ended.type is WSMsgType.CLOSE


async def test_one_person_has_twenty_streams_at_most(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.inbox.watching._OF_ONE", 1)

    async with house.http.get(f"{house.url}/inbox/v1/stream?token={house.token()}") as stream:
        await events(stream.content, 1)
        found = await house.ask("/inbox/v1/stream")

    assert found.status == 503


async def test_the_script_is_small_and_writes_text_alone(house: House) -> None:
    async with house.http.get(f"{house.url}/inbox/v1/inbox.js") as response:
        script = await response.text()

    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert len(script.encode()) <= 3 * 1024
    assert not any(word in script for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval("))

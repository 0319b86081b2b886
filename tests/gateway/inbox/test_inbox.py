"""The in-app feed over HTTP: on both engines, from the message to what the person did with it."""

import asyncio
import base64
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import WSMsgType

from tests.gateway.inbox.conftest import House
from wasl.clock import micros
from wasl.ledger.inbox import Filed
from wasl_contracts import Action, Mark, State


async def test_a_message_is_in_the_feed_when_it_counts_as_sent_and_says_what_it_said(house: House) -> None:
    message_id = await house.send(
        title="طلبك <b>", body="غادر **الطلب** <script>", actions=(Action(label="تتبع", url="https://acme.example"),)
    )

    (item,) = await house.items()
    assert (item["title"], item["text"], item["topic"]) == ("طلبك <b>", "غادر الطلب <script>", "orders")
    assert "<script>" not in item["html"]
    assert item["actions"] == [{"label": "تتبع", "url": "https://acme.example"}]
    assert [item[step] for step in ("delivered", "seen", "read", "archived")] == [False] * 4
    seen = await house.message(message_id)
    assert (seen.state, seen.marks) == (State.SENT, ())


@pytest.mark.parametrize(
    ("steps", "state", "marks"),
    [
        (["delivered"], State.DELIVERED, ()),
        (["seen"], State.DELIVERED, (Mark.SEEN,)),
        (["seen", "read"], State.DELIVERED, (Mark.SEEN, Mark.READ)),
        (["read", "read", "delivered"], State.DELIVERED, (Mark.READ,)),
        (["archive"], State.SENT, ()),
    ],
)
async def test_what_the_person_did_is_told_of_the_message(house: House, steps: list[str], state: State, marks: tuple[Mark, ...]) -> None:
    message_id = await house.send()
    (item,) = await house.items()

    for step in steps:
        taken = await house.take(f"items/{item['id']}:{step}")
        assert taken.status == 200

    seen = await house.message(message_id)
    assert (seen.state, seen.marks) == (state, marks)
    assert len([event for event in seen.timeline if event.type == steps[0]]) <= 1


async def test_who_read_it_has_it_and_has_seen_it(house: House) -> None:
    await house.send()
    (item,) = await house.items()

    taken = await house.take(f"items/{item['id']}:read")

    assert [taken.said[step] for step in ("delivered", "seen", "read")] == [True] * 3
    assert taken.said["revision"] > item["revision"]


async def test_unread_and_unseen_are_counted_without_the_archived(house: House) -> None:
    for number in range(4):
        await house.send(title=str(number))
    last, third, *_ = await house.items()
    await house.take(f"items/{last['id']}:read")
    await house.take(f"items/{third['id']}:archive")
    before = await house.ask("/inbox/v1/unread")

    await house.take("items:seen_all")

    assert before.said == {"unread": 2, "unseen": 2}
    assert (await house.ask("/inbox/v1/unread")).said == {"unread": 2, "unseen": 0}
    assert (await house.take("items:read_all")).said == {"unread": 0, "unseen": 0}
    assert [item["title"] for item in await house.items()] == ["3", "1", "0"]
    assert [item["title"] for item in await house.items("?archived=true")] == ["2"]


async def test_all_up_to_a_place_leaves_what_came_later(house: House) -> None:
    for number in range(3):
        await house.send(title=str(number))
    items = await house.items()

    await house.take(f"items:read_all?until={items[1]['number']}")

    assert [(item["title"], item["read"]) for item in await house.items()] == [("2", False), ("1", True), ("0", True)]


async def test_pages_hold_every_item_once_newest_first(house: House) -> None:
    for number in range(5):
        await house.send(title=str(number))

    found, cursor = [], ""
    while True:
        page = (await house.ask(f"/inbox/v1/items?limit=2{cursor}")).said
        found += [item["title"] for item in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert found == ["4", "3", "2", "1", "0"]


async def test_many_at_once_have_places_and_revisions_of_their_own(house: House) -> None:
    await asyncio.gather(*(house.send(title=str(number)) for number in range(30)))
    await house.take("items:seen_all")

    items = await house.items("?limit=200")
    assert len({item["number"] for item in items}) == len({item["revision"] for item in items}) == 30


async def test_a_delivery_that_is_settled_twice_is_one_item(house: House) -> None:
    message_id = await house.send()
    ledger = house.gateway._open.ledger
    again = Filed("u_42", "feed", 2, micros(ledger.clock.now()), {"title": "again"})

    await ledger._store.writer.run(lambda tx: ledger.inbox.file(tx, [((house.gateway.brand, message_id, 1), again)]))

    assert [item["title"] for item in await house.items()] == ["On its way"]


async def test_a_feed_is_its_owners_alone(house: House) -> None:
    await house.send("u_42")
    (item,) = await house.items()

    assert await house.items(owner="u_43") == []
    taken = await house.take(f"items/{item['id']}:read", owner="u_43")
    assert (taken.status, taken.said["code"]) == (404, "not_found")
    assert (await house.items())[0]["read"] is False


@pytest.mark.parametrize("item", ["itm_x_1", "itm__1", "itm_00_99999999", "msg_0", "%00", "itm_" + "0" * 300 + "_1"])
async def test_an_item_that_is_none_is_not_found(house: House, item: str) -> None:
    assert (await house.take(f"items/{item}:read")).status == 404


def _turned(token: str) -> str:
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw[-1] ^= 1
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize("forge", [lambda _: "", lambda _: "x", lambda t: t[:-4], _turned, lambda _: "ع", lambda t: t * 50])
@pytest.mark.parametrize("path", ["items", "unread", "stream", "socket"])
async def test_a_token_that_is_not_ours_opens_nothing(house: House, forge: Any, path: str) -> None:
    token = forge(house.token())

    by_header = await house.ask(f"/inbox/v1/{path}", owner=None, headers={"Authorization": f"Bearer {token}"} if token.isascii() else {})

    assert (by_header.status, by_header.said["code"]) == (401, "unauthenticated")
    if path in ("stream", "socket"):
        assert (await house.ask(f"/inbox/v1/{path}?token={token}", owner=None)).status == 401


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


@pytest.mark.parametrize("query", ["?limit=0", "?limit=x", "?cursor=x", "?cursor=1'--", "?archived=maybe", "?color=red", "?token=x"])
async def test_a_query_that_means_nothing_is_refused(house: House, query: str) -> None:
    found = await house.ask(f"/inbox/v1/items{query}")

    assert found.status == 422


@pytest.mark.parametrize(("origin", "allowed"), [("https://app.example", True), ("https://evil.example", False), ("null", False)])
async def test_only_pages_of_our_origins_may_read_the_answers(house: House, origin: str, allowed: bool) -> None:
    preflight = await house.ask("/inbox/v1/items", "OPTIONS", owner=None, headers={"Origin": origin})
    found = await house.ask("/inbox/v1/items", headers={"Origin": origin})
    failed = await house.ask("/inbox/v1/items", owner=None, headers={"Origin": origin})

    expected = origin if allowed else None
    assert [one.headers.get("Access-Control-Allow-Origin") for one in (preflight, found, failed)] == [expected] * 3
    assert (preflight.status, found.status, failed.status) == (204, 200, 401)
    assert "Access-Control-Allow-Credentials" not in found.headers


async def _events(content: Any, count: int) -> list[dict[str, str]]:
    """So many events of a stream, without signs of life."""
    found: list[dict[str, str]] = []
    async with asyncio.timeout(5):
        while len(found) < count:
            block = (await content.readuntil(b"\n\n")).decode()
            fields = dict(line.split(": ", 1) for line in block.strip().split("\n"))
            if "event" in fields:
                found.append(fields)
    return found


async def test_a_stream_tells_what_comes_and_changes_and_goes_on_where_it_ended(house: House) -> None:
    async with house.http.get(f"{house.url}/inbox/v1/stream?token={house.token()}") as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert [event["event"] for event in await _events(stream.content, 1)] == ["counts"]
        await house.send(title="first")
        came, counted = await _events(stream.content, 2)
    await house.send(title="second")
    await house.take("items:read_all")

    async with house.http.get(f"{house.url}/inbox/v1/stream?token={house.token()}", headers={"Last-Event-ID": came["id"]}) as stream:
        again = await _events(stream.content, 3)

    assert (came["event"], counted["event"]) == ("item", "counts")
    assert '"first"' in came["data"]
    assert [event["event"] for event in again] == ["item", "item", "counts"]
    assert all('"read":true' in event["data"] for event in again[:2])
    assert again[2]["data"] == '{"unread":0,"unseen":0}'


async def test_a_stream_of_one_person_tells_nothing_of_another(house: House) -> None:
    async with house.http.get(f"{house.url}/inbox/v1/stream?token={house.token()}") as stream:
        await _events(stream.content, 1)
        await house.send("u_43", title="not for you")
        await house.send("u_42", title="for you")
        (came,) = await _events(stream.content, 1)

    assert '"for you"' in came["data"]


async def test_a_socket_tells_what_comes_and_takes_acknowledgements(house: House) -> None:
    async with house.http.ws_connect(f"{house.url}/inbox/v1/socket?token={house.token()}") as socket:
        assert (await socket.receive_json(timeout=5))["type"] == "counts"
        message_id = await house.send()
        came = await socket.receive_json(timeout=5)
        await socket.receive_json(timeout=5)
        await socket.send_json({"do": "delivered", "item": came["item"]["id"]})
        told = [await socket.receive_json(timeout=5) for _ in range(3)]

    assert sorted(one["type"] for one in told) == ["counts", "done", "item"]
    assert (await house.message(message_id)).state is State.DELIVERED


@pytest.mark.parametrize(
    "said", ["", "[]", "{", '{"do":"fly"}', '{"do":"read","item":"itm_0_1"}', '{"do":"read_all","until":"x"}', '{"do":1}']
)
async def test_a_socket_tells_what_it_does_not_understand_and_goes_on(house: House, said: str) -> None:
    async with house.http.ws_connect(f"{house.url}/inbox/v1/socket?token={house.token()}") as socket:
        await socket.receive_json(timeout=5)
        await socket.send_str(said)
        problem = await socket.receive_json(timeout=5)
        await socket.send_json({"do": "read_all"})
        done = await socket.receive_json(timeout=5)

    assert problem["type"] == "problem"
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

    assert refused.status == 403
    assert ended.type is WSMsgType.CLOSE


async def test_one_person_has_twenty_streams_at_most(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.inbox.watching._OF_ONE", 1)

    async with house.http.get(f"{house.url}/inbox/v1/stream?token={house.token()}") as stream:
        await _events(stream.content, 1)
        found = await house.ask("/inbox/v1/stream")

    assert found.status == 503


async def test_erasing_a_person_erases_their_feed(house: House) -> None:
    await house.send()
    await house.send("u_43")

    await house.gateway.erase_recipient("u_42")

    assert await house.items() == []
    assert len(await house.items(owner="u_43")) == 1


async def test_what_it_says_is_encrypted_in_the_database(house: House) -> None:
    await house.send(title="a secret title")

    store = house.gateway._open.ledger._store
    async with store.engine.connect() as connection:
        rows = (await connection.exec_driver_sql("SELECT sealed FROM inbox")).all()

    assert len(rows) == 1
    assert b"a secret title" not in bytes(rows[0][0])


async def test_the_script_is_small_and_writes_text_alone(house: House) -> None:
    async with house.http.get(f"{house.url}/inbox/v1/inbox.js") as response:
        script = await response.text()

    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert len(script.encode()) <= 3 * 1024
    assert not any(word in script for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval("))

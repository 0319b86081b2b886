"""The in-app feed over HTTP: on both engines, from the message to what the person did with it."""

import asyncio

from tests.gateway.inbox.conftest import House, events
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


async def test_what_the_person_did_is_told_of_the_message(house: House) -> None:
    for steps, state, marks in (
        (["delivered"], State.DELIVERED, ()),
        (["seen"], State.DELIVERED, (Mark.SEEN,)),
        (["seen", "read"], State.DELIVERED, (Mark.SEEN, Mark.READ)),
        (["read", "read", "delivered"], State.DELIVERED, (Mark.READ,)),
        (["archive"], State.SENT, ()),
    ):
        message_id = await house.send()
        item = (await house.items())[0]

        for step in steps:
            assert (await house.take(f"items/{item['id']}:{step}")).status == 200

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
    await asyncio.gather(*(house.send(title=str(number)) for number in range(12)))
    await house.take("items:seen_all")

    items = await house.items("?limit=200")
    assert len({item["number"] for item in items}) == len({item["revision"] for item in items}) == 12


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


async def test_a_stream_tells_what_comes_and_changes_and_goes_on_where_it_ended(house: House) -> None:
    async with house.http.get(f"{house.url}/inbox/v1/stream?token={house.token()}") as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert [event["event"] for event in await events(stream.content, 1)] == ["counts"]
        await house.send(title="first")
        came, counted = await events(stream.content, 2)
    await house.send(title="second")
    await house.take("items:read_all")

    async with house.http.get(f"{house.url}/inbox/v1/stream?token={house.token()}", headers={"Last-Event-ID": came["id"]}) as stream:
        again = await events(stream.content, 3)

    assert (came["event"], counted["event"]) == ("item", "counts")
    assert '"first"' in came["data"]
    assert [event["event"] for event in again] == ["item", "item", "counts"]
    assert all('"read":true' in event["data"] for event in again[:2])
    assert again[2]["data"] == '{"unread":0,"unseen":0}'


async def test_a_stream_of_one_person_tells_nothing_of_another(house: House) -> None:
    async with house.http.get(f"{house.url}/inbox/v1/stream?token={house.token()}") as stream:
        await events(stream.content, 1)
        await house.send("u_43", title="not for you")
        await house.send("u_42", title="for you")
        (came,) = await events(stream.content, 1)

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

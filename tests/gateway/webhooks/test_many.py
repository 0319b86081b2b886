"""Several workers, many events, and endpoints that take nothing."""

import asyncio
from collections import Counter

import pytest
from structlog.testing import capture_logs

from tests.gateway.scripted import Carrier
from tests.gateway.webhooks.endpoint import Application
from tests.gateway.webhooks.test_webhooks import ANN, TOPICS, Open, opened_for, reach, send, settled
from wasl.api import Gateway
from wasl.ledger.webhooks import Turn


async def many(gateway: Gateway, count: int) -> set[str]:
    told = {"to": ANN, "content": {"body": "It left."}, "topic": "orders"}
    sent = await asyncio.gather(*(gateway.send(**told) for _ in range(count)))
    return {(await gateway.wait(one.id)).id for one in sent}


async def test_two_workers_post_each_event_once(opened: Open, app: Application) -> None:
    gateway, _ = [await opened_for(opened, app) for _ in range(2)]
    await gateway.add_webhook(app.url)

    messages = await many(gateway, 50)
    await app.got(50)
    await asyncio.sleep(0.05)

    assert {post.json["data"]["message"] for post in app.posts} == messages
    assert max(Counter(app.ids).values()) == 1


async def test_where_too_much_waits_the_rest_stays_in_the_feed_until_it_is_taken(
    opened: Open, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.webhooks.dispatching._MOST_WAITING", 5)
    monkeypatch.setattr("wasl.webhooks.dispatching._BATCH", 5)
    app.answer = lambda _: 503
    gateway = await opened_for(opened, app)
    made = await gateway.add_webhook(app.url)

    messages = await many(gateway, 20)
    await settled(gateway, made.id, tries=5)
    await asyncio.sleep(0.05)
    waiting, tried = (await gateway.webhook_tries(made.id)).waiting, set(app.ids)
    app.answer = lambda _: 200
    for one in tried:
        await gateway.replay_webhook(made.id, event=one)
    await app.got(5 + 20)

    assert (waiting, len(tried)) == (5, 5)
    assert {post.json["data"]["message"] for post in app.posts} == messages


async def test_a_hanging_endpoint_holds_up_no_other(opened: Open, app: Application) -> None:
    app.hold = asyncio.Event()
    gateway = await opened_for(opened, app)
    await gateway.add_webhook(app.url)
    hanging = send(gateway)
    await hanging
    await app.got(1)
    app.hold, held = None, app.hold

    other = await gateway.add_webhook(app.url)
    await send(gateway)
    seen = await settled(gateway, other.id)
    held.set()

    assert [one.code for one in seen.data] == ["ok"]


async def test_what_is_out_ends_before_a_gateway_closes_and_the_rest_is_not_begun(opened: Open, app: Application) -> None:
    app.hold = asyncio.Event()
    gateway = await opened_for(opened, app)
    made = await gateway.add_webhook(app.url)
    await many(gateway, 20)
    await app.got(8)

    closing = asyncio.create_task(gateway.__aexit__(None, None, None))
    await asyncio.sleep(0.02)
    app.hold.set()
    await closing
    before = len(app.posts)
    another = await opened_for(opened, app)
    seen = await settled(another, made.id, tries=20)

    assert before == 8
    assert [one.code for one in seen.data] == ["ok"] * 20
    assert len(app.posts) == len(set(app.ids)) == 20


async def test_an_endpoint_that_fell_behind_what_is_kept_goes_on_and_that_is_told(opened: Open, app: Application) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False, outbound=reach(app), topics=TOPICS)
    made = await gateway.add_webhook(app.url)
    rows = gateway._open.ledger.webhooks
    endpoint = await rows.get("default", made.id)
    assert endpoint is not None
    await rows.settle(endpoint, Turn(endpoint.cursor._replace(at=1), (), (), None, None, "[]"))

    with capture_logs() as logs:
        worker = await opened_for(opened, app)
        await send(worker)
        await settled(worker, made.id)

    assert [log["webhook"] for log in logs if log["event"] == "webhook.missed"] == [made.id]


async def test_in_a_database_restored_elsewhere_where_the_feed_began_anew_events_are_posted_again(opened: Open, app: Application) -> None:
    gateway = await opened_for(opened, app)
    made = await gateway.add_webhook(app.url)
    rows = gateway._open.ledger.webhooks
    endpoint = await rows.get("default", made.id)
    assert endpoint is not None
    await rows.settle(endpoint, Turn(endpoint.cursor._replace(xid=2**40), (), (), None, None, "[]"))

    await send(gateway)
    await send(gateway)
    await settled(gateway, made.id, tries=2)

    assert len(app.posts) == 2


async def test_a_post_that_does_not_end_holds_up_no_end_and_goes_again(
    opened: Open, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.webhooks.dispatching._GRACE", 0.02)
    monkeypatch.setattr("wasl.ledger.webhooks._LEASE", 50_000)
    app.hold = asyncio.Event()
    gateway = await opened_for(opened, app)
    made = await gateway.add_webhook(app.url)
    await send(gateway)
    await app.got(1)

    await gateway.__aexit__(None, None, None)
    app.hold.set()
    another = await opened_for(opened, app)
    await settled(another, made.id)

    assert app.ids[0] == app.ids[1]

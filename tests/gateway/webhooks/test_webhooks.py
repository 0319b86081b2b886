"""Webhooks from the message to the application, on both engines."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from tests.gateway.scripted import Carrier, Script
from tests.gateway.webhooks.endpoint import Application
from wasl.api import Gateway
from wasl.errors import NotFound, Refused
from wasl.webhooks.webhook import NewWebhook, WebhookChange
from wasl_contracts import Reason, Rejected

Open = Callable[..., Awaitable[Gateway]]
TOPICS = {"orders": {"category": "transactional"}}
ANN = {"id": "u_1", "email": "ann@example.com"}


def reach(app: Application) -> dict[str, Any]:
    return {"allow": ["127.0.0.1"], "http": True, "ports": [app.port]}


async def opened_for(opened: Open, app: Application, carrier: Carrier | None = None, **how: Any) -> Gateway:
    return await opened({"mail": carrier or Carrier("email")}, outbound=reach(app), topics=TOPICS, **how)


async def send(gateway: Gateway, **fields: Any) -> str:
    told = {"to": ANN, "content": {"body": "It left."}, "topic": "orders", **fields}
    return (await gateway.wait((await gateway.send(**told)).id)).id


async def settled(gateway: Gateway, webhook_id: str, tries: int = 1) -> Any:
    """The tries of a webhook, when so many were written."""
    async with asyncio.timeout(5):
        while len((seen := await gateway.webhook_tries(webhook_id)).data) < tries:  # noqa: ASYNC110 - it happens in the ledger
            await asyncio.sleep(0.005)
    return seen


async def test_what_becomes_of_a_message_is_posted_signed_and_without_what_it_says(opened: Open, app: Application) -> None:
    gateway = await opened_for(opened, app)
    made = await gateway.add_webhook(app.url)

    message = await send(gateway, metadata={"order": "1042"}, content={"body": "Your code is 4711"})
    post = (await app.got(1))[0]

    assert made.secret is not None
    assert post.signed_with(made.secret)
    assert post.type == "message.sent"
    assert post.id.startswith("evt_")
    assert post.json["data"] == {
        "message": message, "delivery": 1, "state": "sent", "reason": "no_receipts", "successor": None, "recipient": "u_1",
        "topic": "orders", "channel": "email", "provider": "mail", "address": "a•••@e•••.com", "metadata": {"order": "1042"},
    }  # fmt: skip
    assert b"4711" not in post.body
    assert b"ann@" not in post.body
    assert abs(post.timestamp - gateway._open.ledger.clock.now().timestamp()) < 5


async def test_why_a_message_failed_is_posted(opened: Open, app: Application) -> None:
    gateway = await opened_for(opened, app, Carrier("email", Script(Rejected(Reason.TOO_LONG, "content"))))
    await gateway.add_webhook(app.url)

    await send(gateway)
    (post,) = await app.got(1)

    assert (post.type, post.json["data"]["reason"], post.json["data"]["state"]) == ("message.failed", "too_long", "failed")


async def test_only_what_an_endpoint_wants_is_posted_there(opened: Open, app: Application) -> None:
    gateway = await opened_for(opened, app)
    failed = await gateway.add_webhook(NewWebhook(url=app.url, types=("message.failed", "message.bounced")))
    other = await gateway.add_webhook(NewWebhook(url=app.url, topics=("default",)))
    both = await gateway.add_webhook(NewWebhook(url=app.url, types=("message.sent",), topics=("orders",)))

    await send(gateway)
    await settled(gateway, both.id)

    assert len(app.posts) == 1
    assert [len((await gateway.webhook_tries(one.id)).data) for one in (failed, other, both)] == [0, 0, 1]


async def test_what_happened_before_is_not_posted(opened: Open, app: Application) -> None:
    gateway = await opened_for(opened, app)
    before = await send(gateway)
    made = await gateway.add_webhook(app.url)

    after = await send(gateway)
    await settled(gateway, made.id)

    assert before not in {post.json["data"]["message"] for post in app.posts}
    assert [post.json["data"]["message"] for post in app.posts] == [after]


async def test_what_was_not_taken_is_posted_again_with_the_same_id_and_body(
    opened: Open, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.webhooks.schedule.STEPS", (0.01, 0.01, 60))
    answers = iter((500, 302, 200))
    app.answer = lambda _: next(answers)
    gateway = await opened_for(opened, app)
    made = await gateway.add_webhook(app.url)

    await send(gateway)
    seen = await settled(gateway, made.id, tries=3)

    assert len({(post.id, post.body) for post in app.posts}) == 1
    assert len(app.posts) == 3
    assert [(one.attempt, one.status, one.code) for one in seen.data] == [(3, 200, "ok"), (2, None, "redirect"), (1, 500, "http_500")]
    assert (seen.waiting, (await gateway.webhook(made.id)).failing_since) == (0, None)


async def test_an_event_that_one_endpoint_refuses_holds_up_no_other(opened: Open, app: Application) -> None:
    app.answer = lambda post: 400 if post.id == app.posts[0].id else 200
    gateway = await opened_for(opened, app)
    made = await gateway.add_webhook(app.url)

    await send(gateway)
    await settled(gateway, made.id, tries=1)
    await send(gateway)
    seen = await settled(gateway, made.id, tries=2)

    assert (seen.waiting, [one.code for one in seen.data]) == (1, ["ok", "http_400"])


async def test_killed_between_a_post_and_its_commit_an_event_is_posted_again_with_its_id(
    opened: Open, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.ledger.webhooks._LEASE", 50_000)
    app.hold = asyncio.Event()
    gateway = await opened_for(opened, app)
    made = await gateway.add_webhook(app.url)
    await send(gateway)
    await app.got(1)

    for task in asyncio.all_tasks():
        if task.get_name() == f"wasl-webhook-{made.id}":
            task.cancel()  # the answer is never read, and nothing of the turn is written
    app.hold.set()
    seen = await settled(gateway, made.id)

    assert len(app.posts) == 2
    assert len(set(app.ids)) == 1
    assert len(seen.data) == 1


async def test_410_disables_and_what_waits_goes_when_it_is_enabled_again(opened: Open, app: Application) -> None:
    app.answer = lambda post: 410 if len(app.posts) == 1 else 200
    gateway = await opened_for(opened, app)
    made = await gateway.add_webhook(app.url)
    watching = await gateway.add_webhook(NewWebhook(url=app.url, types=("webhook.disabled",)))

    with capture_logs() as logs:
        await send(gateway)
        (notice,) = [post for post in await app.got(2) if post.type == "webhook.disabled"]
    disabled = await gateway.webhook(made.id)
    await send(gateway)
    await settled(gateway, watching.id)
    while_disabled = app.types.count("message.sent")
    enabled = await gateway.change_webhook(made.id, WebhookChange(enabled=True))
    await app.got(3)

    assert (disabled.enabled, disabled.disabled_reason) == (False, "gone")
    assert notice.json["data"]["reason"] == "gone"
    assert [(log["webhook"], log["reason"]) for log in logs if log["event"] == "webhook.disabled"] == [(made.id, "gone")]
    assert "s3cret" not in str(logs)
    assert (while_disabled, app.types.count("message.sent")) == (1, 2)
    assert (enabled.enabled, enabled.disabled_reason, enabled.failing_since) == (True, None, None)


async def test_while_a_secret_is_new_both_sign_and_a_day_later_the_new_one_alone(opened: Open, app: Application) -> None:
    gateway = await opened_for(opened, app)
    made = await gateway.add_webhook(app.url)
    rotated = await gateway.rotate_webhook(made.id)

    await gateway.test_webhook(made.id)
    later = gateway._open.ledger.webhooks
    endpoint = await later.get(gateway.brand, made.id)
    assert endpoint is not None
    ended = (endpoint.secrets[0], endpoint.secrets[1]._replace(until=endpoint.created_at))
    await later.change(gateway.brand, made.id, {"secrets": ended})
    await gateway.test_webhook(made.id)

    old, new = str(made.secret), str(rotated.secret)
    assert [[post.signed_with(secret) for secret in (old, new)] for post in app.posts] == [[True, True], [False, True]]
    assert endpoint.secrets[1].until is not None
    assert (endpoint.secrets[1].until - endpoint.created_at) / 3_600_000_000 == pytest.approx(24, abs=0.1)


async def test_one_event_or_all_since_a_moment_are_posted_again_with_the_same_ids(opened: Open, app: Application) -> None:
    gateway = await opened_for(opened, app)
    made = await gateway.add_webhook(app.url)
    began = gateway._open.ledger.clock.now()
    for _ in range(3):
        await send(gateway)
    await settled(gateway, made.id, tries=3)
    first = app.ids[0]

    await gateway.replay_webhook(made.id, event=first)
    await app.got(4)
    await gateway.replay_webhook(made.id, since=began - timedelta(minutes=1))
    await app.got(7)

    assert app.ids[3] == first
    assert sorted(app.ids[4:]) == sorted(app.ids[:3])


async def test_a_test_tells_how_it_ended(opened: Open, app: Application) -> None:
    gateway = await opened_for(opened, app)
    made = await gateway.add_webhook(app.url)
    app.answer = lambda _: web.Response(status=200, body=b"a" * 70_000)

    seen = await gateway.test_webhook(made.id)

    assert app.types == ["webhook.test"]
    assert (seen.type, seen.status, seen.code, seen.event) == ("webhook.test", None, "too_large", app.ids[0])


async def test_what_the_endpoint_asks_for_by_retry_after_is_kept(opened: Open, app: Application) -> None:
    app.answer = lambda _: web.Response(status=429, headers={"Retry-After": "3600"})
    gateway = await opened_for(opened, app)
    made = await gateway.add_webhook(app.url)

    await send(gateway)
    await settled(gateway, made.id)
    (place,) = await gateway._open.ledger.webhooks.places()

    assert place.due_at is not None
    assert place.due_at / 1_000_000 - gateway._open.ledger.clock.now().timestamp() == pytest.approx(3600, abs=30)


async def test_a_removed_webhook_gets_nothing_more(opened: Open, app: Application) -> None:
    gateway = await opened_for(opened, app)
    gone, kept = await gateway.add_webhook(app.url), await gateway.add_webhook(app.url)

    await gateway.remove_webhook(gone.id)
    await send(gateway)
    await settled(gateway, kept.id)

    assert len(app.posts) == 1
    assert [one.id for one in (await gateway.webhooks()).data] == [kept.id]
    with pytest.raises(NotFound):
        await gateway.remove_webhook(gone.id)


async def test_a_url_that_must_not_be_posted_to_is_refused_when_it_is_saved(opened: Open) -> None:
    gateway = await opened({"mail": Carrier("email")}, server={"public_url": "https://messages.acme.example"}, worker=False)

    for url, code in (("https://127.0.0.1/", "blocked_address"), ("https://messages.acme.example/v1/messages", "loop")):
        with pytest.raises(Refused) as caught:
            await gateway.add_webhook(url)
        assert [(problem.pointer, problem.code) for problem in caught.value.errors] == [("/url", code)]


async def test_a_url_that_was_allowed_and_is_not_any_more_is_not_posted_to(opened: Open, app: Application) -> None:
    gateway = await opened_for(opened, app, worker=False)
    made = await gateway.add_webhook(app.url)
    strict = await opened({"mail": Carrier("email")}, outbound={"http": True, "ports": [app.port]}, topics=TOPICS)

    await send(strict)
    seen = await settled(strict, made.id)

    assert (app.posts, seen.data[0].code, seen.waiting) == ([], "blocked_address", 1)


async def test_another_brands_webhooks_are_not_there(opened: Open, app: Application) -> None:
    gateway = await opened_for(opened, app, worker=False)
    made = await gateway.add_webhook(app.url)
    other = gateway._as("other")

    assert (await other.webhooks()).data == ()
    for verb in (other.webhook, other.rotate_webhook, other.test_webhook, other.webhook_tries, other.remove_webhook):
        with pytest.raises(NotFound):
            await verb(made.id)


async def test_neither_url_nor_secret_is_readable_in_the_database_or_a_repr(opened: Open, app: Application) -> None:
    gateway = await opened_for(opened, app, worker=False)

    made = await gateway.add_webhook(app.url)
    endpoint = await gateway._open.ledger.webhooks.get(gateway.brand, made.id)

    assert endpoint is not None
    assert all("s3cret" not in repr(one) and str(made.secret) not in repr(one) for one in (made, endpoint))
    assert (await gateway.webhook(made.id)).secret is None


async def test_a_replay_of_nothing_is_refused(opened: Open, app: Application) -> None:
    gateway = await opened_for(opened, app, worker=False)
    made = await gateway.add_webhook(app.url)

    for event, error in ((None, Refused), ("evt_nothing", Refused), ("evt_1-0-99-0", NotFound), ("evt_1-0-99-99999999999", NotFound)):
        with pytest.raises(error):
            await gateway.replay_webhook(made.id, event=event)

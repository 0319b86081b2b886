"""Replays and restores, through the whole pipeline: what is recorded of them breaks no promise (`wasl verify`)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.gateway.scripted import OFFERS, Carrier, Script, calls, message, outcome
from tests.gateway.test_finding import Knowing
from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl.errors import Conflict, NotFound, Refused
from wasl.ledger.reads import Filters
from wasl.verifying import verify
from wasl_contracts import Mark, Reason, Receipt, Rejected, State, Unavailable, Unknown

Opened = Callable[..., Awaitable[Gateway]]
TOPICS = {"offers": OFFERS, "codes": {"category": "otp"}, "default": {}}
REFUSED = Rejected(Reason.CONTENT_REJECTED, "content", "554")


async def test_lives_that_began_anew_break_no_promise(opened: Opened) -> None:
    mail = Knowing("email", Script(*[Unknown("timeout")] * 6), answers=[None, Receipt(), Unavailable(), None])
    text = Carrier("sms", Script(*[REFUSED] * 6, Unknown("reset")))
    gateway = await opened({"mail": mail, "text": text}, topics=TOPICS, retry={"base": "1ms", "horizons": {"email": "300ms"}})
    given = [message(topic=topic, channels=[channel]) for topic in TOPICS for channel in ("email", "sms") for _ in range(2)]

    seen = [await outcome(gateway, one) for one in given]
    failed = await gateway.retry_all(Filters(state=State.FAILED))
    await _over(gateway, seen)
    await gateway.retry_all(Filters(state=State.UNKNOWN))
    waiting = [await gateway.accept(message(send_at=datetime.now(UTC) + timedelta(minutes=5))) for _ in range(3)]
    held = await gateway._open.ledger.hold_all()
    released = await gateway.retry_all(Filters(reason=Reason.AFTER_RESTORE))
    report = await verify(gateway._specs)

    assert failed.by_reason == {"content_rejected": 6}
    assert (held >= 3, released.by_reason["after_restore"] >= 3) == (True, True)
    assert {(await gateway.get(one.id)).state for one in waiting} == {State.SCHEDULED}
    assert (report.messages, report.findings) == (15, [])


async def test_a_replay_begins_the_route_anew_after_a_failure_on_every_channel(opened: Opened) -> None:
    mail, text = Carrier("email", Script(REFUSED)), Carrier("sms", Script(REFUSED))
    gateway = await opened({"mail": mail, "text": text})
    failed = await outcome(gateway, message())

    await gateway.retry(failed.id)
    seen = await gateway.wait(failed.id)

    assert (failed.state, seen.state, calls(mail, text)) == (State.FAILED, State.SENT, [2, 1])
    assert [(one.channel, one.state) for one in seen.deliveries] == [("email", State.FAILED), ("email", State.SENT)]


async def test_a_replayed_message_has_all_its_tries_again(opened: Opened) -> None:
    mail = Carrier("email", Script(*[Unavailable()] * 5))
    gateway = await opened({"mail": mail}, retry={"base": "1ms", "attempts": 3})
    failed = await outcome(gateway, message())

    await gateway.retry(failed.id)
    seen = await gateway.wait(failed.id)

    assert (failed.state, len(failed.deliveries[0].attempts)) == (State.FAILED, 3)
    assert (seen.state, [one.number for one in seen.deliveries[0].attempts]) == (State.SENT, [1, 2, 3, 4, 5, 6])


async def test_what_may_have_arrived_is_sent_again_only_when_somebody_says_so(opened: Opened) -> None:
    mail, text = Carrier("email", Script(Unknown("timeout"))), Carrier("sms")
    gateway = await opened({"mail": mail, "text": text}, topics=TOPICS)
    unknown = await outcome(gateway, message(topic="offers"), lambda seen: seen.timeline[-1].type == "left_unknown")

    with pytest.raises(Conflict) as caught:
        await gateway.retry(unknown.id)
    await gateway.retry(unknown.id, possible_duplicate=True)
    seen = await gateway.wait(unknown.id)

    assert caught.value.code == "may_have_arrived"
    assert (seen.state, calls(mail, text)) == (State.SENT, [2, 0])
    assert Mark.POSSIBLE_DUPLICATE in seen.marks


async def test_what_is_sent_again_must_be_named(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)

    for filters in (Filters(), Filters(topic="orders"), Filters(state=State.SENT)):
        with pytest.raises(Refused):
            await gateway.retry_all(filters)
    with pytest.raises(NotFound):
        await gateway.retry("msg_none")


async def _over(gateway: Gateway, messages: list[MessageSeen]) -> None:
    for one in messages:
        await gateway.wait(one.id)

"""Sending again as a new message: what is refused, what is overridden, and that one decision is sent once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.gateway.scripted import ANN, OFFERS, Carrier, Script, calls, message, outcome
from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl.clock import micros
from wasl.errors import Conflict, NotFound, Refused
from wasl.ledger.tables import messages
from wasl.verifying import verify
from wasl_contracts import Address, Reason, Receipt, Rejected, State, Unknown

Opened = Callable[..., Awaitable[Gateway]]
REFUSED = Rejected(Reason.CONTENT_REJECTED, "content", "554")
TOPICS = {"codes": {"category": "otp"}, "default": {}}


async def test_what_failed_goes_again_as_a_new_message_that_is_tied_to_the_old_one(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email", Script(REFUSED))}, routes={"default": {"channels": ["email"]}})
    failed = await outcome(gateway, message(metadata={"order": "1042"}, fact="order 1042 left"))

    foreseen = await gateway.foresee_resend(failed.id)
    accepted = await gateway.resend(failed.id, token="form 1")
    seen = await gateway.wait(accepted.id)

    assert (failed.state, foreseen.refused, foreseen.has) == (State.FAILED, None, ())
    assert foreseen.explanation is not None
    assert (foreseen.explanation.verdict, foreseen.explanation.channel) == ("send", "email")
    assert (seen.state, seen.metadata, seen.fact) == (State.SENT, {"order": "1042"}, None)
    assert await _related(gateway, failed) == [("resent_as", accepted.id)]
    assert await _related(gateway, seen) == [("resent_from", failed.id)]


async def test_one_decision_is_sent_once(opened: Opened) -> None:
    mail = Carrier("email", Script(REFUSED))
    gateway = await opened({"mail": mail})
    failed = await outcome(gateway, message())

    twice = await asyncio.gather(*(gateway.resend(failed.id, token="form 1") for _ in range(2)))
    later = await gateway.resend(failed.id, token="form 1")
    other = await gateway.resend(failed.id, token="form 2")
    await gateway.wait(other.id)
    report = await verify(gateway._specs)

    assert len({one.id for one in (*twice, later)}) == 1
    assert [one.replayed for one in (*twice, later)].count(True) == 2
    assert other.id != later.id
    assert (calls(mail), report.findings) == ([3], [])


async def test_what_was_confirmed_goes_again_only_when_somebody_says_so(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email", Script(then=Receipt(state="delivered")))})
    arrived = await outcome(gateway, message())

    foreseen = await gateway.foresee_resend(arrived.id)
    with pytest.raises(Conflict) as refused:
        await gateway.resend(arrived.id, token="form 1")
    again = await gateway.resend(arrived.id, token="form 1", anyway=True)
    twice = await gateway.resend(arrived.id, token="form 1")

    assert (foreseen.refused, foreseen.overridable) == ("confirmed", True)
    assert [(one.own, one.certain, one.channels) for one in foreseen.has] == [(True, True, ("email",))]
    assert (refused.value.code, again.id) == ("confirmed", twice.id)
    assert refused.value.suggested_action


async def test_what_may_have_arrived_is_told_first(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")})
    first = await outcome(gateway, message())
    second = await outcome(gateway, message())

    foreseen = await gateway.foresee_resend(second.id)

    assert foreseen.refused is None
    assert [(one.message, one.own, one.certain) for one in foreseen.has] == [(second.id, True, False), (first.id, False, False)]


async def test_another_channel_takes_it_where_the_person_has_an_address(opened: Opened) -> None:
    mail, text = Carrier("email", Script(REFUSED)), Carrier("sms")
    gateway = await opened({"mail": mail, "text": text, "device": Carrier("push")}, routes={"default": {"channels": ["email"]}})
    failed = await outcome(gateway, message())

    by_text = await gateway.foresee_resend(failed.id, channel="sms")
    by_push = await gateway.foresee_resend(failed.id, channel="push")
    with pytest.raises(Refused) as unknown:
        await gateway.resend(failed.id, channel="pigeon", token="form 1")
    seen = await gateway.wait((await gateway.resend(failed.id, channel="sms", token="form 1")).id)

    assert by_text.ways == ("email", "sms")
    assert (by_text.refused, by_push.refused, by_push.sentence) == (None, "would_not_go", Reason.NO_ADDRESS.sentence)
    assert unknown.value.errors[0].pointer == "/channels/0"
    assert [(one.channel, one.state) for one in seen.deliveries] == [("sms", State.SENT)]


async def test_a_code_goes_again_until_its_end_and_never_later(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email", Script(REFUSED))}, topics=TOPICS)
    code = await outcome(gateway, message(topic="codes", expires_in="10m"))

    again = await gateway.resend(code.id, token="form 1")
    await _put_back(gateway, code)
    with pytest.raises(Conflict) as late:
        await gateway.resend(code.id, token="form 2")

    assert abs(again.expires_at - code.expires_at) < timedelta(seconds=1)
    assert late.value.code == "code_expired"


async def test_what_the_person_does_not_want_any_more_is_not_sent_again(opened: Opened) -> None:
    mail = Carrier("email", Script(REFUSED))
    gateway = await opened({"mail": mail}, routes={"default": {"channels": ["email"]}})
    failed = await outcome(gateway, message())
    await gateway.suppress(Address(channel="email", kind="email", value="ann@example.com"), source="they called")

    foreseen = await gateway.foresee_resend(failed.id)
    with pytest.raises(Conflict) as refused:
        await gateway.resend(failed.id, token="form 1", anyway=True)

    assert (foreseen.refused, foreseen.sentence) == ("would_not_go", Reason.SUPPRESSED_MANUAL.sentence)
    assert (refused.value.code, refused.value.suggested_action) == ("would_not_go", Reason.SUPPRESSED_MANUAL.next_step)
    assert calls(mail) == [1]


async def test_what_is_under_way_or_gone_is_not_sent_again(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")})
    waiting = await gateway.accept(message(send_at=datetime.now(UTC) + timedelta(hours=1)))
    sent = await outcome(gateway, message({"id": "u_2", "email": "bob@example.com"}))
    await gateway.erase_recipient("u_2")

    refusals = []
    for message_id in (waiting.id, sent.id):
        with pytest.raises(Conflict) as refused:
            await gateway.resend(message_id, token="form 1", anyway=True)
        refusals.append(refused.value.code)
    with pytest.raises(NotFound):
        await gateway.resend("msg_none", token="form 1")

    assert refusals == ["under_way", "content_gone"]


async def test_the_language_of_the_person_keeps_the_tie(opened: Opened, templates: Path) -> None:
    gateway = await opened({"mail": Carrier("email", Script(REFUSED))}, templates=str(templates))
    given = message({**ANN, "locale": "ar"}, template="order_shipped", data={"number": "1042"})
    failed = await outcome(gateway, given)

    again = await gateway.resend(failed.id, token="form 1")
    twice = await gateway.resend(failed.id, token="form 1")
    details = await gateway.details(again.id)

    assert (again.id, details.locale, details.resent_from, details.key) == (twice.id, "ar", failed.id, None)


async def test_a_retry_is_foretold(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email", Script(REFUSED, Unknown("timeout")))}, topics={"offers": OFFERS, "default": {}})
    failed = await outcome(gateway, message())
    unknown = await outcome(gateway, message(topic="offers"), lambda seen: seen.timeline[-1].type == "left_unknown")
    sent = await outcome(gateway, message())

    told = [await gateway.foresee_retry(one.id) for one in (failed, unknown, sent)]

    assert told == [None, "may_have_arrived", "already_sent"]
    assert await gateway.foresee_retry(unknown.id, possible_duplicate=True) is None
    with pytest.raises(NotFound):
        await gateway.foresee_retry("msg_none")


async def test_others_that_ended_alike_are_counted(opened: Opened) -> None:
    other = Rejected(Reason.CONTENT_REJECTED, "content", "550")
    gateway = await opened(
        {"mail": Carrier("email", Script(REFUSED, REFUSED, REFUSED, other))}, routes={"default": {"channels": ["email"]}}
    )
    seen = [await outcome(gateway, message()) for _ in range(5)]

    found = [await gateway.alike(one) for one in seen]

    assert [(one.others, one.at_least) for one in found] == [(2, False)] * 3 + [(0, False)] * 2


async def test_messages_about_the_same_thing_belong_together(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")})
    fields = (
        {"about": "order-1042"},
        {"about": "order-1042", "supersedes": True},
        {"metadata": {"ref": "7"}},
        {"metadata": {"ref": "7"}},
        {},
    )
    later = {"send_at": datetime.now(UTC) + timedelta(hours=1)}
    old, new, first, second, alone = [await gateway.accept(message(**one, **later)) for one in fields]

    related = [{(one.how, one.id) for one in await gateway.related(of.id)} for of in (old, new, first, alone)]

    assert related == [{("superseded_by", new.id)}, {("supersedes", old.id)}, {("same_reference", second.id)}, set()]


async def _put_back(gateway: Gateway, seen: MessageSeen) -> None:
    """Its life has ended."""
    ended = update(messages).where(messages.c.id == seen.id).values(expires_at=micros(seen.created_at))
    async with gateway._open.ledger._store.engine.begin() as connection:
        await connection.execute(ended)


async def _related(gateway: Gateway, seen: MessageSeen) -> list[tuple[str, str]]:
    found = await gateway.related(seen.id)
    return [(one.how, one.id) for one in found if one.how.startswith("resent")]

"""What would become of a message: the same answer as sending gives, and nothing is kept of the question."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.gateway.scripted import ANN, NOON, OFFERS, Carrier, FakeClock, Script, message, outcome
from wasl.api import Gateway
from wasl.consent import ConsentChange
from wasl.errors import Refused
from wasl.reasons_in_arabic import IN_ARABIC
from wasl_contracts import Address, Content, Reason, Rejected, State

Opened = Callable[..., Awaitable[Gateway]]
HELLO = Content(body="Hello")
MAIL = Address(channel="email", kind="email", value="ann@example.com")
NIGHT = {"quiet_hours": {"calendars": False, "jitter": "1s", "night": {"windows": ["08:00-20:00"]}}}


def carriers() -> dict[str, Carrier]:
    return {"mail": Carrier("email"), "text": Carrier("sms")}


async def test_what_may_go_says_when_and_by_what(opened: Opened) -> None:
    gateway = await opened(carriers(), worker=False)

    found = await gateway.explain(to=ANN, content=HELLO)

    assert (found.verdict, found.channel, found.provider, found.goes_at, found.reason) == ("send", "email", "mail", found.at, None)
    assert found.sentences["en"] == "It goes now, by email through mail."
    assert "البريد الإلكتروني" in found.sentences["ar"]
    (delivery,) = found.deliveries
    assert [(one.channel, one.chosen, [p.verdict for p in one.providers]) for one in delivery.decision.candidates] == [
        ("email", True, ["chosen"]), ("sms", False, ["usable"]),
    ]  # fmt: skip
    assert "ann@" not in found.model_dump_json()


async def test_the_question_leaves_nothing_behind(opened: Opened, database: str) -> None:
    from tests.proof.tables import everything

    gateway = await opened(carriers(), worker=False)
    before = everything(database)

    await gateway.explain(to=ANN, content=HELLO)
    await gateway.explain(
        to={"id": "new", "email": "new@example.com"}, content=HELLO, at=gateway._open.ledger.clock.now() + timedelta(days=1)
    )

    assert everything(database) == before
    with pytest.raises(Refused, match="does not know"):
        await gateway.explain(to={"id": "new"}, content=HELLO)


async def test_a_suppressed_address_makes_way_and_says_what_would_change_it(opened: Opened) -> None:
    gateway = await opened(carriers(), worker=False)
    await gateway.suppress(MAIL)

    found = await gateway.explain(to=ANN, content=HELLO)

    assert (found.verdict, found.channel) == ("send", "sms")
    mail = found.deliveries[0].decision.candidates[0]
    assert mail.reason is Reason.SUPPRESSED_MANUAL
    assert mail.counterfactual is not None
    assert mail.counterfactual.sentences["en"] == "Allowed when the suppression of this address for email is lifted."


async def test_a_missing_consent_is_told_with_the_consent_that_would_help(opened: Opened) -> None:
    gateway = await opened(carriers(), worker=False, topics={"offers": {"category": "promotional", "quiet_hours": False}})

    found = await gateway.explain(to=ANN, content=HELLO, topic="offers")

    assert (found.verdict, found.goes_at) == ("withhold", None)
    assert found.reason is not None
    assert (found.reason.code, found.reason.who_can_fix) == (Reason.CONSENT_MISSING, "person")
    sms = found.deliveries[0].decision.candidates[1]
    assert sms.counterfactual is not None
    assert sms.counterfactual.sentences["en"] == "Allowed if consent for offers by sms is recorded."


async def test_quiet_hours_tell_the_first_moment_after_them(opened: Opened) -> None:
    clock = FakeClock(NOON + timedelta(hours=9))  # midnight in Riyadh
    topics = {"offers": {**OFFERS, "quiet_hours": True}}
    gateway = await opened(carriers(), worker=False, clock=clock, topics=topics, **NIGHT)

    found = await gateway.explain(to={**ANN, "timezone": "Asia/Riyadh"}, content=HELLO, topic="offers")

    assert found.verdict == "defer"
    assert found.goes_at is not None
    assert NOON + timedelta(hours=17) <= found.goes_at <= NOON + timedelta(hours=17, seconds=1)
    assert (found.channel, found.provider) == ("email", "mail")
    later = await gateway.explain(to=ANN, content=HELLO, topic="offers", at=NOON + timedelta(days=1, hours=1))
    assert (later.verdict, later.assumptions[0]) == ("send", "nothing_more_is_sent")


async def test_the_past_is_asked_by_what_was_known_then(opened: Opened) -> None:
    clock = FakeClock()
    gateway = await opened(carriers(), worker=False, clock=clock, topics={"offers": {"category": "promotional", "quiet_hours": False}})
    await gateway.put_recipient(message().to)
    clock.advance(hours=1)
    await gateway.record_consent("u_1", [ConsentChange(topic="offers", state="granted")])
    clock.advance(hours=1)
    await gateway.suppress(MAIL)
    clock.advance(hours=1)

    found = [await gateway.explain(to={"id": "u_1"}, content=HELLO, topic="offers", at=NOON + timedelta(minutes=m)) for m in (30, 90, 150)]

    assert [(one.verdict, one.channel) for one in found] == [("withhold", None), ("send", "email"), ("send", "sms")]
    assert found[0].assumptions == ("providers_well", "recipient_as_now")


async def test_a_provider_that_rests_is_an_input(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("watch", "assembly"):
        monkeypatch.setattr(f"wasl.{module}.PAUSE", timedelta(seconds=60))
    refuses = Carrier("email", Script(then=Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", "401")))
    gateway = await opened({"mail": refuses})
    await outcome(gateway, message(channels=["email"]), until=lambda seen: seen.state is State.SCHEDULED)

    found = await gateway.explain(to=ANN, content=HELLO, channels=["email"])

    assert (found.verdict, found.reason and found.reason.code) == ("defer", Reason.PROVIDER_PAUSED)
    (provider,) = found.deliveries[0].decision.candidates[0].providers
    assert (provider.name, provider.verdict, provider.reason) == ("mail", "resting", Reason.PROVIDER_PAUSED)
    assert provider.until is not None
    assert provider.counterfactual is not None


async def test_a_channel_without_an_address_is_told(opened: Opened) -> None:
    gateway = await opened(carriers(), worker=False)

    found = await gateway.explain(to={"email": "ann@example.com"}, content=HELLO)

    (_, sms) = found.deliveries[0].decision.candidates
    assert (sms.channel, sms.address, sms.reason) == ("sms", None, Reason.NO_ADDRESS)
    nobody = await gateway.explain(to={"email": "ann@example.com"}, content=HELLO, channels=["sms"])
    assert (nobody.verdict, nobody.reason and nobody.reason.code) == ("fail", Reason.NO_ADDRESS)


async def test_what_waits_for_its_moment_or_its_turn_says_so(opened: Opened) -> None:
    gateway = await opened(carriers(), worker=False)
    await gateway.send(to=ANN, content=HELLO, ordering_key="k")
    moment = gateway._open.ledger.clock.now() + timedelta(hours=2)

    timed = await gateway.explain(to=ANN, content=HELLO, send_at=moment)
    behind = await gateway.explain(to=ANN, content=HELLO, ordering_key="k")

    assert (timed.verdict, timed.reason and timed.reason.code, timed.goes_at) == ("defer", Reason.SEND_AT, moment)
    assert (behind.verdict, behind.reason and behind.reason.code, behind.goes_at) == ("defer", Reason.IN_ORDER, None)


async def test_every_channel_of_all_is_explained_by_itself(opened: Opened) -> None:
    gateway = await opened(carriers(), worker=False)
    await gateway.suppress(MAIL)

    found = await gateway.explain(to=ANN, content=HELLO, mode="all")

    assert [(one.verdict, one.channel) for one in found.deliveries] == [("withhold", None), ("send", "sms")]
    assert found.verdict == "send"


async def test_of_all_the_answer_is_the_delivery_that_the_message_itself_will_tell_of(opened: Opened) -> None:
    gateway = await opened(carriers())
    await gateway.suppress(MAIL)
    told: dict[str, Any] = {"to": {"email": MAIL.value, "id": "u_2"}, "content": HELLO, "mode": "all", "channels": ["email", "sms"]}

    found = await gateway.explain(**told)
    sent = await gateway.wait((await gateway.send(**told)).id)

    assert [one.verdict for one in found.deliveries] == ["withhold", "fail"]
    assert sent.reason is not None
    assert found.reason is not None
    assert (found.verdict, found.reason.code) == ("fail", sent.reason.code)


async def test_why_not_is_said_in_words_in_both_languages(opened: Opened) -> None:
    gateway = await opened(carriers(), worker=False)

    found = await gateway.explain(to={"id": "u_3", "email": MAIL.value}, content=HELLO, channels=["sms"])

    assert found.reason is not None
    assert found.reason.code is Reason.NO_ADDRESS is found.deliveries[0].decision.candidates[0].reason
    assert found.sentences["ar"] == f"لا تُرسل. \u2068{IN_ARABIC[Reason.NO_ADDRESS]}\u2069"
    assert set(IN_ARABIC) == set(Reason)


@pytest.mark.parametrize("at", ["1971-01-01T00:00:00Z", "2199-12-31T23:59:59Z"])
async def test_any_moment_of_this_age_may_be_asked_about(opened: Opened, at: str) -> None:
    topics, caps = {"offers": {**OFFERS, "quiet_hours": True}}, {"day": {"limit": 1, "per": "1d"}}
    gateway = await opened(carriers(), worker=False, topics=topics, caps=caps)
    question: dict[str, Any] = {"to": {**ANN, "timezone": "Asia/Riyadh"}, "content": HELLO, "topic": "offers", "at": at}

    assert (await gateway.explain(**question)).at.year in (1971, 2199)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_a_moment_at_the_end_of_time_is_refused(opened: Opened, at: str) -> None:
    gateway = await opened(carriers(), worker=False)
    question: dict[str, Any] = {"to": ANN, "content": HELLO, "at": at}

    with pytest.raises(Refused) as refused:
        await gateway.explain(**question)

    assert [(problem.pointer, problem.code) for problem in refused.value.errors] == [("/at", "out_of_range")]


async def test_what_would_be_refused_is_refused(opened: Opened) -> None:
    gateway = await opened(carriers(), worker=False)

    for wrong in ({"topic": "nothing"}, {"channels": ["fax"]}, {"at": NOON.replace(tzinfo=None)}):
        fields: dict[str, Any] = {"to": ANN, "content": HELLO, **wrong}
        with pytest.raises(Refused) as refused:
            await gateway.explain(**fields)
        assert refused.value.errors[0].pointer.startswith(f"/{next(iter(wrong))}")


async def test_a_text_that_cannot_be_filled_fails_before_it_is_sent(opened: Opened, templates: Any) -> None:
    (templates / "order_shipped" / "en.md").write_text(
        '+++\ntitle = "x"\n[variables]\nn = { type = "number", example = 1 }\n+++\n{{ 1 // n }}\n'
    )
    gateway = await opened(carriers(), worker=False, templates=templates)

    found = await gateway.explain("order_shipped", to=ANN, data={"n": 0})

    assert (found.verdict, found.reason and found.reason.code) == ("fail", Reason.TEMPLATE_ERROR)
    assert (await gateway.explain("order_shipped", to=ANN, data={"n": 1})).verdict == "send"

"""What a message costs, from its text to the answer; budgets and countries from the message to the provider; on both engines."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from tests.databases import rows
from tests.gateway.scripted import NOON, OFFERS, Carrier, FakeClock, Script, calls, message, outcome
from wasl.answers import CostSeen, MessageSeen
from wasl.api import Gateway
from wasl.errors import Refused
from wasl.explanations import Question
from wasl.terminal import whole
from wasl.terminal_explaining import explained
from wasl_contracts import Content, Reason, Rejected, State

Opened = Callable[..., Awaitable[Gateway]]
PHONE_ONLY = {"id": "u_1", "phone": "+966501234567"}
LONG = "ا" * 71  # two segments


def told(**more: Any) -> dict[str, Any]:
    return {
        "routes": {"default": {"channels": ["sms", "email"]}},
        "topics": {"offers": OFFERS, "codes": {"category": "otp"}},
        "prices": [{"channel": "sms", "country": "SA", "price": "0.042", "currency": "SAR"}],
        **more,
    }


def budget(**more: Any) -> dict[str, Any]:
    return {"budgets": {"texts": {"amount": "0.10", "currency": "SAR", "per": "month", **more}}}


def text(body: str = LONG, to: Any = None, **fields: Any) -> Any:
    return message(to, content=Content(body=body), **{"topic": "offers", "expires_in": "9d", **fields})


async def settled(gateway: Gateway, given: Any) -> MessageSeen:
    ends = (State.SENT, State.SCHEDULED, State.WITHHELD, State.FAILED)
    return await outcome(gateway, given, lambda seen: seen.state in ends)


async def test_segments_and_cost_are_told_with_the_delivery_and_foretold_by_explain(opened: Opened) -> None:
    gateway = await opened({"text": Carrier("sms"), "mail": Carrier("email")}, **told())

    foretold = await gateway.answer(Question.model_validate({"to": PHONE_ONLY, "content": {"body": LONG}}))
    seen = await settled(gateway, text(to=PHONE_ONLY))

    cost = CostSeen(units=2, encoding="ucs2", amount="0.084", currency="SAR")
    assert (foretold.cost, foretold.deliveries[0].cost) == (cost, cost)
    assert (seen.deliveries[0].cost, seen.deliveries[0].attempts[0].cost) == (cost, cost)


async def test_people_read_the_cost_of_a_message_and_what_it_would_cost(opened: Opened) -> None:
    gateway = await opened({"text": Carrier("sms"), "mail": Carrier("email")}, **told())
    page = Console(width=160, file=StringIO())

    page.print(explained(await gateway.answer(Question.model_validate({"to": PHONE_ONLY, "content": {"body": LONG}}))))
    page.print(whole(await settled(gateway, text(to=PHONE_ONLY))))

    shown = page.file.getvalue()  # type: ignore[attr-defined]  # it is a StringIO
    assert "Costs 2 segments (ucs2), 0.084 SAR." in shown
    assert shown.count("2 segments (ucs2), 0.084 SAR") == 2


async def test_an_unknown_price_is_unknown_and_segments_are_known_all_the_same(opened: Opened) -> None:
    gateway = await opened({"text": Carrier("sms"), "mail": Carrier("email")}, **told())

    seen = await settled(gateway, text("Hello", {"id": "u_2", "phone": "+447400123456"}))

    assert seen.deliveries[0].cost == CostSeen(units=1, encoding="gsm7")


async def test_a_mail_is_one_unit_and_costs_what_the_operator_says(opened: Opened, database: str) -> None:
    prices = [{"channel": "email", "price": "0.0001", "currency": "USD"}]
    gateway = await opened({"mail": Carrier("email"), "device": Carrier("push")}, **{**told(), "prices": prices, "routes": {}})

    seen = await settled(gateway, message(channels=("email",)))
    assert seen.deliveries[0].cost == CostSeen(units=1, amount="0.0001", currency="USD")

    device = {"id": "u_3", "addresses": [{"channel": "push", "kind": "fcm_token", "value": "t" * 20}]}
    assert (await settled(gateway, message(device, channels=("push",)))).deliveries[0].cost is None
    assert rows(database, "SELECT count(*) FROM spending") == [(0,)]


async def test_when_the_budget_is_spent_the_next_channel_is_used_or_none(opened: Opened) -> None:
    mail, sms = Carrier("email"), Carrier("sms")
    gateway = await opened({"text": sms, "mail": mail}, **told(**budget()))

    first, second = await settled(gateway, text()), await settled(gateway, text())
    alone = await settled(gateway, text(to={"id": "u_9", "phone": "+966501234568"}))

    assert [delivery.channel for seen in (first, second) for delivery in seen.deliveries] == ["sms", "email"]
    assert (alone.state, alone.deliveries[0].reason, calls(sms)) == (State.WITHHELD, Reason.BUDGET_EXCEEDED, [1])
    verdict = next(one for one in second.decisions[-1].candidates[0].verdicts if one.policy == "budget")
    assert (verdict.verdict, verdict.reason) == ("withhold", Reason.BUDGET_EXCEEDED)
    assert {name: verdict.inputs[name] for name in ("amount", "spent", "cost", "units")} == {
        "amount": "0.10", "spent": "0.084", "cost": "0.042", "units": 1,
    }  # fmt: skip


async def test_what_is_left_for_one_segment_is_not_enough_for_two(opened: Opened) -> None:
    mail, sms = Carrier("email"), Carrier("sms")
    gateway = await opened({"text": sms, "mail": mail}, **told(**budget(amount="0.05")))

    two, one = await settled(gateway, text(channels=("sms",))), await settled(gateway, text("Hi", channels=("sms",)))

    assert (two.state, two.deliveries[0].reason, one.state) == (State.WITHHELD, Reason.BUDGET_EXCEEDED, State.SENT)
    verdict = next(one for one in two.decisions[0].candidates[0].verdicts if one.policy == "budget")
    assert (verdict.inputs["units"], verdict.inputs["cost"], verdict.inputs["spent"]) == (2, "0.084", "0.00")


async def test_what_waits_for_the_next_period_goes_then(opened: Opened, clock: FakeClock) -> None:
    sms = Carrier("sms")
    gateway = await opened({"text": sms, "mail": Carrier("email")}, clock=clock, **told(**budget(per="day", over="defer")))
    await settled(gateway, text())

    second = await settled(gateway, text())

    assert (second.state, second.deliveries[0].reason) == (State.SCHEDULED, Reason.BUDGET_EXCEEDED)
    due_at = second.deliveries[0].due_at
    assert due_at is not None
    assert NOON + timedelta(hours=12) <= due_at < NOON + timedelta(hours=12, minutes=1)
    clock.advance(hours=12, minutes=1)
    async with asyncio.timeout(5):
        while calls(sms) != [2]:  # noqa: ASYNC110 - it is called by the worker
            await asyncio.sleep(0.005)


async def test_codes_go_when_all_is_spent(opened: Opened) -> None:
    gateway = await opened({"text": Carrier("sms"), "mail": Carrier("email")}, **told(**budget()))
    await settled(gateway, text())

    code = await settled(gateway, text("1234", topic="codes", expires_in="5m"))

    assert code.state is State.SENT


async def test_what_a_provider_refused_is_given_back(opened: Opened) -> None:
    sms = Carrier("sms", Script(Rejected(Reason.CONTENT_REJECTED, scope="content")))
    gateway = await opened({"text": sms, "mail": Carrier("email")}, **told(**budget()))

    refused, sent = await settled(gateway, text(to=PHONE_ONLY)), await settled(gateway, text(to=PHONE_ONLY))

    assert (refused.state, refused.deliveries[0].cost, sent.state) == (State.FAILED, None, State.SENT)
    assert refused.deliveries[0].attempts[0].cost is not None


async def test_explain_tells_that_the_budget_is_spent_and_spends_nothing(opened: Opened, database: str) -> None:
    gateway = await opened({"text": Carrier("sms"), "mail": Carrier("email")}, **told(**budget(amount="0.05")))

    foretold = await gateway.answer(Question.model_validate({"to": PHONE_ONLY, "content": {"body": LONG}, "topic": "offers"}))

    assert (foretold.verdict, foretold.reason and foretold.reason.code, foretold.cost) == ("withhold", Reason.BUDGET_EXCEEDED, None)
    assert rows(database, "SELECT count(*) FROM spending") == [(0,)]


async def test_a_number_of_a_country_that_is_switched_off_is_refused_when_there_is_no_other_way(opened: Opened) -> None:
    gateway = await opened({"text": Carrier("sms"), "mail": Carrier("email")}, **told(countries={"allowed": ["SA"]}))

    with pytest.raises(Refused) as caught:
        await gateway.accept(text(to={"phone": "+18765550123"}))

    (problem,) = caught.value.errors
    assert (problem.pointer, problem.code) == ("/to/phone", "country_disabled")
    assert "8765550123" not in str(caught.value)
    assert (await settled(gateway, text(to=PHONE_ONLY))).state is State.SENT


async def test_who_has_another_address_is_reached_there(opened: Opened) -> None:
    mail, sms = Carrier("email"), Carrier("sms")
    gateway = await opened({"text": sms, "mail": mail}, **told(countries={"allowed": ["SA"]}))

    seen = await settled(gateway, text(to={"id": "u_4", "phone": "+18765550123", "email": "ann@example.com"}))
    alone = await settled(gateway, text(to={"id": "u_4"}, channels=("sms",)))

    assert (calls(sms, mail), seen.deliveries[0].channel) == ([0, 1], "email")
    assert (alone.state, alone.deliveries[0].reason) == (State.WITHHELD, Reason.COUNTRY_BLOCKED)

"""Unknown outcomes at a provider that can be asked what became of a call."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from tests.gateway.scripted import OFFERS, Carrier, Script, calls, message, outcome, types
from wasl.api import Gateway
from wasl_contracts import Capabilities, Mark, Reason, Receipt, Rejected, State, Unavailable, Unknown

Opened = Callable[..., Awaitable[Gateway]]
Answer = Receipt | None | Exception
TOPICS = {"offers": OFFERS, "codes": {"category": "otp"}, "default": {}}
LOST = Unknown("timeout")
# PostgreSQL's own clock rules there: an hour that passes is simulated by limits instead.
BRISK = {"base": "5ms", "reconcile_after": "10ms"}


@dataclass
class Knowing(Carrier):
    """A provider that tells what it knows, answer by answer; the last one for ever."""

    answers: list[Answer] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    most: int = 0

    def plugin(self) -> type[Any]:
        carrier = self

        class Tells(super().plugin()):  # type: ignore[misc]  # made anew for each carrier
            out = 0

            async def find(self, attempt_id: str) -> Receipt | None:
                carrier.asked.append(attempt_id)
                type(self).out += 1
                carrier.most = max(carrier.most, type(self).out)
                await asyncio.sleep(0.002)
                type(self).out -= 1
                answer = carrier.answers.pop(0) if len(carrier.answers) > 1 else carrier.answers[0]
                if isinstance(answer, Exception):
                    raise answer
                return answer

        return Tells


def rules(seen: Any) -> list[Any]:
    return [entry.facts["rule"] for entry in seen.timeline if "rule" in entry.facts]


@pytest.mark.parametrize("topic", list(TOPICS))
async def test_what_the_provider_found_was_sent_and_is_not_sent_again(opened: Opened, topic: str) -> None:
    mail = Knowing("email", Script(LOST), answers=[Receipt(provider_ref="found")])
    gateway = await opened({"mail": mail}, topics=TOPICS, retry=BRISK)

    seen = await outcome(gateway, message(topic=topic))

    assert (seen.state, calls(mail), seen.deliveries[0].provider_ref) == (State.SENT, [1], "found")
    assert mail.asked == [seen.deliveries[0].attempts[0].id] == [mail.script.calls[0].attempt_id]
    assert Mark.POSSIBLE_DUPLICATE not in seen.marks
    assert (types(seen)[-2:], rules(seen)) == (["unknown", "sent"], ["look_up"])


@pytest.mark.parametrize("topic", list(TOPICS))
async def test_what_the_provider_never_got_is_sent_again_unmarked(opened: Opened, topic: str) -> None:
    mail = Knowing("email", Script(LOST), answers=[None])
    gateway = await opened({"mail": mail}, topics=TOPICS, retry=BRISK)

    seen = await outcome(gateway, message(topic=topic), lambda seen: seen.state is State.SENT)

    assert (calls(mail), len(mail.asked)) == ([2], 1)
    assert Mark.POSSIBLE_DUPLICATE not in seen.marks
    assert [attempt.outcome for attempt in seen.deliveries[0].attempts] == ["unavailable", "receipt"]
    assert rules(seen) == ["look_up"]


async def test_after_proof_that_it_never_arrived_another_way_may_be_taken(opened: Opened) -> None:
    refusal = Rejected(Reason.CONTENT_REJECTED, "content")
    mail, text = Knowing("email", Script(LOST, refusal), answers=[None]), Carrier("sms")
    gateway = await opened({"mail": mail, "text": text}, retry=BRISK)

    seen = await outcome(gateway, message(), lambda seen: seen.state is State.SENT)

    assert [(one.channel, one.state) for one in seen.deliveries] == [("email", State.FAILED), ("sms", State.SENT)]


@pytest.mark.parametrize("failure", [Unavailable(), Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", 401), LOST, ValueError("no")])
async def test_an_answer_that_proves_nothing_is_asked_for_again(opened: Opened, failure: Exception) -> None:
    mail = Knowing("email", Script(LOST), answers=[failure, failure, Receipt()])
    gateway = await opened({"mail": mail}, topics=TOPICS, retry=BRISK)

    seen = await outcome(gateway, message(topic="offers"), lambda seen: seen.state is State.SENT)

    assert (calls(mail), len(mail.asked)) == ([1], 3)
    assert [one.outcome for one in seen.deliveries[0].attempts] == ["unknown"]


async def test_when_the_time_for_asking_is_over_the_rule_of_the_category_decides(opened: Opened) -> None:
    mail = Knowing("email", Script(LOST, LOST), answers=[Unavailable()])
    limits = {**BRISK, "horizons": {"email": "60ms"}}
    gateway = await opened({"mail": mail}, topics=TOPICS, retry=limits)

    offer = await outcome(gateway, message(topic="offers"), lambda seen: "left_unknown" in types(seen))
    news = await outcome(gateway, message(), lambda seen: seen.state is State.SENT)

    assert (offer.state, rules(offer)) == (State.UNKNOWN, ["never"])
    assert (Mark.POSSIBLE_DUPLICATE in news.marks, rules(news)) == (True, ["once"])


async def test_a_key_comes_before_asking(opened: Opened) -> None:
    hook = Knowing("email", Script(LOST), Capabilities(idempotency_seconds=900), answers=[Receipt()])
    gateway = await opened({"hook": hook}, topics=TOPICS, retry=BRISK)

    seen = await outcome(gateway, message(topic="offers"), lambda seen: seen.state is State.SENT)

    assert (calls(hook), hook.asked, rules(seen)) == ([2], [], ["same_key"])


async def test_many_unknown_outcomes_are_asked_about_a_few_at_a_time_and_sending_goes_on(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.finding._FULL", timedelta(milliseconds=5))
    mail = Knowing("email", Script(*[LOST] * 8), answers=[Receipt()])
    gateway = await opened({"mail": mail}, retry=BRISK)

    lost = [await gateway.accept(message()) for _ in range(8)]
    sent = [await gateway.accept(message()) for _ in range(8)]

    assert {(await gateway.wait(one.id)).state for one in (*lost, *sent)} == {State.SENT}
    assert (calls(mail), len(mail.asked)) == ([16], 8)
    assert 1 <= mail.most <= 4

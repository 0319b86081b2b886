"""The sentence of a message: of every state and reason, in English and Arabic."""

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.gateway.scripted import NOON
from wasl.answers import AttemptSeen, DeliverySeen, MessageSeen, RecipientSeen, TimelineEntry, WhyNot
from wasl.console.sentences import duration_words, sentence
from wasl.reasons_in_arabic import IN_ARABIC
from wasl_contracts import Mark, Reason, State

STATES = list(State)
ISOLATED = re.compile("\u2068[^\u2069]*\u2069")


def told(*deliveries: DeliverySeen, state: State, **fields: Any) -> MessageSeen:
    usual: dict[str, Any] = {
        "id": "msg_1", "brand": "default", "to": RecipientSeen(id="u_42", audience="person"), "topic": "codes", "category": "otp",
        "template": "security_code", "timeline": (), "decisions": (), "created_at": NOON, "due_at": NOON, "expires_at": NOON,
    }  # fmt: skip
    return MessageSeen(**{**usual, **fields}, state=state, deliveries=deliveries)


def delivery(state: State, channel: str | None = "sms", attempts: int = 1, number: int = 1, **fields: Any) -> DeliverySeen:
    calls = tuple(AttemptSeen(id=f"att_{n}", number=n, provider="vonage", started_at=NOON) for n in range(1, attempts + 1))
    return DeliverySeen(
        id=f"dlv_1_{number}", channel=channel, provider="vonage" if attempts else None, state=state, attempts=calls, **fields
    )


def plain(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "")


@pytest.mark.parametrize("state", STATES)
def test_every_state_and_reason_has_its_sentence_in_both_languages(state: State) -> None:
    for reason in Reason:
        seen = told(delivery(state), state=state, reason=WhyNot.of(reason, "30003"), marks=tuple(Mark))

        english, arabic = sentence(seen, "en"), sentence(seen, "ar")

        for text in (english, arabic):
            assert "{" not in text
            assert "  " not in text
            assert text.endswith(".")
            assert plain(text).count("security_code") == 1
        assert not re.search(r"[A-Za-z]", ISOLATED.sub("", arabic).replace("SMS", ""))
        if state is not State.DELIVERED and reason.value != state.value:
            assert reason.sentence in english
            assert IN_ARABIC[reason] in arabic
            assert "30003" in english


def test_what_arrived_tells_its_way_and_how_long_it_took() -> None:
    entry = TimelineEntry(at=NOON + timedelta(seconds=4.2), type="delivered", delivery="dlv_1_1")
    seen = told(delivery(State.DELIVERED, attempts=2), state=State.DELIVERED, timeline=(entry,), marks=(Mark.READ,))

    assert plain(sentence(seen, "en")) == (
        "security_code was delivered to u_42 by SMS through vonage, 4 seconds after it was asked for, on the second attempt. It was read."
    )
    assert plain(sentence(seen, "ar")) == (
        "سُلّمت الرسالة security_code إلى u_42 عبر الرسائل النصية بواسطة vonage، بعد 4 ثوانٍ من طلبها، في المحاولة الثانية. قُرئت."
    )


def test_what_waited_too_long_tells_what_for() -> None:
    held = TimelineEntry(at=NOON, type="scheduled", delivery="dlv_1_1", facts={"reason": "operator_paused"})
    seen = told(delivery(State.EXPIRED), state=State.EXPIRED, template=None, timeline=(held,), reason=WhyNot.of(Reason.EXPIRED))

    assert plain(sentence(seen, "en", topic="Sign-in codes")) == (
        "Sign-in codes was not sent to u_42 in time. What it waited for: An operator has paused the provider."
    )
    assert IN_ARABIC[Reason.OPERATOR_PAUSED] in sentence(seen, "ar")


def test_what_was_tried_until_its_life_was_over_is_not_said_to_be_tried_again() -> None:
    held = TimelineEntry(at=NOON, type="scheduled", delivery="dlv_1_1", facts={"reason": "retrying"})
    seen = told(delivery(State.EXPIRED), state=State.EXPIRED, template=None, timeline=(held,), reason=WhyNot.of(Reason.EXPIRED))

    assert plain(sentence(seen, "en", topic="Sign-in codes")) == (
        "Sign-in codes was not sent to u_42 in time. The provider could not take it in all that time."
    )


def test_a_channel_that_came_first_and_did_not_carry_it_is_told_with_its_reason() -> None:
    failed = delivery(State.FAILED, "sms", reason=Reason.SUPPRESSED_BOUNCE)
    seen = told(failed, delivery(State.SENT, "email", number=2), state=State.SENT)

    assert "Not by SMS: This address bounced, so we stopped sending to it." in sentence(seen, "en")
    assert "ليس عبر الرسائل النصية: ارتدّت رسالة عن هذا العنوان فأوقفنا الإرسال إليه." in sentence(seen, "ar")


def test_what_was_sent_is_never_called_arrived() -> None:
    unconfirmed = told(delivery(State.SENT, marks=(Mark.UNCONFIRMED,)), state=State.SENT)
    waiting = told(delivery(State.SENT), state=State.SENT)

    assert Reason.NO_RECEIPTS.sentence in sentence(unconfirmed, "en")
    assert "Nothing has told yet that it arrived." in sentence(waiting, "en")


def test_what_waits_tells_when_it_goes() -> None:
    seen = told(delivery(State.SCHEDULED, None, 0, due_at=NOON), state=State.SCHEDULED, reason=WhyNot.of(Reason.QUIET_HOURS))

    assert "It goes at 2026-03-01 12:00 UTC." in plain(sentence(seen, "en"))
    assert "It goes at noon." in plain(sentence(seen, "en", at=lambda _: "noon"))


@pytest.mark.parametrize(
    ("seconds", "english", "arabic"),
    [
        (0.9, "", ""), (1, "1 second", "ثانية واحدة"), (2, "2 seconds", "ثانيتين"), (10, "10 seconds", "10 ثوانٍ"),
        (11, "11 seconds", "11 ثانية"), (120, "2 minutes", "دقيقتين"), (3 * 3600, "3 hours", "3 ساعات"),
        (100 * 86_400, "100 days", "100 يوم"),
    ],
)  # fmt: skip
def test_durations_have_the_plural_of_their_language(seconds: float, english: str, arabic: str) -> None:
    took = timedelta(seconds=seconds)

    assert (duration_words(took, "en"), duration_words(took, "ar")) == (english, arabic)


def test_many_attempts_are_counted() -> None:
    seen = told(delivery(State.FAILED, attempts=12), state=State.FAILED)

    assert "after 12 attempts" in sentence(seen, "en")
    assert "بعد 12 محاولة" in sentence(seen, "ar")
    assert sentence(seen, "fr") == sentence(seen, "en")


def test_a_message_without_a_template_and_a_topic_has_no_name() -> None:
    seen = told(delivery(State.UNKNOWN), state=State.UNKNOWN, template=None, topic="default")
    sent = told(delivery(State.SENT), state=State.SENT, template=None, topic="default")

    assert plain(sentence(seen, "en")).startswith("It is not certain whether a message reached u_42 by SMS")
    assert plain(sentence(sent, "en")).startswith("A message was sent to u_42")
    assert plain(sentence(sent, "ar")).startswith("أُرسلت الرسالة إلى u_42")

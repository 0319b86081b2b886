"""The steps of a message's life, and the waits between them with what they were for."""

from datetime import timedelta
from typing import Any

from tests.gateway.console.test_sentences import delivery, told
from tests.gateway.scripted import NOON
from wasl.answers import AttemptSeen, MessageSeen, TimelineEntry
from wasl.console.story import steps
from wasl.decision_seen import CandidateSeen, DecisionSeen
from wasl.related_seen import RelatedSeen
from wasl_contracts import Reason, State


def after(**how: float) -> Any:
    return NOON + timedelta(**how)


def call(number: int, began: float, ended: float | None, **fields: Any) -> AttemptSeen:
    end = after(seconds=ended) if ended is not None else None
    return AttemptSeen(id=f"att_1_1_{number}", number=number, provider="vonage", started_at=after(seconds=began), ended_at=end, **fields)


def happened(kind: str, seconds: float, **facts: Any) -> TimelineEntry:
    return TimelineEntry(at=after(seconds=seconds), type=kind, delivery="dlv_1_1", facts=facts)


def kinds(seen: MessageSeen) -> list[str]:
    return [step.name or step.kind for step in steps(seen)]


def test_calls_are_one_step_each_and_skipped_ways_stand_before_the_chosen_one() -> None:
    candidates = (
        CandidateSeen(channel="sms", address="+9665•••••67", chosen=False, reason=Reason.SUPPRESSED_BOUNCE),
        CandidateSeen(channel="email", address="a•••@e•••.com", chosen=True),
        CandidateSeen(channel="push", address=None, chosen=False),
    )
    decision = DecisionSeen(delivery="dlv_1_1", at=after(seconds=0.1), config="c", candidates=candidates)
    timeline = (happened("accepted", 0), happened("sending", 0.2), happened("answer.receipt", 0.6), happened("delivered", 0.9))
    one = delivery(State.DELIVERED).model_copy(update={"attempts": (call(1, 0.2, 0.6),)})
    seen = told(one, state=State.DELIVERED, timeline=timeline, decisions=(decision,))

    found = steps(seen)

    assert kinds(seen) == ["accepted", "routed", "skipped", "decided", "rendered", "called", "delivered"]
    assert [step.reason for step in found if step.kind == "skipped"] == [Reason.SUPPRESSED_BOUNCE]
    assert round(next(step.seconds or 0 for step in found if step.kind == "called"), 3) == 0.4
    assert not any(step.wait for step in found)


def test_a_wait_is_told_with_the_reason_that_held_it_or_else_for_what_it_was() -> None:
    calls = (call(1, 3, 4, outcome="unavailable"), call(2, 64, 64.5, outcome="receipt"))
    timeline = (
        happened("accepted", 0), happened("scheduled", 4, reason="retrying", until=after(seconds=64).isoformat()),
        happened("delivered", 70), happened("opened", 100),
    )  # fmt: skip
    seen = told(delivery(State.DELIVERED).model_copy(update={"attempts": calls}), state=State.DELIVERED, timeline=timeline)
    resent = RelatedSeen(id="msg_2", how="resent_as", state=State.SENT, topic="codes", created_at=after(hours=1))

    waits = [(step.name or step.kind, step.wait.seconds, step.wait.reason, step.wait.waited) for step in steps(seen, [resent]) if step.wait]

    assert waits == [
        ("rendered", 3, None, "queue"),
        ("called", 60, Reason.RETRYING, "queue"),
        ("delivered", 5.5, None, "report"),
        ("opened", 30, None, "person"),
        ("resent", 3500, None, "operator"),
    ]


def test_a_call_whose_end_was_never_seen_has_no_length() -> None:
    seen = told(delivery(State.UNKNOWN).model_copy(update={"attempts": (call(1, 0.5, None),)}), state=State.UNKNOWN)

    assert [step.seconds for step in steps(seen) if step.kind == "called"] == [None]

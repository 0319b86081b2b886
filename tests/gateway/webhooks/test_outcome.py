"""What becomes of an endpoint and its events, without a database."""

import json
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from tests.gateway.scripted import NOON
from wasl.clock import MICROSECOND, micros
from wasl.ledger.feed import Cursor
from wasl.ledger.webhooks import About, Endpoint, Secret
from wasl.webhooks.happening import Happening
from wasl.webhooks.outcome import Posted, outcome, tries
from wasl.webhooks.posting import Answered
from wasl.webhooks.schedule import STEPS, due_in
from wasl.webhooks.signing import new_secret, signatures

NOW = micros(NOON)
DAY = timedelta(days=1) // MICROSECOND
PLACE = Cursor(NOW, 0, 7, 0)
ENDPOINT = Endpoint("default", "wh_1", NOW, "https://acme.example/hook", (Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),))
EVENT = Happening("evt_1", "message.sent", NOW, "msg_1", 1, None, None, NOW)


def answered(status: int | None = 200, code: str | None = None, **how: Any) -> Answered:
    ok = status is not None and 200 <= status < 300
    return Answered(NOW, status, code or ("ok" if ok else f"http_{status}"), 12, **how)


def after(*posted: Posted, endpoint: Endpoint = ENDPOINT, now: int = NOW) -> Any:
    return outcome(endpoint, PLACE, posted, now, Random(1))


def test_the_signature_is_the_one_of_the_standards_own_example() -> None:
    signed = signatures([ENDPOINT.secrets[0].text], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_secret_signs_and_a_new_one_has_256_bits() -> None:
    secrets = [new_secret(), new_secret()]

    told = signatures(secrets, "evt_1", 1, b"{}").split(" ")

    assert len(set(told)) == 2
    assert all(one.startswith("v1,") for one in told)
    assert all(len(one) == len("whsec_") + 44 for one in secrets)


def test_an_event_is_tried_for_three_days_with_jitter_and_then_given_up() -> None:
    waits = [due_in(tried, None, Random(tried)) for tried in range(1, len(STEPS) + 2)]

    assert waits[-1] is None
    assert 2.8 < sum(STEPS) / 86_400 < 3.1
    assert all(wait is not None and 0.8 * step <= wait.total_seconds() <= 1.2 * step for wait, step in zip(waits, STEPS, strict=False))


def test_what_the_endpoint_asks_for_is_a_floor() -> None:
    assert due_in(1, 3600.0, Random(1)) == timedelta(hours=1)
    assert due_in(3, 1.0, Random(1)) > timedelta(minutes=20)


def test_what_was_taken_leaves_no_row_and_what_was_not_waits() -> None:
    kept = replace(EVENT, id="evt_2", tried=2, kept=True)

    turn = after(Posted(EVENT, answered()), Posted(kept, answered(503)), Posted(replace(kept, id="evt_3"), answered()))

    assert (turn.cursor, turn.taken, [(wait.event_id, wait.attempts) for wait in turn.waits]) == (PLACE, ["evt_3"], [("evt_2", 3)])
    assert turn.failing_since is None


def test_what_was_not_begun_is_due_at_once_and_counts_as_no_try() -> None:
    turn = after(Posted(EVENT, None))

    assert [(wait.attempts, wait.due_at) for wait in turn.waits] == [(0, NOW)]
    assert (turn.failing_since, turn.disabled, turn.tries) == (None, None, "[]")


def test_the_last_try_that_fails_gives_an_event_up() -> None:
    turn = after(Posted(replace(EVENT, tried=len(STEPS), kept=True), answered(500)))

    assert [(wait.attempts, wait.due_at) for wait in turn.waits] == [(len(STEPS) + 1, None)]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_only_2xx_is_success(status: int) -> None:
    assert after(Posted(EVENT, answered(status))).waits == []


@pytest.mark.parametrize(
    ("since", "answer", "disabled"),
    [
        (None, answered(500), None),
        (NOW - 5 * DAY + 1, answered(500), None),
        (NOW - 5 * DAY, answered(500), "failing"),
        (NOW - 5 * DAY, answered(None, "no_answer"), "failing"),
        (NOW - 9 * DAY, answered(200), None),
        (None, answered(410), "gone"),
    ],
)
def test_after_five_days_of_nothing_but_failures_or_with_410_an_endpoint_is_disabled(
    since: int | None, answer: Answered, disabled: str | None
) -> None:
    turn = after(Posted(EVENT, answer), endpoint=replace(ENDPOINT, failing_since=since))

    assert turn.disabled == disabled
    assert turn.failing_since == (None if answer.ok else since or NOW)


def test_a_turn_with_nothing_to_post_changes_nothing_of_how_it_stands() -> None:
    turn = after(endpoint=replace(ENDPOINT, failing_since=NOW - 6 * DAY))

    assert (turn.failing_since, turn.disabled) == (NOW - 6 * DAY, None)


def test_the_last_fifty_tries_are_kept_and_as_many_that_failed() -> None:
    failed = after(*(Posted(replace(EVENT, id=f"evt_f{n}"), answered(500)) for n in range(60)))

    turn = after(*(Posted(replace(EVENT, id=f"evt_{n}"), answered()) for n in range(60)), endpoint=replace(ENDPOINT, tries=failed.tries))

    told = tries(turn.tries)
    assert [one.event for one in told[:50]] == [f"evt_{n}" for n in reversed(range(10, 60))]
    assert [one.event for one in told[50:]] == [f"evt_f{n}" for n in reversed(range(10, 60))]
    assert (told[0].code, told[0].status, told[0].ms, told[-1].code) == ("ok", 200, 12, "http_500")


def test_an_event_that_waits_comes_back_as_it_was() -> None:
    event = replace(EVENT, type="message.failed", reason="too_long", successor=2)

    again = Happening.waited(event.waits(3, NOW))

    assert again == replace(event, tried=3, kept=True)
    assert again.body(None) == event.body(None)


def test_what_is_told_of_a_person_is_what_is_known_now() -> None:
    erased = About("erased_1", "orders", "{}", "email", "mail", "•••")

    told = json.loads(EVENT.body(erased))["data"]

    assert (told["recipient"], told["address"], told["metadata"]) == ("erased_1", "•••", {})


def test_an_event_of_no_message_has_no_state() -> None:
    told = json.loads(Happening("evt_1", "webhook.disabled", NOW, None, None, "gone", None, NOW).body(None))

    assert told == {
        "type": "webhook.disabled", "timestamp": "2026-03-01T12:00:00+00:00",
        "data": {"message": None, "delivery": None, "state": None, "reason": "gone", "successor": None},
    }  # fmt: skip

"""POST /v1/messages:retry and /v1/messages/{id}:retry."""

from datetime import datetime
from typing import Any

import pytest

from tests.gateway.server.conftest import HELLO, Serving
from wasl.clock import micros
from wasl.ledger.intents import Intent
from wasl.ledger.settle import Ended, Settlement
from wasl.policies.verdict import Candidate
from wasl_contracts import Reason, State


async def failed(serving: Serving, reason: Reason = Reason.UNROUTABLE, **fields: Any) -> str:
    """A message that has become a dead letter."""
    sent = (await serving.post({**HELLO, **fields})).json
    ledger = serving.gateway._open.ledger
    (claimed,) = await ledger.claim({"log": 10})
    await ledger.settle(Settlement(claimed, State.FAILED, micros(ledger.clock.now()), reason))
    return str(sent["id"])


async def test_a_dead_letter_goes_again_and_twice_is_as_good_as_once(serving: Serving) -> None:
    dead = await failed(serving)

    first = await serving.post(None, f"/v1/messages/{dead}:retry")
    second = await serving.post(None, f"/v1/messages/{dead}:retry")

    assert (first.status, first.json["state"], second.status) == (200, "scheduled", 200)
    assert [entry["type"] for entry in second.json["timeline"]].count("replayed") == 1
    life = datetime.fromisoformat(second.json["expires_at"]) - datetime.fromisoformat(second.json["due_at"])
    assert life.total_seconds() > 0


async def test_what_did_not_fail_is_a_conflict_that_says_why(serving: Serving) -> None:
    waiting = (await serving.post(HELLO)).json["id"]
    cancelled = (await serving.post(HELLO)).json["id"]
    await serving.post(None, f"/v1/messages/{cancelled}:cancel")

    for message_id, code in ((waiting, "under_way"), (cancelled, "not_failed")):
        answer = await serving.post(None, f"/v1/messages/{message_id}:retry")

        assert answer.problem == (409, code)
        assert answer.json["suggested_action"]


async def test_what_may_have_arrived_needs_a_word(serving: Serving) -> None:
    sent = (await serving.post(HELLO)).json["id"]
    ledger = serving.gateway._open.ledger
    (claimed,) = await ledger.claim({"log": 10})
    candidate = Candidate(claimed.envelope, "log", claimed.envelope.addresses[0], "hash", ("mail",))
    assert await ledger.commit_intents([Intent(claimed, candidate, "mail", "[]")]) == [True]
    now = micros(ledger.clock.now())
    ended = Ended(1, now, "unknown", Reason.OUTCOME_UNKNOWN)
    await ledger.settle(Settlement(claimed, State.UNKNOWN, now, Reason.OUTCOME_UNKNOWN, ended=ended))

    without = await serving.post(None, f"/v1/messages/{sent}:retry")
    with_it = await serving.post(None, f"/v1/messages/{sent}:retry?possible_duplicate=true")

    assert without.problem == (409, "may_have_arrived")
    assert (with_it.status, with_it.json["marks"]) == (200, ["possible_duplicate"])


async def test_all_that_fit_are_counted_or_sent_again(serving: Serving) -> None:
    for reason in (Reason.UNROUTABLE, Reason.UNROUTABLE, Reason.POISON):
        await failed(serving, reason)
    await failed(serving, topic="orders")
    wanted = {"state": "failed", "topic": "default"}

    counted = await serving.post({**wanted, "dry_run": True}, "/v1/messages:retry")
    some = await serving.post({**wanted, "limit": 2}, "/v1/messages:retry")
    rest = await serving.post(wanted, "/v1/messages:retry")

    assert counted.json == {
        "dry_run": True, "retried": 3, "by_reason": {"unroutable": 2, "poison": 1}, "left_alone": {}, "has_more": False,
    }  # fmt: skip
    assert (some.json["retried"], some.json["has_more"]) == (2, True)
    assert (rest.json["retried"], rest.json["has_more"]) == (1, False)


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/state", "missing_field"),
        ({"topic": "orders"}, "/state", "missing_field"),
        ({"state": "sent"}, "/state", "bad_value"),
        ({"state": "faild"}, "/state", "bad_value"),
        ({"reason": "bad luck"}, "/reason", "bad_value"),
        ({"state": "failed", "dry": True}, "/dry", "unknown_field"),
        ({"state": "failed", "limit": 0}, "/limit", "bad_value"),
    ],
)
async def test_a_wrong_request_names_the_field(serving: Serving, body: dict[str, Any], pointer: str, code: str) -> None:
    answer = await serving.post(body, "/v1/messages:retry")

    assert answer.problem == (422, code)
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize(("query", "code"), [("?possible_duplicate=yes", "bad_value"), ("?dry_run=true", "unknown_filter")])
async def test_a_wrong_parameter_is_refused(serving: Serving, query: str, code: str) -> None:
    dead = await failed(serving)

    assert (await serving.post(None, f"/v1/messages/{dead}:retry{query}")).problem == (422, code)


async def test_only_a_key_that_may_send_may_send_again(serving: Serving) -> None:
    dead = await failed(serving)

    assert (await serving.post(None, f"/v1/messages/{dead}:retry", key="read")).problem == (403, "scope_required")
    assert (await serving.post({"state": "failed"}, "/v1/messages:retry", key="read")).problem == (403, "scope_required")
    assert (await serving.post(None, "/v1/messages/msg_none:retry")).problem == (404, "not_found")


async def test_the_list_can_be_narrowed_to_a_reason(serving: Serving) -> None:
    poisoned = await failed(serving, Reason.POISON)
    await failed(serving)

    listed = await serving.get("/v1/messages?reason=poison")

    assert [one["id"] for one in listed.json["data"]] == [poisoned]

import itertools
from typing import Any

import pytest
from sqlalchemy import update

from tests.gateway.scripted import Desk, message
from wasl.errors import Conflict
from wasl.ledger import statements as sql
from wasl.ledger.claims import Release
from wasl.ledger.tables import deliveries
from wasl.states import LIVE, PENDING, TRANSITIONS, fold, may_become
from wasl_contracts import Reason, State

# DESIGN.md section 5, copied by hand: the code may not simply agree with itself.
TABLE = {
    "accepted": "sending scheduled withheld expired cancelled superseded failed",
    "scheduled": "sending scheduled withheld expired cancelled superseded failed",
    "sending": "sent delivered scheduled failed unknown",
    "unknown": "sent delivered failed bounced scheduled expired",
    "sent": "delivered bounced failed",
    "delivered": "bounced",
    "failed": "scheduled delivered bounced",
    "expired": "scheduled",
    "bounced": "scheduled",
    "withheld": "",
    "cancelled": "",
    "superseded": "",
}
FURTHEST = ["delivered", "sent", "unknown", "sending", "scheduled", "accepted"]
FURTHEST += ["bounced", "failed", "withheld", "expired", "cancelled", "superseded"]
ALLOWED = {(source, target) for source, targets in TABLE.items() for target in targets.split()}
PAIRS = list(itertools.product(State, State))


def test_the_transitions_are_those_of_the_design() -> None:
    assert {(source.value, target.value) for source, targets in TRANSITIONS.items() for target in targets} == ALLOWED
    assert TRANSITIONS.keys() == set(State)


def test_the_named_sets_follow_from_the_table() -> None:
    assert {state for state in State if "cancelled" in TABLE[state]} == PENDING
    assert PENDING | {State.SENDING, State.UNKNOWN} == LIVE


@pytest.mark.parametrize("target", State)
def test_may_become_inverts_the_table(target: State) -> None:
    assert set(may_become(target)) == {State(source) for source, to in ALLOWED if to == target}


def test_a_message_is_as_far_as_its_furthest_delivery_whatever_the_order() -> None:
    for first, second in itertools.permutations(FURTHEST, 2):
        states = [State(first), State(second)]

        assert fold(states) == min(states, key=lambda state: FURTHEST.index(state.value))


@pytest.mark.parametrize("states", list(itertools.permutations(["bounced", "sending", "failed", "cancelled"])))
def test_the_fold_of_many_does_not_depend_on_their_order(states: tuple[str, ...]) -> None:
    assert fold(map(State, states)) is State.SENDING


def test_the_fold_knows_every_state() -> None:
    assert sorted(FURTHEST) == sorted(state.value for state in State)
    assert all(fold([state]) is state for state in State)


class Row:
    """One delivery in a real file, that can be put into any state."""

    def __init__(self, desk: Desk, key: dict[str, Any]) -> None:
        self.desk, self.key = desk, key

    async def becomes(self, state: State) -> None:
        async with self.desk.store.engine.begin() as connection:
            await connection.execute(update(deliveries).values(state=state.value, due_at=1, claimed_at=1))

    async def run(self, statement: Any, **values: Any) -> str:
        await self.desk.store.writer.run(lambda tx: tx.fetch(statement, {**self.key, **values}))
        ((state,),) = self.desk.rows("SELECT state FROM deliveries")
        return str(state)


@pytest.fixture
async def row(desk: Desk) -> Row:
    await desk.accept(message())
    (claimed,) = await desk.claim()
    return Row(desk, dict(claimed.key))


SETTLED = {
    "reason": None,
    "code": None,
    "marks": "[]",
    "due_at": None,
    "lane": "email",
    "provider_ref": None,
    "refused": "[]",
    "strikes": 0,
}
INTENT = {"channel": "email", "address_hash": "h", "address": "a", "provider": "mail", "attempts": 1, "decision": "[]", "decided_at": 0}


async def test_settling_moves_a_delivery_only_along_the_table(row: Row) -> None:
    for source, target in PAIRS:
        if target not in sql.SETTLE:
            assert not any(to == target for _, to in ALLOWED)
            continue
        await row.becomes(source)

        found = await row.run(sql.SETTLE[target], **SETTLED)

        assert found == (target if (source.value, target.value) in ALLOWED else source), (source, target)


async def test_an_intent_is_committed_only_from_where_sending_is_allowed(row: Row) -> None:
    for source in State:
        await row.becomes(source)

        found = await row.run(sql.COMMIT_INTENT, **INTENT, lease_ends=0)

        assert found == (State.SENDING if (source.value, "sending") in ALLOWED else source)


async def test_only_what_waits_is_cancelled(row: Row, desk: Desk) -> None:
    ((message_id,),) = desk.rows("SELECT id FROM messages")
    for source in State:
        await row.becomes(source)

        if (source.value, "cancelled") in ALLOWED:
            await desk.ledger.cancel("default", message_id)
            assert desk.rows("SELECT state, due_at, reason FROM deliveries") == [("cancelled", None, "cancelled")]
        elif source is State.CANCELLED:
            await desk.ledger.cancel("default", message_id)  # again is as good as once
        else:
            with pytest.raises(Conflict):
                await desk.ledger.cancel("default", message_id)
            assert desk.rows("SELECT state, due_at FROM deliveries") == [(source.value, 1)]


async def test_giving_a_claim_back_changes_no_state_and_touches_nothing_that_is_out_or_over(row: Row, desk: Desk) -> None:
    (claimed,) = await desk.claim() or [None]
    assert claimed is None
    for source in State:
        await row.becomes(source)

        found = await row.run(sql.RELEASE, due_at=99, lane="email", strikes=0)

        due = 99 if source in PENDING | {State.UNKNOWN} else 1
        assert (found, desk.rows("SELECT due_at FROM deliveries")) == (source, [(due,)])


@pytest.mark.parametrize("statement", ["settle", "intent", "release"])
async def test_an_old_fence_changes_nothing(row: Row, statement: str) -> None:
    row.key["key_fence"] -= 1
    await row.becomes(State.ACCEPTED)

    if statement == "settle":
        await row.run(sql.SETTLE[State.FAILED], **SETTLED)
    elif statement == "intent":
        await row.run(sql.COMMIT_INTENT, **INTENT, lease_ends=0)
    else:
        await row.run(sql.RELEASE, due_at=99, lane="sms", strikes=0)

    assert row.desk.rows("SELECT state, due_at, lane FROM deliveries") == [("accepted", 1, "email")]


async def test_a_release_names_its_lane_and_moment(desk: Desk) -> None:
    await desk.accept(message())
    (claimed,) = await desk.claim()

    await desk.ledger.release([Release(claimed, "sms", 77)])

    assert desk.rows("SELECT lane, due_at, claimed_at FROM deliveries") == [("sms", 77, None)]
    assert claimed.reason is not Reason.EXPIRED

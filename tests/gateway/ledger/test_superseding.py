"""A newer message about a thing replaces the older ones to the same person, wherever they have got to."""

import json
from collections.abc import Collection, Sequence
from typing import Any

import pytest

from tests.gateway.scripted import Desk, message
from wasl.deciding import Stop
from wasl.ledger.accept import Acceptance
from wasl.ledger.claims import Claimed, Release
from wasl.ledger.dead_letters import Terms
from wasl.ledger.hot import Hot, Row, Values
from wasl.ledger.inputs import read_inputs
from wasl.ledger.port import Transaction
from wasl.ledger.settle import Ended
from wasl_contracts import Message, Reason, State

BO = {"id": "u_2", "email": "bo@example.com"}
ORDER = "order-1042"


def older(**fields: Any) -> Message:
    return message(**{"about": ORDER, "channels": ["email"], **fields})


def newer(**fields: Any) -> Message:
    return older(supersedes=True, **fields)


async def claim_one(desk: Desk) -> Claimed:
    (claimed,) = await desk.claim()
    return claimed


async def decided(desk: Desk, claimed: Claimed) -> object:
    candidates = desk.deciding.candidates(claimed)
    return desk.deciding.decide(claimed, candidates, await desk.ledger.inputs(candidates), desk.clock.now())


def told(desk: Desk, message_id: str) -> tuple[str | None, list[tuple[str, str | None, int | None]]]:
    """Which message replaced it, and its deliveries."""
    ((by,),) = desk.rows("SELECT superseded_by FROM messages WHERE id = ?", message_id)
    return by, desk.rows("SELECT state, reason, due_at FROM deliveries WHERE message_id = ? ORDER BY number", message_id)


ENDED = ("superseded", "superseded", None)


@pytest.mark.parametrize("how", [{}, {"mode": "all", "channels": ["email", "sms"]}, {"ordering_key": "ann"}])
async def test_what_waits_ends_when_the_newer_one_is_accepted(desk: Desk, how: dict[str, Any]) -> None:
    first = await desk.accept(older(**how))

    second = await desk.accept(newer())

    by, deliveries = told(desk, first.id)
    assert by == second.id
    assert set(deliveries) == {ENDED}
    assert [one.message_id for one in await desk.claim()] == [second.id]
    seen = await desk.ledger.message("default", first.id)
    assert (seen.state, seen.reason and seen.reason.code, seen.superseded_by) == (State.SUPERSEDED, Reason.SUPERSEDED, second.id)
    assert [(entry.type, entry.facts) for entry in seen.timeline][1] == ("superseded", {"reason": "superseded", "by": second.id})


async def test_without_supersedes_both_go(desk: Desk) -> None:
    first = await desk.accept(older())

    second = await desk.accept(older())

    assert told(desk, first.id)[0] is None
    assert {one.message_id for one in await desk.claim()} == {first.id, second.id}


@pytest.mark.parametrize("other", [{"to": BO}, {"about": "order-1043"}, {"about": None}])
async def test_another_person_or_thing_is_not_touched(desk: Desk, other: dict[str, Any]) -> None:
    first = await desk.accept(older(**other))

    await desk.accept(newer())

    assert told(desk, first.id)[0] is None
    assert told(desk, first.id)[1][0][0] == "accepted"


async def test_one_that_comes_later_is_not_replaced_by_an_earlier_one(desk: Desk) -> None:
    await desk.accept(newer())

    later = await desk.accept(older())

    assert told(desk, later.id)[0] is None


async def test_the_first_newer_one_is_named_and_replaced_itself_by_the_next(desk: Desk) -> None:
    first, second, third = [await desk.accept(one) for one in (older(), newer(), newer())]

    assert [told(desk, one.id)[0] for one in (first, second, third)] == [second.id, third.id, None]


async def test_messages_of_one_commit_replace_each_other_in_their_order(desk: Desk) -> None:
    before = await desk.accept(older())
    given = [older(), newer(), older(to=BO), older(), newer(), older()]
    drafts = [desk.drafting.draft(one, None, desk.clock.now()) for one in given]

    for waiting in [desk.ledger.accept(draft) for draft in drafts]:
        await waiting

    ids = [str(draft.row["id"]) for draft in drafts]
    assert told(desk, before.id) == (ids[1], [ENDED])
    assert [told(desk, one)[0] for one in ids] == [ids[1], ids[4], None, ids[4], None, None]
    assert [told(desk, one)[1][0] == ENDED for one in ids] == [True, True, False, True, False, False]
    assert len(desk.rows("SELECT 1 FROM events WHERE type = 'superseded'")) == 4


async def test_the_same_request_again_replaces_nothing(desk: Desk) -> None:
    await desk.accept(newer(), key="k")
    between = await desk.accept(older())

    assert (await desk.accept(newer(), key="k")).replayed
    assert told(desk, between.id)[0] is None


async def test_a_claim_from_before_gets_no_intent(desk: Desk) -> None:
    await desk.accept(older())
    claimed = await claim_one(desk)
    intent = await desk.plan(claimed)

    await desk.accept(newer())

    assert await desk.ledger.commit_intents([intent]) == [False]
    await desk.ledger.release([Release(claimed, "email", 0)])
    await desk.ledger.settle(desk.settlement(claimed, State.SCHEDULED, reason=Reason.QUIET_HOURS, due_at=desk.now))
    assert told(desk, claimed.message_id)[1] == [ENDED]
    assert desk.rows("SELECT 1 FROM attempts") == []


@pytest.mark.parametrize("reason", [Reason.QUIET_HOURS, Reason.FREQUENCY_CAP, Reason.RETRYING, Reason.PROVIDER_PAUSED])
async def test_what_is_put_off_ends_too(desk: Desk, reason: Reason) -> None:
    await desk.accept(older())
    claimed = await claim_one(desk)
    await desk.ledger.settle(desk.settlement(claimed, State.SCHEDULED, reason=reason, due_at=desk.now + 1))

    await desk.accept(newer())

    assert told(desk, claimed.message_id)[1] == [ENDED]


@pytest.mark.parametrize("state", [State.SENT, State.FAILED, State.UNKNOWN])
async def test_the_end_of_a_call_that_is_out_is_kept(desk: Desk, state: State) -> None:
    claimed = await desk.sending(older())
    second = await desk.accept(newer())

    assert await desk.ledger.settle(desk.settlement(claimed, state, reason=Reason.PROVIDER_REJECTED, ended=Ended(1, desk.now, "receipt")))

    assert told(desk, claimed.message_id)[0] == second.id
    assert desk.state(claimed) == state


async def test_a_call_that_is_out_is_not_made_again(desk: Desk) -> None:
    sending = await desk.sending(older())
    second = await desk.accept(newer())
    ended = Ended(1, desk.now, "unavailable", Reason.PROVIDER_UNAVAILABLE)
    await desk.ledger.settle(desk.settlement(sending, State.SCHEDULED, reason=Reason.RETRYING, due_at=desk.now, ended=ended))
    claimed = {one.message_id: one for one in await desk.claim()}[sending.message_id]

    decision = await decided(desk, claimed)

    assert isinstance(decision, Stop)
    assert (decision.state, decision.reason, decision.others) == (State.SUPERSEDED, Reason.SUPERSEDED, ())
    assert claimed.superseded_by == second.id
    assert await desk.ledger.settle(desk.settlement(claimed, decision.state, reason=decision.reason))
    assert told(desk, sending.message_id)[1] == [ENDED]


async def test_no_other_channel_takes_over(desk: Desk) -> None:
    sending = await desk.sending(older(channels=["email", "sms"]))
    await desk.accept(newer())
    failed = desk.settlement(sending, State.FAILED, reason=Reason.CONTENT_REJECTED, successor=("sms", ("email",)))
    await desk.ledger.settle(failed)
    claimed = next(one for one in await desk.claim("sms") if one.message_id == sending.message_id)

    decision = await decided(desk, claimed)

    assert isinstance(decision, Stop)
    assert decision.state is State.SUPERSEDED


@pytest.mark.parametrize("possible_duplicate", [False, True])
@pytest.mark.parametrize("state", [State.FAILED, State.EXPIRED, State.BOUNCED, State.UNKNOWN, State.SUPERSEDED])
async def test_an_operator_cannot_send_it_again(desk: Desk, state: State, possible_duplicate: bool) -> None:
    first = await desk.accept(older())
    if state is not State.SUPERSEDED:
        claimed = await claim_one(desk)
        if state is not State.EXPIRED:
            assert await desk.ledger.commit_intents([await desk.plan(claimed)]) == [True]
        if state is State.BOUNCED:
            await desk.ledger.settle(desk.settlement(claimed, State.SENT))
        await desk.ledger.settle(desk.settlement(claimed, state, reason=Reason.PROVIDER_REJECTED))
    await desk.accept(newer())

    (fate,) = await desk.ledger.replays.these("default", [first.id], Terms(possible_duplicate=possible_duplicate))

    assert fate.left_alone == "superseded"


async def test_what_a_restore_holds_ends_too(desk: Desk) -> None:
    first = await desk.accept(older())
    await desk.ledger.hold_all()

    await desk.accept(newer())

    assert told(desk, first.id)[1] == [ENDED]


@pytest.mark.parametrize("together", [False, True])
async def test_the_next_of_the_ordering_key_goes(desk: Desk, together: bool) -> None:
    """Whether the newer one comes in the commit of the older one or later, it does not wait for what has ended."""
    given = [older(ordering_key="ann"), message(ordering_key="ann", channels=["email"]), newer(ordering_key="ann")]
    drafts = [desk.drafting.draft(one, None, desk.clock.now()) for one in given]
    waiting = []
    for draft in drafts:
        waiting.append(desk.ledger.accept(draft))
        if not together:
            await waiting[-1]
    for one in waiting:
        await one

    order = []
    for _ in range(2):
        claimed = await claim_one(desk)
        order.append(claimed.message_id)
        assert await desk.ledger.commit_intents([await desk.plan(claimed)]) == [True]
        await desk.ledger.settle(desk.settlement(claimed, State.SENT))

    assert order == sorted(str(draft.row["id"]) for draft in drafts[1:])  # ids of one millisecond are in no order


async def test_one_that_waits_for_its_turn_can_be_replaced(desk: Desk) -> None:
    first, second = [await desk.accept(one) for one in (message(ordering_key="ann"), older(ordering_key="ann"))]

    third = await desk.accept(newer(ordering_key="ann"))

    assert told(desk, second.id) == (third.id, [ENDED])
    assert (await claim_one(desk)).message_id == first.id


async def test_a_person_without_an_id_is_known_by_the_address(desk: Desk) -> None:
    first = await desk.accept(older(to={"email": "cy@example.com"}))

    second = await desk.accept(newer(to={"email": "CY@example.com"}))

    assert told(desk, first.id)[0] == second.id


async def test_the_decision_names_the_newer_one(desk: Desk) -> None:
    sending = await desk.sending(older())
    second = await desk.accept(newer())
    await desk.ledger.settle(desk.settlement(sending, State.SCHEDULED, reason=Reason.RETRYING, due_at=desk.now))
    claimed = next(one for one in await desk.claim() if one.message_id == sending.message_id)

    decision = await decided(desk, claimed)

    assert isinstance(decision, Stop)
    against = decision.judged[0].against
    assert against is not None
    assert json.loads(json.dumps(dict(against.inputs))) == {"by": second.id}


class Counting:
    """Counts what goes over to the database and must be waited for."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.waits = 0
        self.put = tx.put

    async def fetch(self, statement: Hot, values: Values) -> list[Row]:
        self.waits += 1
        return await self._tx.fetch(statement, values)

    async def each(self, statement: Hot, rows: Sequence[Values]) -> list[Row]:
        self.waits += 1
        return await self._tx.each(statement, rows)

    async def many(self, statement: Hot, rows: Sequence[Values]) -> int:
        self.waits += 1
        return await self._tx.many(statement, rows)

    async def lock_rows(self, statement: Hot, values: Values) -> None:
        self.waits += 1
        await self._tx.lock_rows(statement, values)

    async def lock(self, names: Collection[str], *, shared: bool = False) -> None:
        self.waits += bool(names)
        await self._tx.lock(names, shared=shared)


async def accepting(desk: Desk, *given: Message) -> int:
    """How many times accepting these in one commit waits for the database."""

    async def work(tx: Transaction) -> int:
        counting = Counting(tx)
        drafts = [desk.drafting.draft(one, None, desk.clock.now()) for one in given]
        await Acceptance(desk.keys, desk.routing).write(counting, drafts)
        return counting.waits

    return await desk.store.writer.run(work)


async def judging(desk: Desk) -> int:
    """How many times reading the inputs for all that is due waits for the database."""
    candidates = [candidate for claimed in await desk.claim() for candidate in desk.deciding.candidates(claimed)]

    async def work(tx: Transaction) -> int:
        counting = Counting(tx)
        await read_inputs(counting, candidates, desk.policies, desk.clock.now())
        return counting.waits

    return await desk.store.writer.run(work)


async def test_messages_about_nothing_cost_no_query_and_others_a_fixed_number(desk: Desk) -> None:
    plain, several = await accepting(desk, message()), await accepting(desk, *(message(BO) for _ in range(50)))
    read_plain = await judging(desk)

    told = [accepting(desk, *(older() for _ in range(n))) for n in (1, 50)]
    replacing = [accepting(desk, *(newer(fact=f"fact {m}") for m in range(n))) for n in (1, 50)]
    counted = [await one for one in (*told, *replacing)]

    assert plain == several
    assert counted == [plain + 1, plain + 1, plain + 3, plain + 3]
    assert await judging(desk) == read_plain + 2

"""Escalation as rows: the delivery on the next channel, which waits for proof of the one before.

    sent ─ the next one opens, due later ─┬─ the proof comes: it is cancelled
                                          ├─ none comes in time: it goes, marked, with the event `escalated`
                                          └─ proof that the one before did not arrive: it goes at once

Whichever commits first holds, the intent of the one that waits or its end: both are one conditional update of its row.
"""

import json
from collections.abc import Sequence
from typing import Literal, NamedTuple

from sqlalchemy import bindparam, literal_column, null, update

from wasl.event_types import EVENT_OF
from wasl.ledger import statements as sql
from wasl.ledger.claims import Claimed
from wasl.ledger.families import READ, Key, Member, read_families
from wasl.ledger.feed import Told, tell
from wasl.ledger.hot import Hot, Values, checked, upsert
from wasl.ledger.ordering import advance, take_turns
from wasl.ledger.port import Transaction
from wasl.ledger.reports import Change
from wasl.ledger.rows import DeliveryRow, new_delivery
from wasl.ledger.tables import deliveries
from wasl.states import ESCALATED, PENDING
from wasl_contracts import Reason, State

Proof = Literal["delivered", "read"] | None
"""What became known of a delivery: that it arrived, that somebody read it, or (None) that it did not arrive."""
_of_it = (
    deliveries.c.brand == bindparam("key_brand"), deliveries.c.message_id == bindparam("key_message"),
    deliveries.c.number == bindparam("key_number"),
)  # fmt: skip
_OPEN = Hot(  # the calls to two devices of a person may end at once, each in a transaction of its own
    upsert(deliveries).values({name: bindparam(name) for name in DeliveryRow.__annotations__}).on_conflict_do_nothing(),
    constants={"marks": "'[]'", "refused": "'[]'", "fence": "0", "attempts": "0"},
)
_MARK = Hot(update(deliveries).where(*_of_it, deliveries.c.fence == bindparam("key_fence")).values(marks=bindparam("marks")))
_CANCEL = Hot(
    update(deliveries)
    .where(*_of_it, checked(deliveries.c.state.in_([literal_column(f"'{state.value}'") for state in sorted(PENDING)])))
    .values(
        state=literal_column(f"'{State.CANCELLED.value}'"), reason=literal_column(f"'{Reason.PROOF_CAME.value}'"), code=null(),
        due_at=null(), claimed_at=null(), fence=deliveries.c.fence + literal_column("1"),  # a worker that holds it has nothing to say
    )
    .returning(deliveries.c.brand, deliveries.c.message_id, deliveries.c.number, deliveries.c.ordering_key)
)  # fmt: skip
_HASTEN = Hot(
    update(deliveries)
    .where(*_of_it, checked(deliveries.c.reason == literal_column(f"'{Reason.AWAITING_PROOF.value}'")), deliveries.c.claimed_at.is_(None))
    .values(reason=literal_column(f"'{Reason.FAILOVER.value}'"), due_at=bindparam("at"))
    .returning(deliveries.c.brand, deliveries.c.message_id, deliveries.c.number)
)


class Waiting(NamedTuple):
    """The delivery that goes at `due_at` (microseconds) where no proof came of the one on the channel `before`: its lane, and the
    channels that it need not try."""

    before: str
    lane: str
    tried: tuple[str, ...]
    due_at: int


class Opened(NamedTuple):
    """A delivery that was sent, or may have been, at a moment in microseconds; and the one that waits for its proof."""

    claimed: Claimed
    at: int
    waiting: Waiting


class News(NamedTuple):
    """What became known of a delivery after it was sent, at a moment in microseconds."""

    brand: str
    message_id: str
    number: int
    at: int
    proof: Proof


async def open_waiting(tx: Transaction, sent: Sequence[Opened]) -> None:
    """Open the deliveries that wait for proof: one for each channel that was sent by, none where the proof is there or it was cancelled."""
    if not sent:
        return
    kin = await read_families(tx, {(one.claimed.brand, one.claimed.message_id) for one in sent}, escalating=True)
    rows: dict[Key, tuple[DeliveryRow, Opened]] = {}
    for one in sent:
        key = one.claimed.brand, one.claimed.message_id
        family = kin[key]
        if key not in rows and not any(_leaves_nothing_to_do(other, one) for other in family):
            rows[key] = _waiting_row(one, family[-1].number + 1), one
    if rows:
        tx.put(_OPEN, [row for row, _ in rows.values()])
        tx.put(sql.INSERT_EVENT, [_scheduled(row, one) for row, one in rows.values()])
        tell(tx, [_told(one.claimed, State.SCHEDULED, row["number"], one.at, Reason.AWAITING_PROOF) for row, one in rows.values()])


async def heard(tx: Transaction, news: Sequence[News]) -> None:
    """End what waits where the proof came, and let go at once what waited for proof of something that did not arrive.

    One query for all of it, and nothing more where none of the messages escalates. The families of what failed are held. Twice is as
    good as once.
    """
    if not news:
        return
    kin = await read_families(tx, {(one.brand, one.message_id) for one in news}, escalating=True)
    needless: dict[tuple[str, str, int], int] = {}
    next_ones: dict[tuple[str, str, int], int] = {}
    for one in news:
        family = kin.get((one.brand, one.message_id), ())
        found = next_ones if one.proof is None else needless
        found.update({(one.brand, one.message_id, number): one.at for number in _concerned(family, one)})
    await _hasten(tx, next_ones)
    await _cancel(tx, needless)


async def after_reports(tx: Transaction, changes: Sequence[Change]) -> None:
    """`heard`, of what providers reported; in the transaction that writes these changes. No query where no message escalates."""
    news = ((one, _proof(one)) for one in changes if one.escalates and (one.marks or one.after is not one.before))
    told = [News(one.brand, one.message_id, one.delivery, one.at, proof) for one, proof in news if proof != "nothing"]
    await heard(tx, told)
    await _overturned(tx, [one for one in changes if one.before is State.FAILED and one.after is State.DELIVERED])


async def _overturned(tx: Transaction, changes: Sequence[Change]) -> None:
    """End what took over from one that had failed and did arrive, as far as it has not gone yet; on routes that do not escalate too."""
    kin = await read_families(tx, {(one.brand, one.message_id) for one in changes})
    needless: dict[tuple[str, str, int], int] = {}
    for one in changes:
        family = kin[one.brand, one.message_id]
        its = next(member for member in family if member.number == one.delivery)
        following = [member.number for member in family if member.state in PENDING and its.channel in member.tried]
        needless.update({(one.brand, one.message_id, number): one.at for number in following})
    await _cancel(tx, needless)


def _proof(change: Change) -> Proof | Literal["nothing"]:
    if not READ.isdisjoint(change.marks):
        return "read"
    if change.after in (State.FAILED, State.BOUNCED):
        return None
    return "delivered" if change.after is State.DELIVERED else "nothing"


async def end_needless(tx: Transaction, claims: Sequence[Claimed], at: int) -> None:
    """End those whose proof came in the very moment in which they were opened, so that neither saw the other; before their intents."""
    waited = [claimed for claimed in claims if claimed.reason is Reason.AWAITING_PROOF]
    kin = await read_families(tx, {(one.brand, one.message_id) for one in waited})
    proved = [one for one in waited if any(member.proved for member in kin[one.brand, one.message_id])]
    await _cancel(tx, {(one.brand, one.message_id, one.number): at for one in proved})


async def begun(tx: Transaction, claims: Sequence[Claimed], at: int) -> None:
    """Mark those that waited for a proof which did not come; in the transaction of their intents."""
    waited = [claimed for claimed in claims if claimed.reason is Reason.AWAITING_PROOF]
    if waited:
        await tx.many(_MARK, [{**claimed.key, "marks": json.dumps(claimed.marks)} for claimed in waited])
        tell_escalated(tx, [(claimed, at) for claimed in waited])


def tell_escalated(tx: Transaction, waited: Sequence[tuple[Claimed, int]]) -> None:
    """The event of those whose waiting is over, each at its moment; for those that get no call yet: their marks are written elsewhere."""
    if waited:
        tx.put(sql.INSERT_EVENT, [_escalated(claimed, at) for claimed, at in waited])
        told = [Told(claimed.brand, "message.escalated", at, claimed.message_id, claimed.number) for claimed, at in waited]
        tell(tx, told)


def _leaves_nothing_to_do(other: Member, sent: Opened) -> bool:
    return other.proved or other.ended_by_hand or sent.waiting.before in other.tried


def _concerned(family: Sequence[Member], news: News) -> list[int]:
    """The deliveries that the news end, or let go."""
    its = next((member for member in family if member.number == news.number), None)
    if its is None:
        return []
    if news.proof is not None:
        enough = news.proof == "read" or its.proof == "delivered"
        return [one.number for one in family if one.state in PENDING and one.channel != its.channel] if enough else []
    if any(other.may_arrive_by(its.channel) for other in family if other is not its or (its.doubtful and its.state is not State.BOUNCED)):
        return []  # by another device of theirs, or by a call of which nobody knows
    return [one.number for one in family if one.waits and one.tried[-1:] == [its.channel]]


async def _hasten(tx: Transaction, found: dict[tuple[str, str, int], int]) -> None:
    rows = await tx.each(_HASTEN, [{**_bound(key), "at": at} for key, at in sorted(found.items())]) if found else []
    if rows:
        told = [(row, found[row[0], row[1], row[2]]) for row in rows]
        tx.put(sql.INSERT_EVENT, [_event(row, at, State.SCHEDULED, {"reason": Reason.FAILOVER, "due_at": at}) for row, at in told])


async def _cancel(tx: Transaction, found: dict[tuple[str, str, int], int]) -> None:
    rows = await tx.each(_CANCEL, [_bound(key) for key in sorted(found)]) if found else []
    if not rows:
        return
    told = [(row, found[row[0], row[1], row[2]]) for row in rows]
    tx.put(sql.INSERT_EVENT, [_event(row, at, State.CANCELLED, {"reason": Reason.PROOF_CAME}) for row, at in told])
    tell(tx, [Told(row[0], EVENT_OF[State.CANCELLED], at, row[1], row[2], Reason.PROOF_CAME) for row, at in told])
    freed = sorted({(row[0], row[3]) for row in rows if row[3] is not None})
    await take_turns(tx, freed)
    await advance(tx, freed, max(at for _, at in told))


def _waiting_row(sent: Opened, number: int) -> DeliveryRow:
    claimed, waiting = sent.claimed, sent.waiting
    row = new_delivery(
        claimed.brand, claimed.message_id, number,
        lane=waiting.lane, flow=claimed.flow, due_at=waiting.due_at, ordering_key=claimed.ordering_key,
    )  # fmt: skip
    row["state"], row["reason"], row["tried"] = State.SCHEDULED, Reason.AWAITING_PROOF, json.dumps(waiting.tried)
    return row


def _scheduled(row: DeliveryRow, sent: Opened) -> Values:
    facts = {"reason": Reason.AWAITING_PROOF, "due_at": row["due_at"], **_waited_for(sent.claimed, sent.waiting.before)}
    return _event((row["brand"], row["message_id"], row["number"]), sent.at, State.SCHEDULED, facts)


def _escalated(claimed: Claimed, at: int) -> Values:
    facts = _waited_for(claimed, claimed.tried[-1] if claimed.tried else None)
    return _event((claimed.brand, claimed.message_id, claimed.number), at, ESCALATED, facts)


def _waited_for(claimed: Claimed, before: str | None) -> dict[str, object]:
    escalation = claimed.envelope.escalation
    return {"proof": escalation.until if escalation is not None else None, "before": before}


def _event(row: Sequence[object], at: int, kind: str, facts: dict[str, object]) -> Values:
    return {"brand": row[0], "message_id": row[1], "delivery": row[2], "at": at, "type": kind, "facts": json.dumps(facts)}


def _told(claimed: Claimed, state: State, number: int, at: int, reason: Reason) -> Told:
    return Told(claimed.brand, EVENT_OF[state], at, claimed.message_id, number, reason)


def _bound(key: tuple[str, str, int]) -> dict[str, object]:
    return {"key_brand": key[0], "key_message": key[1], "key_number": key[2]}

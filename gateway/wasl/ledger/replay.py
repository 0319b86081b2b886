"""Replaying: what failed, expired, bounced, stayed unknown or is held after a restore goes again, because an operator says so.

A replayed message has its whole life before it again: its expiry, its tries and its route. The event `replayed` tells of it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from sqlalchemy import bindparam, literal_column, null, select, update

from wasl.answers import LeftAlone
from wasl.event_types import EVENT_OF
from wasl.ledger import statements as sql
from wasl.ledger.dead_letters import Case, Standing, Terms, reopened
from wasl.ledger.feed import Told, tell
from wasl.ledger.hot import Hot, Row, Values, among
from wasl.ledger.ordering import Key, take_turns, under_way
from wasl.ledger.port import Reader, Transaction
from wasl.ledger.tables import deliveries, messages
from wasl.states import REPLAYED
from wasl_contracts import Mark, Reason, State

_CASES = Hot(
    select(
        messages.c.brand, messages.c.id, messages.c.mode, messages.c.category, messages.c.channels, messages.c.due_at,
        messages.c.expires_at, messages.c.superseded_by,
        deliveries.c.number, deliveries.c.state, deliveries.c.reason, deliveries.c.due_at, deliveries.c.marks,
        deliveries.c.fence, deliveries.c.lane, deliveries.c.channel, deliveries.c.address_hash, deliveries.c.address,
        deliveries.c.provider, deliveries.c.refused, deliveries.c.tried, deliveries.c.ordering_key, sql.DOUBTFUL,
    )
    .join_from(messages, deliveries, (deliveries.c.brand == messages.c.brand) & (deliveries.c.message_id == messages.c.id))
    .where(among(messages.c.brand, messages.c.id, name="keys"))
    .order_by(messages.c.brand, messages.c.id, deliveries.c.number)
)  # fmt: skip
_MESSAGE = 8  # columns of the message, before those of the delivery
_TOLD = (  # the columns of the delivery that are kept as they are
    "fence", "lane", "channel", "address_hash", "address", "provider", "refused", "tried", "ordering_key", "doubtful",
)  # fmt: skip
_REOPEN = Hot(
    update(deliveries)
    .where(
        deliveries.c.brand == bindparam("key_brand"), deliveries.c.message_id == bindparam("key_message"),
        deliveries.c.number == bindparam("key_number"), deliveries.c.fence == bindparam("key_fence"),
        deliveries.c.state == bindparam("key_state"),
    )
    .values(
        state=literal_column(f"'{State.SCHEDULED.value}'"), reason=bindparam("reason"), code=null(), marks=bindparam("marks"),
        fence=deliveries.c.fence + literal_column("1"), strikes=literal_column("0"), claimed_at=null(), provider_ref=null(),
        due_at=bindparam("due_at"), lane=bindparam("lane"), channel=bindparam("channel"), address_hash=bindparam("address_hash"),
        address=bindparam("address"), provider=bindparam("provider"), refused=bindparam("refused"), tried=bindparam("tried"),
    )
    .returning(deliveries.c.brand, deliveries.c.message_id, deliveries.c.number)
)  # fmt: skip
_NEW_LIFE = Hot(
    update(messages)
    .where(messages.c.brand == bindparam("key_brand"), messages.c.id == bindparam("key_message"))
    .values(due_at=bindparam("due_at"), expires_at=bindparam("expires_at"))
)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one message: why it had ended, and why it is left alone (None: it is replayed)."""

    id: str
    reason: Reason | None
    left_alone: LeftAlone | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    """A message to be replayed: which deliveries, and the life before it. `parked`: it waits for another of its ordering key."""

    case: Case
    chosen: tuple[Standing, ...]
    due_at: int
    expires_at: int
    parked: bool

    @property
    def key(self) -> Key:
        return self.case.brand, self.case.id


async def foretell(reader: Reader, keys: Sequence[Key], terms: Terms, now: int) -> list[Fate]:
    """What `replay` would do; changes nothing."""
    return [_fate(case, found) for case, found in _verdicts(await _cases(reader, keys), terms, now)]


async def replay(tx: Transaction, keys: Sequence[Key], terms: Terms, now: int, lanes: Sequence[str]) -> list[Fate]:
    """Replay these messages (brand and id), as far as they fit the terms. `lanes` are the channels that are configured."""
    verdicts = _verdicts(await _cases(tx, keys), terms, now)
    plans = await _plans(tx, [(case, found) for case, found in verdicts if not isinstance(found, str)], now)
    rows = {(*plan.key, one.number): (plan, one) for plan in plans for one in plan.chosen}
    done = await tx.each(_REOPEN, [_row(plan, one, lanes) for plan, one in rows.values()]) if rows else []
    if done:
        tx.put(sql.INSERT_EVENT, [_event(*rows[row[0], row[1], row[2]], now) for row in done])
    tell(tx, [Told(row[0], EVENT_OF[State.SCHEDULED], now, row[1], row[2]) for row in done])
    opened = {(row[0], row[1]) for row in done}
    if lives := [_life(plan) for plan in plans if plan.key in opened]:
        tx.put(_NEW_LIFE, lives)
    # What is planned and was not opened, somebody else moved on in this very moment.
    lost = {plan.case.id for plan in plans if plan.key not in opened}
    return [_fate(case, "under_way" if case.id in lost else found) for case, found in verdicts]


async def _cases(reader: Reader, keys: Sequence[Key]) -> list[Case]:
    rows = await reader.fetch(_CASES, {"keys": json.dumps(sorted(keys))}) if keys else []
    return [_case(list(of_message)) for _, of_message in groupby(rows, key=itemgetter(0, 1))]


def _verdicts(cases: Sequence[Case], terms: Terms, now: int) -> list[tuple[Case, tuple[Standing, ...] | LeftAlone]]:
    return [(case, reopened(case, terms, now)) for case in cases if terms.fit(case)]


async def _plans(tx: Transaction, going: Sequence[tuple[Case, tuple[Standing, ...]]], now: int) -> list[_Plan]:
    """Of one ordering key one message goes at a time, the earliest accepted first."""
    ordered = {(case.brand, chosen[0].ordering_key) for case, chosen in going if chosen[0].ordering_key is not None}
    await take_turns(tx, ordered)
    busy = await under_way(tx, sorted(ordered))
    plans = []
    for case, chosen in going:
        key = case.brand, chosen[0].ordering_key or ""
        later = all(one.held for one in chosen) and case.due_at > now  # it was not due yet, and keeps its time
        due_at, expires_at = (case.due_at, case.expires_at) if later else (now, now + case.expires_at - case.due_at)
        plans.append(_Plan(case, chosen, due_at, expires_at, parked=key in busy))
        busy |= {key} & ordered
    return plans


def _row(plan: _Plan, one: Standing, lanes: Sequence[str]) -> Values:
    same_way = one.held or one.may_have_arrived or plan.case.mode == "all"
    first = next((channel for channel in plan.case.channels if channel in lanes), one.lane)
    doubt = (Mark.POSSIBLE_DUPLICATE,) if one.held or one.may_have_arrived else ()
    return {
        "key_brand": plan.case.brand,
        "key_message": plan.case.id,
        "key_number": one.number,
        "key_fence": one.fence,
        "key_state": one.state,
        "reason": Reason.IN_ORDER if plan.parked else None,
        "marks": json.dumps(list(dict.fromkeys((*one.marks, *doubt)))),
        "due_at": plan.expires_at if plan.parked else plan.due_at,
        "lane": one.lane if same_way else first,
        "channel": one.channel if same_way else None,
        "address_hash": one.address_hash if same_way else None,
        "address": one.address if same_way else None,
        "provider": one.provider if same_way else None,
        "refused": one.refused if one.held else "[]",
        "tried": one.tried if one.held else "[]",
    }


def _life(plan: _Plan) -> Values:
    return {"key_brand": plan.case.brand, "key_message": plan.case.id, "due_at": plan.due_at, "expires_at": plan.expires_at}


def _event(plan: _Plan, one: Standing, now: int) -> Values:
    facts = {"by": "operator", "was": one.state, "reason": one.reason}
    return {
        "brand": plan.case.brand,
        "message_id": plan.case.id,
        "delivery": one.number,
        "at": now,
        "type": REPLAYED,
        "facts": json.dumps({name: value for name, value in facts.items() if value}),
    }


def _fate(case: Case, found: tuple[Standing, ...] | LeftAlone) -> Fate:
    return Fate(case.id, case.leading.reason, found if isinstance(found, str) else None)


def _case(rows: Sequence[Row]) -> Case:
    brand, message_id, mode, category, channels, due_at, expires_at, superseded_by = rows[0][:_MESSAGE]
    standings = tuple(_standing(row[_MESSAGE:]) for row in rows)
    return Case(brand, message_id, mode, category, tuple(json.loads(channels)), due_at, expires_at, standings, superseded_by is not None)


def _standing(row: Row) -> Standing:
    number, state, reason, due_at, marks, *_ = row
    told = dict(zip(_TOLD, row[5:], strict=True))
    given = tuple(map(Mark, json.loads(marks)))
    return Standing(number=number, state=State(state), reason=Reason(reason) if reason else None, due_at=due_at, marks=given, **told)

"""What reports do to deliveries: one batch in one transaction, one conditional update for each delivery that changes.

    merge ─ move ─ events ─ what follows (report_effects.py) ─ tell the feed

A delivery that somebody else moved on meanwhile makes the whole transaction run again: nothing is locked while it is looked at.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args

from pydantic_core import to_json
from sqlalchemy import bindparam, literal_column, null, select, update
from sqlalchemy.sql.elements import ColumnElement

from wasl.event_types import EVENT_OF, EVENT_TYPES
from wasl.ledger import statements as sql
from wasl.ledger.escalating import after_reports
from wasl.ledger.families import hold_families
from wasl.ledger.feed import Told, tell
from wasl.ledger.hot import Hot, Row, Values, among
from wasl.ledger.matching import Found, rows_of
from wasl.ledger.merging import Sign, Standing, agreed, merged, negative
from wasl.ledger.ordering import advance, take_turns
from wasl.ledger.port import Collision, Transaction
from wasl.ledger.report_effects import Effects
from wasl.ledger.reports import RECEIPT, Change, Report
from wasl.ledger.spending import Call, given_back, spend
from wasl.ledger.tables import attempts, deliveries, events
from wasl.states import LIVE
from wasl_contracts import EventKind, Mark, Reason, State

Key = tuple[str, str, int]
"""A brand, a message and the number of a delivery."""

_was = (
    deliveries.c.brand == bindparam("key_brand"),
    deliveries.c.message_id == bindparam("key_message"),
    deliveries.c.number == bindparam("key_number"),
    deliveries.c.state == bindparam("was_state"),
    deliveries.c.marks == bindparam("was_marks"),
)
_said: dict[str, ColumnElement[Any]] = {name: bindparam(name) for name in ("state", "reason", "code", "marks")}
_fence = deliveries.c.fence + literal_column("1")  # whoever has it claimed is late now
_MARK = Hot(update(deliveries).where(*_was).values(**_said, fence=_fence))
_MOVE = Hot(update(deliveries).where(*_was).values(**_said, fence=_fence, due_at=null(), claimed_at=null()))
_CALLS = Hot(
    select(attempts.c.brand, attempts.c.message_id, attempts.c.delivery, attempts.c.number, attempts.c.outcome).where(
        among(attempts.c.brand, attempts.c.message_id, attempts.c.delivery, name="keys")
    )
)
_TOLD = Hot(
    select(events.c.brand, events.c.message_id, events.c.delivery, events.c.type, events.c.at, events.c.facts).where(
        among(events.c.brand, events.c.message_id, events.c.delivery, name="keys"),
        events.c.type.in_([literal_column("'failed'"), literal_column("'bounced'")]),
    )
)
_MAY_HAVE_SENT = frozenset({"receipt", "unknown", None})
_DONE = {kind: event for kind in get_args(EventKind) for event in EVENT_TYPES if event == f"message.{kind}" and kind not in EVENT_OF}


@dataclass(slots=True)
class _Case:
    """A delivery as it was, and the reports of it. `refutes`: one of them says that it did not arrive."""

    found: Found
    before: Standing
    after: Standing
    reports: list[tuple[Report, int | None]]
    refutes: bool = False

    @property
    def moved(self) -> bool:
        return self.after.state is not self.before.state


def sign(report: Report, attempt: int | None) -> Sign:
    """What a report says of the delivery that it tells of."""
    return Sign(report.kind, moment_of(report), attempt, report.machine, report.dead, report.reason, report.code)


def moment_of(report: Report) -> int:
    """Its moment, in microseconds. Providers tell whole seconds: within their first millisecond each event has a place of its own."""
    return report.at if report.at % 1000 else report.at + int(report.key[-6:], 16) % 1000


class Applying:
    """Applies reports to deliveries. `budgets`: money counts, and is given back for what certainly was not sent."""

    def __init__(self, effects: Effects, *, budgets: bool) -> None:
        self._effects = effects
        self._budgets = budgets

    async def apply(self, tx: Transaction, matched: Sequence[tuple[Report, Found]], now: int) -> list[Change]:
        """Apply reports that are all new; returns what they changed, a line for each delivery that one of them tells of."""
        cases = _cases(matched)
        if not cases:
            return []
        refuted = [case.found.key for case in cases if case.refutes]
        await hold_families(tx, {key[:2] for key in refuted})  # of two calls of it that failed at once
        calls, told = await _past(tx, refuted)
        for case in cases:
            if not case.refutes:
                case.after = agreed(case.before, tuple([(report.kind, report.machine) for report, _ in case.reports]))
                continue
            key, signs = case.found.key, [sign(report, attempt) for report, attempt in case.reports]
            ours = [*told[key], *(one for one in signs if negative(one.kind))]
            case.after = merged(case.before, signs, ours, [number for number, outcome in calls[key] if outcome in _MAY_HAVE_SENT])
        await self._move(tx, cases, calls, now)
        successors = await self._effects.follow(tx, [(case.found, case.after, case.reports) for case in cases], now)
        changes = [_change(case, now, successors.get(case.found.key[:2])) for case in cases]
        tell(tx, [line for change in changes for line in _lines(change)])
        await after_reports(tx, changes)
        return changes

    async def of_strangers(self, tx: Transaction, reports: Sequence[tuple[Report, str]], now: int) -> None:
        """Apply reports that name a person and no delivery that is known, each for a brand."""
        await self._effects.of_strangers(tx, reports, now)

    async def _move(self, tx: Transaction, cases: Sequence[_Case], calls: Mapping[Key, Sequence[tuple[int, str | None]]], now: int) -> None:
        ended = [case.found for case in cases if case.moved and case.before.state in LIVE and case.after.state not in LIVE]
        ordered = [(found.brand, found.ordering_key) for found in ended if found.ordering_key is not None]
        await take_turns(tx, ordered)
        moved = [_row(case) for case in cases if case.moved]
        marked = [_row(case) for case in cases if not case.moved and case.after != case.before]
        for statement, rows in ((_MOVE, moved), (_MARK, marked)):
            if rows and await tx.many(statement, rows) < len(rows):
                raise Collision("a delivery was moved on meanwhile")
        tx.put(sql.INSERT_EVENT, [_event(case.found, report, attempt) for case in cases for report, attempt in case.reports])
        await self._disprove(tx, cases, calls)
        await advance(tx, ordered, now)

    async def _disprove(self, tx: Transaction, cases: Sequence[_Case], calls: Mapping[Key, Sequence[tuple[int, str | None]]]) -> None:
        """Calls of unknown outcome that certainly sent nothing: they count for no cap any more."""
        proven: list[Call] = [
            (*case.found.key, attempt)
            for case in cases
            for report, attempt in case.reports
            if report.kind == "failed" and attempt is not None and (attempt, "unknown") in calls[case.found.key]
        ]
        if not proven:
            return
        unspent = await given_back(tx, [], proven) if self._budgets else ()
        tx.put(sql.DISPROVE, [_named(brand, message_id, number, key_attempt=attempt) for brand, message_id, number, attempt in proven])
        spend(tx, unspent)


def _cases(matched: Sequence[tuple[Report, Found]]) -> list[_Case]:
    cases: dict[Key, _Case] = {}
    for report, found in matched:
        key = found.key
        case = cases.get(key)
        if case is None:
            before = _standing(found.state, found.reason, found.code, found.marks)
            case = cases[key] = _Case(found, before, before, [])
        case.reports.append((report, found.attempt))
        case.refutes = case.refutes or negative(report.kind)
    return list(cases.values())


@lru_cache(maxsize=1024)
def _standing(state: str, reason: str | None, code: str | None, marks: str) -> Standing:
    return Standing(State(state), Reason(reason) if reason else None, code, tuple(map(Mark, json.loads(marks))))


async def _past(
    tx: Transaction, keys: Sequence[Key]
) -> tuple[defaultdict[Key, list[tuple[int, str | None]]], defaultdict[Key, list[Sign]]]:
    """The calls of these deliveries, each with what it ended in; and what was reported before against them."""
    calls: defaultdict[Key, list[tuple[int, str | None]]] = defaultdict(list)
    told: defaultdict[Key, list[Sign]] = defaultdict(list)
    for row in await rows_of(tx, _CALLS, keys):
        calls[row[:3]].append((row[3], row[4]))
    for row in await rows_of(tx, _TOLD, keys):
        if (one := _reported(row)) is not None:
            told[row[:3]].append(one)
    return calls, told


def _reported(row: Row) -> Sign | None:
    kind, at, facts = row[3], row[4], json.loads(row[5])
    if facts.get("rule") != RECEIPT:
        return None
    reason = Reason(facts["reason"]) if "reason" in facts else None
    return Sign(kind, at, facts.get("attempt"), dead=facts.get("dead", False), reason=reason, code=facts.get("code"))


def _named(brand: str, message_id: str, number: int, **more: object) -> Values:
    return {"key_brand": brand, "key_message": message_id, "key_number": number, **more}


def _row(case: _Case) -> Values:
    found, after = case.found, case.after
    return {
        **_named(*found.key),
        "was_state": found.state,
        "was_marks": found.marks,
        "state": after.state.value,
        "reason": after.reason,
        "code": after.code,
        "marks": found.marks if after.marks == case.before.marks else json.dumps(after.marks),
    }


def _event(found: Found, report: Report, attempt: int | None) -> Values:
    facts = {
        "rule": RECEIPT, "provider": report.provider, "attempt": attempt, "reason": report.reason, "code": report.code,
        "dead": report.dead, "machine": report.machine, "told": report.facts,
    }  # fmt: skip
    return {
        "brand": found.brand,
        "message_id": found.message_id,
        "delivery": found.delivery,
        "at": moment_of(report),
        "type": report.kind,
        "facts": to_json({name: value for name, value in facts.items() if value}).decode(),  # json takes 3 µs a report longer
    }


def _change(case: _Case, now: int, successor: int | None) -> Change:
    before, after = case.before, case.after
    return Change(
        brand=case.found.brand,
        message_id=case.found.message_id,
        delivery=case.found.delivery,
        before=before.state,
        after=after.state,
        reason=after.reason,
        at=now,
        marks=tuple([mark for mark in after.marks if mark not in before.marks]),
        reports=tuple([report for report, _ in case.reports]),
        successor=successor if after.state in (State.FAILED, State.BOUNCED) else None,
        escalates=case.found.proof is not None,
    )


def _lines(change: Change) -> list[Told]:
    """What the feed tells of it: the state that it reached, and what the person did."""
    types = [EVENT_OF[change.after]] if change.after is not change.before else []
    types += [_DONE[report.kind] for report in change.reports if report.kind in _DONE and not report.machine]
    return [
        Told(change.brand, kind, change.at, change.message_id, change.delivery, change.reason, change.successor)
        for kind in dict.fromkeys(types)
    ]

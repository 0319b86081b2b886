"""After a restore from a backup: what it shows as waiting may long be sent, so all of it is held until somebody releases it."""

import json

from sqlalchemy import BigInteger, ColumnElement, Insert, bindparam, func, insert, literal_column, null, or_, select, update

from wasl.ledger.hot import Hot
from wasl.ledger.port import Transaction
from wasl.ledger.tables import attempts, deliveries, events
from wasl.states import HELD, PENDING
from wasl_contracts import Reason, State

_HELD = f"'{Reason.AFTER_RESTORE.value}'"
_free = or_(deliveries.c.reason.is_(None), deliveries.c.reason != literal_column(_HELD), deliveries.c.due_at.is_not(None))


def _in(*states: State) -> ColumnElement[bool]:
    return deliveries.c.state.in_([literal_column(f"'{state.value}'") for state in sorted(states)]) & _free


def _telling(event: str, *states: State) -> Insert:
    """An event for each delivery in these states."""
    facts: ColumnElement[str] = literal_column("'" + json.dumps({"reason": Reason.AFTER_RESTORE}) + "'")
    moment = bindparam("now", type_=BigInteger())
    rows = select(deliveries.c.brand, deliveries.c.message_id, deliveries.c.number, moment, literal_column(f"'{event}'"), facts)
    return insert(events).from_select(["brand", "message_id", "delivery", "at", "type", "facts"], rows.where(_in(*states)))


_EVENTS = (
    Hot(_telling(State.SCHEDULED, *PENDING)),
    Hot(_telling(State.UNKNOWN, State.SENDING)),
    Hot(_telling(HELD, State.UNKNOWN)),
)
_CUT_OFF = Hot(
    update(attempts)
    .where(attempts.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"), outcome=literal_column("'unknown'"), reason=literal_column(_HELD), facts=literal_column("'{}'"))
)
_HOLD = tuple(
    Hot(
        update(deliveries)
        .where(_in(*states))
        .values(
            state=literal_column(f"'{state.value}'"), reason=literal_column(_HELD), due_at=null(), claimed_at=null(),
            fence=deliveries.c.fence + literal_column("1"),
        )
    )
    for state, states in ((State.SCHEDULED, PENDING), (State.UNKNOWN, frozenset({State.SENDING, State.UNKNOWN})))
)  # fmt: skip
_COUNT = Hot(select(deliveries.c.brand, func.count()).group_by(deliveries.c.brand).where(_in(*PENDING, State.SENDING, State.UNKNOWN)))


async def hold(tx: Transaction, now: int) -> int:
    """Hold all that is not over: what waits as scheduled, what may be out as unknown; returns how many deliveries.

    Those that are held already stay as they are, so that twice is as good as once.
    """
    found: int = sum(row[1] for row in await tx.fetch(_COUNT, {}))
    for statement in (*_EVENTS, _CUT_OFF):
        await tx.fetch(statement, {"now": now})
    for statement in _HOLD:
        await tx.fetch(statement, {})
    return found

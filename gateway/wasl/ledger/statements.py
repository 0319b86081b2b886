"""The statements of the hot path, each compiled once."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    Select,
    Text,
    Update,
    and_,
    bindparam,
    case,
    exists,
    insert,
    literal_column,
    null,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy import Table as SqlTable
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import CTE

from wasl.ledger.hot import Hot, Row, among, batch, checked, upsert
from wasl.ledger.rows import DeliveryRow
from wasl.ledger.tables import attempts, deliveries, events, messages, recipients, sources
from wasl.states import LIVE, PENDING, may_become
from wasl_contracts import Reason, State


def _all_columns(table: SqlTable) -> dict[str, ColumnElement[Any]]:
    return {column.name: bindparam(column.name) for column in table.columns}


def _of(table: SqlTable) -> tuple[ColumnElement[bool], ...]:
    """The row whose key is bound as key_brand, key_message and key_number."""
    return (
        table.c.brand == bindparam("key_brand"),
        table.c.message_id == bindparam("key_message"),
        (table.c.number if table is deliveries else table.c.delivery) == bindparam("key_number"),
    )


_mine = (*_of(deliveries), deliveries.c.fence == bindparam("key_fence"))
"""The claim that is bound, if it is still the newest one."""


def _literal(state: State) -> ColumnElement[Any]:
    return literal_column(f"'{state.value}'")


def _in_states(states: Iterable[State]) -> ColumnElement[bool]:
    return checked(deliveries.c.state.in_([_literal(state) for state in sorted(states)]))


_send_at = (
    select(messages.c.due_at).where(messages.c.brand == deliveries.c.brand, messages.c.id == deliveries.c.message_id).scalar_subquery()
)


def _later(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((one > other, one), else_=other)


# Accept
MESSAGES_BY_KEY = Hot(
    select(
        messages.c.brand, messages.c.idempotency_key, messages.c.id, messages.c.fingerprint,
        messages.c.created_at, messages.c.due_at, messages.c.expires_at,
    ).where(among(messages.c.brand, messages.c.idempotency_key, name="keys"))
)  # fmt: skip
FORGET_KEY = Hot(
    update(messages)
    .where(messages.c.brand == bindparam("key_brand"), messages.c.id == bindparam("key_message"))
    .values(idempotency_key=null(), fingerprint=null())
)
RECIPIENTS = Hot(
    select(
        recipients.c.brand, recipients.c.id, recipients.c.audience, recipients.c.locale, recipients.c.timezone, recipients.c.sealed,
        recipients.c.seen, recipients.c.preferred,
    ).where(among(recipients.c.brand, recipients.c.id, name="keys"), checked(recipients.c.erased_at.is_(None)))
)  # fmt: skip
_of_person = [column.name for column in recipients.columns if not column.primary_key]
_recipient = upsert(recipients).values(_all_columns(recipients))
PUT_RECIPIENT = Hot(
    _recipient.on_conflict_do_update(index_elements=["brand", "id"], set_={name: _recipient.excluded[name] for name in _of_person})
)
INSERT_MESSAGE = Hot(insert(messages).values(_all_columns(messages)))
INSERT_DELIVERY = Hot(
    insert(deliveries).values({name: bindparam(name) for name in DeliveryRow.__annotations__}),
    constants={"marks": "'[]'", "refused": "'[]'", "fence": "0", "attempts": "0"},
)
PUT_SOURCE = Hot(upsert(sources).values(_all_columns(sources)).on_conflict_do_nothing())

# Claim
_key = (deliveries.c.brand, deliveries.c.message_id, deliveries.c.number)


def _distinct(column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> CTE:
    """The different values of a column that leads an index, by leaps from one to the next: its rows are never walked over."""
    live = deliveries.c.due_at.is_not(None)
    first = select(column.label("found")).where(live, *conditions).order_by(column).limit(literal_column("1"))
    leaps = select(first.scalar_subquery().label("found")).cte("leaps", recursive=True)
    following = first.where(column > leaps.c.found).correlate(leaps).scalar_subquery()
    return leaps.union_all(select(following).where(leaps.c.found.is_not(None)))


_in_lane = deliveries.c.lane == bindparam("lane")
_flows = _distinct(deliveries.c.flow, _in_lane)
_due: Select[Row] = select(literal_column("1")).where(
    _in_lane, deliveries.c.flow == _flows.c.found, deliveries.c.due_at <= bindparam("now")
)
# Not EXISTS: PostgreSQL would make a join of that, over all that is due.
FLOWS = Hot(select(_flows.c.found).where(_due.limit(literal_column("1")).correlate(_flows).scalar_subquery().is_not(None)))
_rows = batch(lane=Text(), flow=Text(), now=BigInteger(), room=Integer(), lease_ends=BigInteger())


def _head(values: Callable[[str], ColumnElement[Any]]) -> Select[Row]:
    """What is due longest of a flow."""
    return (
        select(*_key)
        .where(deliveries.c.lane == values("lane"), deliveries.c.flow == values("flow"), deliveries.c.due_at <= values("now"))
        .order_by(deliveries.c.due_at)
        .limit(values("room"))
    )


_skipping = _head(_rows.c.__getitem__).with_for_update(skip_locked=True).correlate(_rows).lateral("head")
_picked = select(_skipping, _rows.c.now, _rows.c.lease_ends).select_from(_rows.join(_skipping, true())).cte("picked")


def _claiming(of: ColumnElement[bool], now: ColumnElement[Any], lease_ends: ColumnElement[Any]) -> Update:
    first = and_(deliveries.c.claimed_at.is_not(None), deliveries.c.strikes == literal_column("0"))  # poison.py
    struck = case((first, literal_column("1")), else_=literal_column("0"))
    return (
        update(deliveries)
        .where(of)
        .values(
            due_at=lease_ends, claimed_at=now, fence=deliveries.c.fence + literal_column("1"), strikes=deliveries.c.strikes + struck
        )
        .returning(
            *_key, deliveries.c.state, deliveries.c.reason, deliveries.c.marks, deliveries.c.fence, deliveries.c.channel,
            deliveries.c.address_hash, deliveries.c.provider, deliveries.c.attempts, deliveries.c.refused, deliveries.c.tried,
            deliveries.c.strikes, deliveries.c.ordering_key, deliveries.c.flow,
        )
    )  # fmt: skip


CLAIM = Hot(
    _claiming(tuple_(*_key).in_(_head(bindparam)), bindparam("now"), bindparam("lease_ends")),
    _claiming(and_(*(column == _picked.c[column.name] for column in _key)), _picked.c.now, _picked.c.lease_ends),
)
RENEW = Hot(update(deliveries).where(*_mine, checked(deliveries.c.claimed_at.is_not(None))).values(due_at=bindparam("lease_ends")))
CLAIMED_MESSAGES = Hot(
    select(
        messages.c.brand, messages.c.id, messages.c.created_at, messages.c.due_at, messages.c.expires_at, messages.c.topic,
        messages.c.category, messages.c.mode, messages.c.channels, messages.c.locale, messages.c.template, messages.c.template_version,
        messages.c.brand_version, messages.c.about, messages.c.fact, messages.c.body, messages.c.metadata, recipients.c.id,
        recipients.c.audience, recipients.c.timezone, recipients.c.sealed, messages.c.proof, messages.c.escalate_after,
        messages.c.superseded_by,
    )
    .join_from(messages, recipients, (recipients.c.brand == messages.c.brand) & (recipients.c.id == messages.c.recipient_id))
    .where(among(messages.c.brand, messages.c.id, name="keys"))
)  # fmt: skip
CALLS = Hot(
    select(
        attempts.c.brand, attempts.c.message_id, attempts.c.delivery, attempts.c.number, attempts.c.started_at, attempts.c.ended_at,
        attempts.c.outcome,
    ).where(among(attempts.c.brand, attempts.c.message_id, attempts.c.delivery, name="keys"))
)  # fmt: skip
STRIKE = Hot(update(deliveries).where(*_mine).values(strikes=deliveries.c.strikes + literal_column("1")))
VOID_LEASES = Hot(  # the first strike of poison is counted at the next claim, by claimed_at
    update(deliveries).where(deliveries.c.claimed_at.is_not(None), deliveries.c.due_at > bindparam("now")).values(due_at=bindparam("now"))
)
CATCH_UP = Hot(
    update(deliveries)
    .where(deliveries.c.state == _literal(State.ACCEPTED), deliveries.c.claimed_at.is_(None), deliveries.c.due_at > bindparam("now"))
    .values(due_at=bindparam("now"))
)
# A channel that is no longer configured has no providers and so is never claimed: its deliveries go by another lane, to be told so.
LANES = Hot(select(_distinct(deliveries.c.lane).c.found))
RELEASE = Hot(
    update(deliveries)
    .where(
        *_mine, _in_states(PENDING | {State.UNKNOWN}),
        checked(deliveries.c.claimed_at.is_not(None)),
    )
    .values(
        due_at=bindparam("due_at"), lane=bindparam("lane"), claimed_at=null(),
        strikes=bindparam("strikes"),
    )
)  # fmt: skip

# Order
_ordered = (deliveries.c.ordering_key.is_not(None), _in_states(LIVE), deliveries.c.due_at.is_not(None))
ORDERED = Hot(
    select(deliveries.c.brand, deliveries.c.ordering_key)
    .where(among(deliveries.c.brand, deliveries.c.ordering_key, name="keys"), *_ordered)
    .distinct()
)
_keys = batch(brand=Text(), ordering_key=Text())


def _next_in_order(values: Callable[[str], ColumnElement[Any]]) -> Select[Row]:
    return (
        select(deliveries.c.brand, deliveries.c.message_id, deliveries.c.reason)
        .where(deliveries.c.brand == values("brand"), deliveries.c.ordering_key == values("ordering_key"), *_ordered)
        .order_by(deliveries.c.message_id)
        .limit(literal_column("1"))
    )


_next = _next_in_order(_keys.c.__getitem__).correlate(_keys).lateral("next")
NEXT_IN_ORDER = Hot(_next_in_order(bindparam), select(_next).select_from(_keys.join(_next, true())))
UNPARK = Hot(
    update(deliveries)
    .where(
        deliveries.c.brand == bindparam("key_brand"), deliveries.c.message_id == bindparam("key_message"),
        deliveries.c.reason == literal_column(f"'{Reason.IN_ORDER.value}'"), _in_states(PENDING),
    )
    .values(due_at=_later(bindparam("now", type_=BigInteger()), _send_at), reason=null())
)  # fmt: skip

# Intent
LOCK_RECIPIENTS = Hot(
    select(recipients.c.id)
    .where(among(recipients.c.brand, recipients.c.id, name="keys"))
    .order_by(recipients.c.brand, recipients.c.id)
    .with_for_update(key_share=True)
)
COMMIT_INTENT = Hot(
    update(deliveries)
    .where(*_mine, _in_states(PENDING))
    .values(
        state=_literal(State.SENDING), reason=null(), code=null(), channel=bindparam("channel"), address_hash=bindparam("address_hash"),
        address=bindparam("address"), provider=bindparam("provider"), attempts=bindparam("attempts"), decision=bindparam("decision"),
        decided_at=bindparam("decided_at"), due_at=bindparam("lease_ends"),
    )
)  # fmt: skip
SENDING = Hot(select(*_key, deliveries.c.fence).where(among(*_key, name="keys"), _in_states({State.SENDING})))
INSERT_ATTEMPT = Hot(
    insert(attempts).values(
        {name: bindparam(name) for name in ("brand", "message_id", "delivery", "number", "provider", "started_at", "recipient_id")}
    )
)

# Settle: one statement for each state that may follow, so that the transition table is part of its condition.
SETTLE = {
    state: Hot(
        update(deliveries)
        .where(*_mine, _in_states(may_become(state)))
        .values(
            state=_literal(state), reason=bindparam("reason"), code=bindparam("code"), marks=bindparam("marks"), due_at=bindparam("due_at"),
            lane=bindparam("lane"), claimed_at=null(), provider_ref=bindparam("provider_ref"), refused=bindparam("refused"),
            strikes=bindparam("strikes"),
        )
    )
    for state in State
    if may_become(state)
}  # fmt: skip
FENCES = Hot(select(*_key, deliveries.c.fence, deliveries.c.state).where(among(*_key, name="keys")))
DECIDE = Hot(update(deliveries).where(*_mine).values(decision=bindparam("decision"), decided_at=bindparam("decided_at")))
END_ATTEMPT = Hot(
    update(attempts)
    .where(*_of(attempts), attempts.c.number == bindparam("key_attempt"), checked(attempts.c.ended_at.is_(None)))
    .values(
        {
            name: bindparam(name)
            for name in ("ended_at", "outcome", "reason", "code", "provider_ref", "facts", "digest", "dated_at", "made_by")
        }
    )
)
DISPROVE = Hot(
    update(attempts)
    .where(*_of(attempts), attempts.c.number == bindparam("key_attempt"), checked(attempts.c.outcome == literal_column("'unknown'")))
    .values(outcome=literal_column("'unavailable'"))
)
DOUBTFUL = exists(
    select(literal_column("1")).where(
        attempts.c.brand == deliveries.c.brand, attempts.c.message_id == deliveries.c.message_id,
        attempts.c.delivery == deliveries.c.number, checked(attempts.c.outcome == literal_column("'unknown'")),
    )
)  # fmt: skip
DELIVERIES_OF = Hot(select(*_key, deliveries.c.state, DOUBTFUL).where(among(deliveries.c.brand, deliveries.c.message_id, name="keys")))
INSERT_EVENT = Hot(upsert(events).values(_all_columns(events)).on_conflict_do_nothing())
CANCEL = Hot(
    update(deliveries)
    .where(
        deliveries.c.brand == bindparam("key_brand"), deliveries.c.message_id == bindparam("key_message"),
        _in_states(PENDING),
    )
    .values(state=_literal(State.CANCELLED), reason=bindparam("reason"), code=null(), due_at=null(), claimed_at=null())
    .returning(*_key, deliveries.c.ordering_key)
)  # fmt: skip

"""The statements of the hot path, each compiled once."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, insert, literal_column, null, select, tuple_, update
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.sql.elements import ColumnElement

from wasl.ledger.port import Hot, Row
from wasl.ledger.tables import attempts, deliveries, events, messages, recipients, sources, suppressions
from wasl.states import PENDING, may_become
from wasl_contracts import State


def _bound(name: str, width: int) -> Select[Row]:
    """The tuples of a JSON list that is bound as one parameter, so that the statement stays prepared."""
    row = func.json_each(bindparam(name)).table_valued("value", name=name)
    return select(*(func.json_extract(row.c.value, literal_column(f"'$[{position}]'")) for position in range(width)))


def _among(*columns: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The columns are one of those tuples."""
    return tuple_(*columns).in_(_bound(name, len(columns)))


def _all_columns(table: SqlTable) -> dict[str, ColumnElement[Any]]:
    return {column.name: bindparam(column.name) for column in table.columns}


def _of(table: SqlTable) -> tuple[ColumnElement[bool], ...]:
    """The row whose key is bound as key_brand, key_message and key_number."""
    return (
        table.c.brand == bindparam("key_brand"),
        table.c.message_id == bindparam("key_message"),
        (table.c.number if table is deliveries else table.c.delivery) == bindparam("key_number"),
    )


def _literal(state: State) -> ColumnElement[Any]:
    return literal_column(f"'{state.value}'")


def _in_states(states: Iterable[State]) -> ColumnElement[bool]:
    return deliveries.c.state.in_([_literal(state) for state in sorted(states)])


# Accept
MESSAGES_BY_KEY = Hot(
    select(
        messages.c.brand, messages.c.idempotency_key, messages.c.id, messages.c.fingerprint,
        messages.c.created_at, messages.c.due_at, messages.c.expires_at,
    ).where(_among(messages.c.brand, messages.c.idempotency_key, name="keys"))
)  # fmt: skip
FORGET_KEY = Hot(
    update(messages)
    .where(messages.c.brand == bindparam("key_brand"), messages.c.id == bindparam("key_message"))
    .values(idempotency_key=null(), fingerprint=null())
)
RECIPIENTS = Hot(
    select(
        recipients.c.brand, recipients.c.id, recipients.c.audience, recipients.c.locale, recipients.c.timezone, recipients.c.sealed,
        recipients.c.seen,
    ).where(_among(recipients.c.brand, recipients.c.id, name="keys"))
)  # fmt: skip
_recipient = upsert(recipients).values(_all_columns(recipients))
PUT_RECIPIENT = Hot(
    _recipient.on_conflict_do_update(
        index_elements=["brand", "id"],
        set_={name: _recipient.excluded[name] for name in ("audience", "locale", "timezone", "sealed", "seen", "updated_at")},
    )
)
INSERT_MESSAGE = Hot(insert(messages).values(_all_columns(messages)))
INSERT_DELIVERY = Hot(insert(deliveries).values(_all_columns(deliveries)))
PUT_SOURCE = Hot(upsert(sources).values(_all_columns(sources)).on_conflict_do_nothing())

# Claim. The sub-selects take the head of each priority, so that what is due later or waits in another lane is never walked over.
_key = (deliveries.c.brand, deliveries.c.message_id, deliveries.c.number)


def _head(priority: int) -> Select[Row]:
    due = (
        select(*_key)
        .where(
            deliveries.c.lane == bindparam("lane"),
            deliveries.c.priority == literal_column(str(priority)),
            deliveries.c.due_at <= bindparam("now"),
        )
        .order_by(deliveries.c.due_at)
        .limit(bindparam("room"))
        .subquery()
    )
    return select(due)


_heads = _head(0).union_all(*(_head(priority) for priority in (1, 2, 3))).limit(bindparam("room")).subquery()
CLAIM = Hot(
    update(deliveries)
    .where(tuple_(*_key).in_(select(_heads)))
    .values(due_at=bindparam("lease_ends"), claimed_at=bindparam("now"), fence=deliveries.c.fence + literal_column("1"))
    .returning(
        *_key, deliveries.c.state, deliveries.c.reason, deliveries.c.marks, deliveries.c.fence, deliveries.c.channel,
        deliveries.c.address_hash, deliveries.c.provider, deliveries.c.attempts, deliveries.c.refused, deliveries.c.tried,
    )
)  # fmt: skip
CLAIMED_MESSAGES = Hot(
    select(
        messages.c.brand, messages.c.id, messages.c.created_at, messages.c.due_at, messages.c.expires_at, messages.c.topic,
        messages.c.category, messages.c.mode, messages.c.channels, messages.c.locale, messages.c.template, messages.c.template_version,
        messages.c.about, messages.c.body, messages.c.metadata, recipients.c.id, recipients.c.audience,
        recipients.c.timezone, recipients.c.sealed,
    )
    .join_from(messages, recipients, (recipients.c.brand == messages.c.brand) & (recipients.c.id == messages.c.recipient_id))
    .where(_among(messages.c.brand, messages.c.id, name="keys"))
)  # fmt: skip
UNPROVEN = Hot(
    select(attempts.c.brand, attempts.c.message_id, attempts.c.delivery).where(
        _among(attempts.c.brand, attempts.c.message_id, attempts.c.delivery, name="keys"), attempts.c.outcome == literal_column("'unknown'")
    )
)
VOID_LEASES = Hot(
    update(deliveries)
    .where(deliveries.c.claimed_at.is_not(None), deliveries.c.due_at.is_not(None))
    .values(due_at=bindparam("now"), claimed_at=null())
)
# A channel that is no longer configured has no providers and so is never claimed: its deliveries go by another lane, to be told so.
MOVE_LANES = Hot(
    update(deliveries)
    .where(deliveries.c.due_at.is_not(None), tuple_(deliveries.c.lane).not_in(_bound("lanes", 1)))
    .values(lane=bindparam("lane_to"))
)
RELEASE = Hot(
    update(deliveries)
    .where(*_of(deliveries), deliveries.c.fence == bindparam("key_fence"), _in_states(PENDING | {State.UNKNOWN}))
    .values(due_at=bindparam("due_at"), lane=bindparam("lane"), claimed_at=null())
)
SUPPRESSED = Hot(
    select(
        suppressions.c.brand, suppressions.c.channel, suppressions.c.address_hash, suppressions.c.reason, suppressions.c.since,
        suppressions.c.source,
    ).where(_among(suppressions.c.brand, suppressions.c.channel, suppressions.c.address_hash, name="keys"))
)  # fmt: skip

# Intent
COMMIT_INTENT = Hot(
    update(deliveries)
    .where(*_of(deliveries), deliveries.c.fence == bindparam("key_fence"), _in_states(PENDING))
    .values(
        state=_literal(State.SENDING), reason=null(), code=null(), channel=bindparam("channel"), address_hash=bindparam("address_hash"),
        address=bindparam("address"), provider=bindparam("provider"), attempts=bindparam("attempts"), decision=bindparam("decision"),
        decided_at=bindparam("decided_at"), due_at=bindparam("lease_ends"),
    )
)  # fmt: skip
SENDING = Hot(select(*_key, deliveries.c.fence).where(_among(*_key, name="keys"), deliveries.c.state == _literal(State.SENDING)))
INSERT_ATTEMPT = Hot(
    insert(attempts).values({name: bindparam(name) for name in ("brand", "message_id", "delivery", "number", "provider", "started_at")})
)

# Settle: one statement for each state that may follow, so that the transition table is part of its condition.
SETTLE = {
    state: Hot(
        update(deliveries)
        .where(*_of(deliveries), deliveries.c.fence == bindparam("key_fence"), _in_states(may_become(state)))
        .values(
            state=_literal(state), reason=bindparam("reason"), code=bindparam("code"), marks=bindparam("marks"), due_at=bindparam("due_at"),
            lane=bindparam("lane"), claimed_at=null(), provider_ref=bindparam("provider_ref"), refused=bindparam("refused"),
        )
    )
    for state in State
    if may_become(state)
}  # fmt: skip
FENCES = Hot(select(*_key, deliveries.c.fence, deliveries.c.state).where(_among(*_key, name="keys")))
DECIDE = Hot(
    update(deliveries)
    .where(*_of(deliveries), deliveries.c.fence == bindparam("key_fence"))
    .values(decision=bindparam("decision"), decided_at=bindparam("decided_at"))
)
END_ATTEMPT = Hot(
    update(attempts)
    .where(*_of(attempts), attempts.c.number == bindparam("key_attempt"), attempts.c.ended_at.is_(None))
    .values({name: bindparam(name) for name in ("ended_at", "outcome", "reason", "code", "provider_ref", "facts")})
)
_doubtful = exists(
    select(literal_column("1")).where(
        attempts.c.brand == deliveries.c.brand, attempts.c.message_id == deliveries.c.message_id,
        attempts.c.delivery == deliveries.c.number, attempts.c.outcome == literal_column("'unknown'"),
    )
)  # fmt: skip
DELIVERIES_OF = Hot(select(*_key, deliveries.c.state, _doubtful).where(_among(deliveries.c.brand, deliveries.c.message_id, name="keys")))
INSERT_EVENT = Hot(upsert(events).values(_all_columns(events)).on_conflict_do_nothing())
SUPPRESS = Hot(upsert(suppressions).values(_all_columns(suppressions)).on_conflict_do_nothing())
CANCEL = Hot(
    update(deliveries)
    .where(
        deliveries.c.brand == bindparam("key_brand"), deliveries.c.message_id == bindparam("key_message"),
        _in_states(PENDING),
    )
    .values(state=_literal(State.CANCELLED), reason=bindparam("reason"), code=null(), due_at=null(), claimed_at=null())
    .returning(*_key)
)  # fmt: skip

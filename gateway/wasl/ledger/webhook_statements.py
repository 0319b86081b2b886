"""The statements of webhooks: small ones that no message waits for."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)

from wasl.ledger.hot import Hot, among, upsert
from wasl.ledger.tables import deliveries, feed, messages, webhook_waits, webhooks


def _key(name: str) -> object:
    return bindparam(f"key_{name}", type_=Text())


_one = (webhooks.c.brand == _key("brand"), webhooks.c.id == _key("id"))
_fenced = (*_one, webhooks.c.fence == bindparam("key_fence", type_=Integer()))
_its = (webhook_waits.c.brand == _key("brand"), webhook_waits.c.webhook_id == _key("id"))
_number: ColumnElement[int] = literal_column("1")
_now = bindparam("now", type_=BigInteger())
_WAITS = ("event_id", "entry", "first_at", "attempts", "due_at")
READ = (
    "brand", "id", "created_at", "sealed", "types", "topics", "enabled", "disabled_reason", "disabled_at", "failing_since", "cursor",
    "tries", "fence",
)  # fmt: skip
_columns = tuple(webhooks.c[name] for name in READ)
ADD = Hot(insert(webhooks).values({column.name: bindparam(column.name) for column in webhooks.columns}))
GET = Hot(select(*_columns).where(*_one))
LOCK = Hot(select(webhooks.c.id).where(*_one).with_for_update())
LIST = Hot(select(*_columns).where(webhooks.c.brand == _key("brand")).order_by(webhooks.c.id))
CHANGE = Hot(
    update(webhooks)
    .where(*_one)
    .values(
        {name: bindparam(name, type_=webhooks.c[name].type) for name in (
            "sealed", "types", "topics", "enabled", "disabled_reason", "disabled_at", "failing_since",
        )}
    )
    .returning(webhooks.c.id)
)  # fmt: skip
REMOVE = Hot(delete(webhooks).where(*_one).returning(webhooks.c.id))
FORGET = Hot(delete(webhook_waits).where(*_its))
_earliest = (
    select(func.min(webhook_waits.c.due_at))
    .where(webhook_waits.c.brand == webhooks.c.brand, webhook_waits.c.webhook_id == webhooks.c.id)
    .scalar_subquery()
)
_open = (webhooks.c.enabled == _number, webhooks.c.leased_until <= _now)
PLACES = Hot(select(webhooks.c.brand, webhooks.c.id, webhooks.c.cursor, _earliest).where(*_open))
CLAIM = Hot(
    update(webhooks)
    .where(*_one, *_open)
    .values(leased_until=bindparam("leased_until"), fence=webhooks.c.fence + _number)
    .returning(*_columns)
)
VOID = Hot(update(webhooks).where(webhooks.c.leased_until > literal_column("0")).values(leased_until=literal_column("0")))
DUE = Hot(
    select(*(webhook_waits.c[name] for name in _WAITS))
    .where(*_its, webhook_waits.c.due_at <= _now)
    .order_by(webhook_waits.c.due_at)
    .limit(bindparam("most"))
)
_counted: tuple[ColumnElement[Any], ...] = (func.count().label("waiting"),)
WAITING = Hot(select(*_counted).select_from(webhook_waits).where(*_its, webhook_waits.c.due_at.is_not(None)))
SETTLE = Hot(
    update(webhooks)
    .where(*_fenced)
    .values(
        cursor=bindparam("cursor", type_=Text()),
        tries=bindparam("tries", type_=Text()),
        failing_since=bindparam("failing_since", type_=BigInteger()),
        leased_until=literal_column("0"),
    )
    .returning(webhooks.c.enabled)
)
DISABLE = Hot(
    update(webhooks)
    .where(*_one)
    .values(enabled=literal_column("0"), disabled_reason=bindparam("disabled_reason", type_=Text()), disabled_at=_now)
)
_put = upsert(webhook_waits).values({column.name: bindparam(column.name) for column in webhook_waits.columns})
WAIT = Hot(
    _put.on_conflict_do_update(
        index_elements=["brand", "webhook_id", "event_id"],
        set_={"attempts": _put.excluded.attempts, "due_at": _put.excluded.due_at},
    )
)
TAKEN = Hot(delete(webhook_waits).where(*_its, webhook_waits.c.event_id == _key("event")))
CLEAR = Hot(delete(webhook_waits).where(*_its, webhook_waits.c.due_at.is_(None), webhook_waits.c.first_at < bindparam("before")))
AGAIN = Hot(
    update(webhook_waits)
    .where(*_its, webhook_waits.c.event_id == _key("event"))
    .values(due_at=_now, attempts=literal_column("0"))
    .returning(webhook_waits.c.event_id)
)
REWIND = Hot(
    update(webhooks)
    .where(*_one)
    .values(cursor=bindparam("cursor", type_=Text()), fence=webhooks.c.fence + _number, leased_until=literal_column("0"))
    .returning(webhooks.c.id)
)
ABOUT = Hot(
    select(
        messages.c.id, deliveries.c.number, messages.c.recipient_id, messages.c.topic, messages.c.metadata, deliveries.c.channel,
        deliveries.c.provider, deliveries.c.address,
    )
    .join_from(messages, deliveries, (deliveries.c.brand == messages.c.brand) & (deliveries.c.message_id == messages.c.id))
    .where(among(messages.c.brand, messages.c.id, name="keys"))
)  # fmt: skip
_before = (feed.c.brand == bindparam("brand"), feed.c.at < bindparam("since", type_=BigInteger()))
BEFORE = Hot(
    select(feed.c.at, feed.c.xid, feed.c.id).where(*_before).order_by(feed.c.xid.desc(), feed.c.id.desc()).limit(literal_column("1"))
)

"""The rows of callbacks: what is kept of each thing that a provider told, and letting go of it again."""

import json
from collections.abc import Collection

from sqlalchemy import bindparam, delete, literal_column, null, select, update

from wasl.ledger.hot import Hot, Values, among, checked, upsert
from wasl.ledger.port import Transaction
from wasl.ledger.tables import attempts, callbacks, provider_refs

PUT = Hot(upsert(callbacks).values({c.name: bindparam(c.name) for c in callbacks.columns}).on_conflict_do_nothing())
_key = (callbacks.c.provider, callbacks.c.key)
STORED = Hot(select(*_key, callbacks.c.id).where(among(*_key, name="keys")))
_one = (callbacks.c.provider == bindparam("key_provider"), callbacks.c.key == bindparam("key_key"))
HOLD = Hot(update(callbacks).where(*_one).values(raw=bindparam("raw"), held_by=null()))
_due = callbacks.c.look_at <= bindparam("now")
ANY_DUE = Hot(select(literal_column("1")).where(_due).limit(literal_column("1")))
DUE = Hot(
    select(*_key, callbacks.c.id, callbacks.c.at, callbacks.c.event)
    .where(_due)
    .order_by(callbacks.c.look_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
DROP = Hot(delete(callbacks).where(*_one))
MATCH_ALL = Hot(
    update(callbacks)
    .where(callbacks.c.state.in_([literal_column("'orphan'"), literal_column("'waiting'")]), callbacks.c.event.is_not(None))
    .values(look_at=bindparam("now"))
)
LOOKED = Hot(
    update(callbacks)
    .where(*_one, checked(callbacks.c.state != literal_column("'settled'")))
    .values({name: bindparam(name) for name in ("state", "brand", "message_id", "delivery", "event", "look_at")})
)
_cleared = {name: null() for name in ("raw", "event", "address_hash", "look_at")}
_theirs = among(callbacks.c.brand, callbacks.c.message_id, name="keys")
_HOLDERS = Hot(select(callbacks.c.provider, callbacks.c.held_by).where(_theirs, callbacks.c.held_by.is_not(None)).distinct())
_CLEAR = Hot(update(callbacks).where(_theirs).values(_cleared))
_UNHOLD = Hot(update(callbacks).where(*_one).values(raw=null()))
_OF_ADDRESSES = Hot(select(*_key, callbacks.c.held_by).where(among(callbacks.c.address_hash, name="keys")))
_CLEAR_ONE = Hot(update(callbacks).where(*_one).values(_cleared))
_refs = (attempts.c.provider, attempts.c.provider_ref)
_REFS = Hot(
    select(*_refs).where(among(attempts.c.brand, attempts.c.message_id, name="keys"), checked(attempts.c.provider_ref.is_not(None)))
)
_UNREF = Hot(
    delete(provider_refs).where(provider_refs.c.provider == bindparam("key_provider"), provider_refs.c.ref == bindparam("key_ref"))
)


PUT_REF = Hot(upsert(provider_refs).values({c.name: bindparam(c.name) for c in provider_refs.columns}).on_conflict_do_nothing())
"""Which call has which id of the provider's own: written when it answers, for providers whose reports name nothing else."""


async def clear_callbacks(tx: Transaction, keys: str) -> None:
    """Empty what was told of messages, a JSON list of (brand, id), before their attempts are emptied; what they are recognised by stays."""
    held = [_named(*row) for row in await tx.fetch(_HOLDERS, {"keys": keys})]
    refs = [{"key_provider": row[0], "key_ref": row[1]} for row in await tx.fetch(_REFS, {"keys": keys})]
    await tx.fetch(_CLEAR, {"keys": keys})
    for statement, rows in ((_UNHOLD, held), (_UNREF, refs)):
        if rows:
            await tx.many(statement, rows)


async def clear_callbacks_of(tx: Transaction, hashes: Collection[str]) -> None:
    """Empty what was told of addresses, by their hashes: what they wrote, and whatever came with it."""
    if not hashes:
        return
    rows = await tx.fetch(_OF_ADDRESSES, {"keys": json.dumps([[one] for one in sorted(hashes)])})
    if rows:
        await tx.many(_CLEAR_ONE, [_named(*row[:2]) for row in rows])
        await tx.many(_UNHOLD, [_named(provider, held_by or key) for provider, key, held_by in rows])


def _named(provider: str, key: str) -> Values:
    return {"key_provider": provider, "key_key": key}

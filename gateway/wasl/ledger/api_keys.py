"""API keys: who may call, by a digest of each key."""

import json

from sqlalchemy import bindparam, insert, select, update

from wasl.apikeys import ApiKey
from wasl.audited import Entry
from wasl.clock import Clock, micros, moment
from wasl.ledger.audit import with_entry
from wasl.ledger.hot import Hot
from wasl.ledger.store import Store
from wasl.ledger.tables import api_keys

_PUT_KEY = Hot(insert(api_keys).values({name: bindparam(name) for name in ("brand", "id", "name", "digest", "scopes", "created_at")}))
_REVOKE_KEY = Hot(
    update(api_keys)
    .where(api_keys.c.brand == bindparam("key_brand"), api_keys.c.id == bindparam("key_id"))
    .values(revoked_at=bindparam("now"))
)


class ApiKeys:
    """The API keys of one database."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def put(self, key: ApiKey, digest: bytes, entry: Entry) -> None:
        """Store a new API key by its digest."""
        now = micros(self._clock.now())
        row = {
            "brand": key.brand, "id": key.id, "name": key.name, "digest": digest, "scopes": json.dumps(sorted(key.scopes)),
            "created_at": now,
        }  # fmt: skip
        await self._store.writer.run(with_entry(lambda tx: tx.many(_PUT_KEY, [row]), entry, now))

    async def get(self, key_id: str) -> tuple[ApiKey, bytes] | None:
        """A key that may be used now, and its digest."""
        async with self._store.engine.connect() as connection:
            row = (await connection.execute(select(api_keys).where(api_keys.c.id == key_id))).first()
        if row is None or row.revoked_at is not None or (row.expires_at is not None and moment(row.expires_at) <= self._clock.now()):
            return None
        return ApiKey(id=row.id, name=row.name, brand=row.brand, scopes=frozenset(json.loads(row.scopes))), row.digest

    async def any(self, brand: str | None) -> bool:
        """Whether a brand, or any, has a key that was not revoked."""
        whose = [api_keys.c.brand == brand] if brand is not None else []
        query = select(api_keys.c.id).where(*whose, api_keys.c.revoked_at.is_(None)).limit(1)
        async with self._store.engine.connect() as connection:
            return (await connection.execute(query)).first() is not None

    async def revoke(self, brand: str, key_id: str, entry: Entry) -> bool:
        """Make a key useless. False: there is none of that id."""
        now = micros(self._clock.now())
        row = {"key_brand": brand, "key_id": key_id, "now": now}
        return await self._store.writer.run(with_entry(lambda tx: tx.many(_REVOKE_KEY, [row]), entry, now, when=bool)) > 0

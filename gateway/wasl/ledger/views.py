"""What users of the console keep: views, which are queries with a name; and what they did to many messages at a time."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from wasl.acts_seen import Fated
from wasl.clock import Clock, micros
from wasl.errors import Conflict
from wasl.ledger.hot import Hot, upsert
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
from wasl.ledger.tables import bulk_acts, saved_views

MOST_VIEWS = 50
"""Views that one user may keep."""
_KEPT = timedelta(days=30)  # what an act on many did
_whose = saved_views.c.user_id == bindparam("key_user")
_OF_USER = Hot(select(saved_views.c.name, saved_views.c.query).where(_whose).order_by(saved_views.c.at, saved_views.c.name))
_OTHERS = Hot(select(saved_views.c.name).where(_whose, saved_views.c.name != bindparam("name")))
_put = upsert(saved_views).values({column.name: bindparam(column.name) for column in saved_views.columns})
_PUT = Hot(_put.on_conflict_do_update(index_elements=["user_id", "name"], set_={"query": _put.excluded.query}))
_DROP = Hot(delete(saved_views).where(_whose, saved_views.c.name == bindparam("key_name")).returning(saved_views.c.name))
_KEEP = Hot(insert(bulk_acts).values({column.name: bindparam(column.name) for column in bulk_acts.columns}))
_ACT = Hot(
    select(bulk_acts.c.act, bulk_acts.c.at, bulk_acts.c.fates).where(
        bulk_acts.c.token == bindparam("token"), bulk_acts.c.user_id == bindparam("user_id")
    )
)
_OLD = Hot(delete(bulk_acts).where(bulk_acts.c.at < bindparam("before")))


class View(NamedTuple):
    """A query with the name that a user gave it."""

    name: str
    query: str


class BulkAct(NamedTuple):
    """Something that was done to many messages, at a moment in microseconds."""

    act: str
    at: int
    fates: tuple[Fated, ...]


class Views:
    """Keeps them for the users of one database."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def of(self, user_id: str) -> list[View]:
        """A user's views, oldest first."""
        return [View(*row) for row in await self._store.reader.fetch(_OF_USER, {"key_user": user_id})]

    async def put(self, user_id: str, view: View) -> None:
        """Keep a view; one of the same name is replaced.

        Raises:
            Conflict: the user has as many as there may be.
        """
        row = {"user_id": user_id, "name": view.name, "query": view.query, "at": micros(self._clock.now())}

        async def work(tx: Transaction) -> bool:
            others = await tx.fetch(_OTHERS, {"key_user": user_id, "name": view.name})
            if len(others) < MOST_VIEWS:
                await tx.many(_PUT, [row])
            return len(others) < MOST_VIEWS

        if not await self._store.writer.run(work):
            raise Conflict(f"There are {MOST_VIEWS} views already.", suggested_action="Remove one that is not needed any more.")

    async def drop(self, user_id: str, name: str) -> bool:
        """Forget a view; False where there is none of that name."""
        return bool(await self._store.writer.run(lambda tx: tx.fetch(_DROP, {"key_user": user_id, "key_name": name})))

    async def keep(self, user_id: str, token: str, act: str, fates: Sequence[Fated]) -> None:
        """Keep what an act did, under the token of its form, for thirty days."""
        now = self._clock.now()
        row = {"token": token, "user_id": user_id, "act": act, "at": micros(now), "fates": json.dumps(fates)}

        async def work(tx: Transaction) -> None:
            await tx.many(_OLD, [{"before": micros(now - _KEPT)}])
            await tx.many(_KEEP, [row])

        await self._store.writer.run(work)

    async def act(self, user_id: str, token: str) -> BulkAct | None:
        """What an act of this user did; None where there is no such act."""
        found = await self._store.reader.fetch(_ACT, {"token": token, "user_id": user_id})
        if not found:
            return None
        act, at, fates = found[0]
        return BulkAct(act, at, tuple(Fated(*one) for one in json.loads(fates)))

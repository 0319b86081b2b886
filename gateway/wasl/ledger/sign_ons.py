"""Users whom an identity provider knows: found by their subject, changed as it says; and which of their sign-ins came back already."""

import json
from datetime import timedelta

from sqlalchemy import BigInteger, LargeBinary, Text, bindparam, delete, select

from wasl.audited import Entry
from wasl.clock import MICROSECOND, Clock, micros
from wasl.ledger import user_statements as sql
from wasl.ledger.audit import with_entry
from wasl.ledger.hot import Hot, Row, upsert
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
from wasl.ledger.tables import sign_ons, users
from wasl.ledger.users import closed, user_of
from wasl.users import User

_at = bindparam("at", type_=BigInteger())
_SPEND = Hot(
    upsert(sign_ons).values(digest=bindparam("digest", type_=LargeBinary()), at=_at).on_conflict_do_nothing().returning(sign_ons.c.digest)
)
_CLEAR = Hot(delete(sign_ons).where(sign_ons.c.at < _at))
_OF = Hot(select(*(users.c[name] for name in sql.FIELDS)).where(users.c.subject == bindparam("key_subject", type_=Text())))


class SignOns:
    """The single sign-ons of one database. Writes are on disk when they return."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def spend(self, digest: bytes, kept: timedelta) -> bool:
        """A sign-in came back. False: it did before. It is remembered for that long; then its cookie is worth nothing by itself."""
        now = micros(self._clock.now())

        async def work(tx: Transaction) -> list[Row]:
            await tx.fetch(_CLEAR, {"at": now - kept // MICROSECOND})
            return await tx.fetch(_SPEND, {"digest": digest, "at": now})

        return bool(await self._store.writer.run(work))

    async def of(self, subject: str) -> User | None:
        """Whom the provider knows by that."""
        rows = await self._store.reader.fetch(_OF, {"key_subject": subject})
        return user_of(rows[0]) if rows else None

    async def set_access(self, user: User, entry: Entry) -> None:
        """Give them the role and the brands that the provider tells of, and sign them out everywhere.

        Also if no admin is left then: whoever is in the right group there is the next one.
        """
        told = {"key_id": user.id, "role": user.role.value, "brands": json.dumps(user.brands)}

        async def work(tx: Transaction) -> list[Row]:
            await closed(tx, user_id=user.id)
            return await tx.fetch(sql.SET_ACCESS, told)

        await self._store.writer.run(with_entry(work, entry, micros(self._clock.now()), when=bool))

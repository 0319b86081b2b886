"""Links that help desks were given: each row is one that opens until its time, unless it is revoked or the person was erased."""

from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update

from wasl.audited import Entry
from wasl.clock import Clock, micros, moment
from wasl.desk_link_seen import DeskLinkSeen
from wasl.ledger.audit import with_entry
from wasl.ledger.hot import Hot, Row
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
from wasl.ledger.tables import desk_links

_key = (desk_links.c.brand == bindparam("key_brand"), desk_links.c.id == bindparam("key_id"))
_PUT = Hot(insert(desk_links).values({column.name: bindparam(column.name) for column in desk_links.columns}))
_ONE = Hot(select(*desk_links.columns).where(*_key))
_whose = (desk_links.c.brand == bindparam("brand"), desk_links.c.recipient_id == bindparam("recipient_id"))
_OPEN = Hot(
    select(*desk_links.columns)
    .where(*_whose, desk_links.c.revoked_at.is_(None), desk_links.c.expires_at > bindparam("now"))
    .order_by(desk_links.c.id)
)
_REVOKE = Hot(update(desk_links).where(*_key, desk_links.c.revoked_at.is_(None)).values(revoked_at=bindparam("now")))
_FORGET = Hot(delete(desk_links).where(*_whose))


async def forget_links(tx: Transaction, brand: str, person_id: str) -> None:
    """No link to a person opens any more, and none tells who they were."""
    await tx.fetch(_FORGET, {"brand": brand, "recipient_id": person_id})


class DeskLinks:
    """The links of one database."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def put(self, link: DeskLinkSeen, entry: Entry) -> bool:
        """Store a new link and tell the audit; False where there is one of this id already."""
        row = link.model_dump(include={"id", "brand", "made_by"}) | {
            "recipient_id": link.recipient, "made_at": micros(link.made_at), "expires_at": micros(link.expires_at), "revoked_at": None,
        }  # fmt: skip

        async def work(tx: Transaction) -> bool:
            if await tx.fetch(_ONE, {"key_brand": link.brand, "key_id": link.id}):
                return False
            tx.put(_PUT, [row])
            return True

        return await self._store.writer.run(with_entry(work, entry, micros(self._clock.now()), when=bool))

    async def get(self, brand: str, link_id: str) -> DeskLinkSeen | None:
        """A link; None where it was never made, or the person was erased since."""
        rows = await self._store.reader.fetch(_ONE, {"key_brand": brand, "key_id": link_id})
        return _seen(rows[0]) if rows else None

    async def open_to(self, brand: str, recipient_id: str) -> tuple[DeskLinkSeen, ...]:
        """The links to a person that open now."""
        asked = {"brand": brand, "recipient_id": recipient_id, "now": micros(self._clock.now())}
        return tuple(_seen(row) for row in await self._store.reader.fetch(_OPEN, asked))

    async def revoke(self, link: DeskLinkSeen, entry: Entry) -> bool:
        """Let a link open nothing any more and tell the audit; False where it was revoked before."""
        now = micros(self._clock.now())
        asked = {"key_brand": link.brand, "key_id": link.id, "now": now}
        revoked = await self._store.writer.run(with_entry(lambda tx: tx.many(_REVOKE, [asked]), entry, now, when=bool))
        return revoked > 0

    def now(self) -> datetime:
        """The moment by which links end."""
        return self._clock.now()


def _seen(row: Row) -> DeskLinkSeen:
    told = dict(zip(desk_links.columns.keys(), row, strict=True))
    return DeskLinkSeen(
        id=told["id"],
        brand=told["brand"],
        recipient=told["recipient_id"],
        made_by=told["made_by"],
        made_at=moment(told["made_at"]),
        expires_at=moment(told["expires_at"]),
        revoked_at=moment(told["revoked_at"]) if told["revoked_at"] is not None else None,
    )

"""Recipients, one at a time: who they are and how they can be reached, opened."""

from sqlalchemy import bindparam, select

from wasl.keys import KeyRing
from wasl.ledger.hot import Hot
from wasl.ledger.people import Person, PersonRow
from wasl.ledger.store import Store
from wasl.ledger.tables import recipients

_KNOWN = Hot(
    select(*(recipients.c[name] for name in PersonRow.__slots__)).where(
        recipients.c.brand == bindparam("brand"), recipients.c.id == bindparam("recipient_id"), recipients.c.erased_at.is_(None)
    )
)


class Contacts:
    """Recipients of one database."""

    def __init__(self, store: Store, keys: KeyRing) -> None:
        self._store = store
        self._keys = keys

    async def get(self, brand: str, recipient_id: str) -> Person | None:
        """What is known of a recipient; None where that is nothing, or was erased."""
        rows = await self._store.reader.fetch(_KNOWN, {"brand": brand, "recipient_id": recipient_id})
        return Person.open(PersonRow(*rows[0]), self._keys) if rows else None

"""Recipients, one at a time: who they are and how they can be reached, opened."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from wasl.clock import moment
from wasl.errors import NotFound
from wasl.keys import KeyRing
from wasl.ledger.hot import Hot
from wasl.ledger.people import Person, PersonRow, stub_id
from wasl.ledger.store import Store
from wasl.ledger.tables import recipients

_KNOWN = Hot(
    select(*(recipients.c[name] for name in PersonRow.__slots__)).where(
        recipients.c.brand == bindparam("brand"), recipients.c.id == bindparam("recipient_id"), recipients.c.erased_at.is_(None)
    )
)
_ERASED = Hot(
    select(recipients.c.erased_at).where(
        recipients.c.brand == bindparam("brand"), recipients.c.id == bindparam("stub"), recipients.c.erased_at.is_not(None)
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

    async def erased_at(self, brand: str, recipient_id: str) -> datetime | None:
        """When somebody of this id was last erased, whoever has it now."""
        rows = await self._store.reader.fetch(_ERASED, {"brand": brand, "stub": stub_id(self._keys, brand, recipient_id)})
        return moment(rows[0][0]) if rows else None


async def known_person(connection: AsyncConnection, keys: KeyRing, brand: str, person_id: str) -> Row[Any]:
    """The row of a person, or of the stub that is left of who had this id.

    Raises:
        NotFound: nobody was ever known by that id.
    """
    query = select(recipients).where(recipients.c.brand == brand)
    for wanted in (person_id, stub_id(keys, brand, person_id)):
        if (row := (await connection.execute(query.where(recipients.c.id == wanted))).first()) is not None:
            return row
    raise NotFound("There is no recipient with this id.")

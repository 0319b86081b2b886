"""What API keys and users are called, for those who read where a message came from."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from wasl.ledger.tables import api_keys, users
from wasl.origins import OriginSeen, unpacked


class Names(NamedTuple):
    """Names by kind and id."""

    known: Mapping[tuple[str, str], str]

    def origin(self, text: str | None) -> OriginSeen | None:
        """Where a message came from, with the name of whoever asked."""
        if text is None:
            return None
        found = unpacked(text)
        name = self.known.get((found.kind, found.id), "")
        return found.model_copy(update={"name": name}) if name else found


async def names(connection: AsyncConnection, brand: str, origins: Iterable[str | None]) -> Names:
    """The names of all that these came from; those of keys are the brand's, also of keys that were revoked."""
    found = {unpacked(text) for text in set(origins) if text is not None}
    keys, people = ([one.id for one in found if one.kind == kind] for kind in ("key", "user"))
    known: dict[tuple[str, str], str] = {}
    if keys:
        query = select(api_keys.c.id, api_keys.c.name).where(api_keys.c.brand == brand, api_keys.c.id.in_(keys))
        known |= {("key", row.id): row.name for row in (await connection.execute(query)).all()}
    if people:
        named = select(users.c.id, users.c.name).where(users.c.id.in_(people))
        known |= {("user", row.id): row.name for row in (await connection.execute(named)).all()}
    return Names(known)

"""Messages that can reach nobody: every address that their person has on the channels of their route is suppressed."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from wasl.keys import KeyRing
from wasl.ledger.hot import Hot, among
from wasl.ledger.people import address_hash, unseal
from wasl.ledger.store import Store
from wasl.ledger.suppressions import read_suppressed
from wasl.ledger.tables import messages, recipients
from wasl.policies.suppression import holding

_WHOSE = Hot(
    select(messages.c.brand, messages.c.id, messages.c.category, messages.c.channels, recipients.c.id, recipients.c.sealed)
    .join_from(messages, recipients, (recipients.c.brand == messages.c.brand) & (recipients.c.id == messages.c.recipient_id))
    .where(among(messages.c.brand, messages.c.id, name="keys"))
)


class Unreachable:
    """Looks for them in one database, for those who act on many messages."""

    def __init__(self, store: Store, keys: KeyRing) -> None:
        self._store = store
        self._keys = keys

    async def among(self, wanted: Sequence[tuple[str, str]], now: datetime) -> set[str]:
        """The ids of those of these messages (brand and id) that would only be withheld again."""
        rows = await self._store.reader.fetch(_WHOSE, {"keys": json.dumps(sorted(wanted))}) if wanted else []
        people = {(brand, person): sealed for brand, _, _, _, person, sealed in rows}
        known = {key: self._ways(*key, sealed) for key, sealed in people.items()}
        listed = await read_suppressed(self._store.reader, {way for ways in known.values() for way in ways})
        found = set()
        for brand, message_id, category, channels, person, _ in rows if listed else ():
            ways = [way for way in known[brand, person] if way[1] in json.loads(channels)]
            if ways and all(holding(listed.get(way, ()), category, now) for way in ways):
                found.add(message_id)
        return found

    def _ways(self, brand: str, person: str, sealed: bytes) -> list[tuple[str, str, str]]:
        addresses, _ = unseal(sealed, brand, person, self._keys)
        return [(brand, one.channel, address_hash(self._keys, one.kind, one.value)) for one in addresses]

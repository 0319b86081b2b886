"""What is tracked of calls: written with their intents, read when somebody follows a link, gone with the content of the message."""

import json
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from wasl.keys import KeyRing
from wasl.ledger.hot import Hot, among
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
from wasl.ledger.tables import attempts, tracked

PUT_TRACKED = Hot(insert(tracked).values({column.name: bindparam(column.name) for column in tracked.columns}))
_key = (tracked.c.brand, tracked.c.message_id, tracked.c.delivery, tracked.c.attempt)
_call = (
    (attempts.c.brand == tracked.c.brand)
    & (attempts.c.message_id == tracked.c.message_id)
    & (attempts.c.delivery == tracked.c.delivery)
    & (attempts.c.number == tracked.c.attempt)
)
_FIND = Hot(
    select(tracked.c.opens, tracked.c.targets, attempts.c.provider, attempts.c.ended_at)
    .join_from(tracked, attempts, _call)
    .where(among(*_key, name="keys"))
)
_CLEAR = Hot(delete(tracked).where(among(tracked.c.brand, tracked.c.message_id, name="keys")))


class Tracked(NamedTuple):
    """What is tracked of a call; `targets` is where its links lead, encrypted."""

    opens: bool
    clicks: bool
    targets: bytes | None


class TrackedCall(NamedTuple):
    """A call whose mail is tracked. `ended_at` is in microseconds; None: it is still out."""

    opens: bool
    targets: tuple[str, ...]
    provider: str
    ended_at: int | None


class TrackedCalls:
    """Finds them."""

    def __init__(self, store: Store, keys: KeyRing) -> None:
        self._store = store
        self._keys = keys

    async def find(self, brand: str, message_id: str, delivery: int, attempt: int) -> TrackedCall | None:
        """One; None where nothing of it is tracked, or its content is not kept any more."""
        rows = await self._store.reader.fetch(_FIND, {"keys": json.dumps([(brand, message_id, delivery, attempt)])})
        if not rows:
            return None
        opens, targets, provider, ended_at = rows[0]
        links = json.loads(self._keys.open(targets, about(brand, message_id))) if targets is not None else ()
        return TrackedCall(bool(opens), tuple(links), provider, ended_at)


async def clear_tracked(tx: Transaction, keys: str) -> None:
    """Forget what is tracked of messages, a JSON list of (brand, id): their links lead nowhere from now on."""
    await tx.fetch(_CLEAR, {"keys": keys})


def about(brand: str, message_id: str) -> bytes:
    """What the links of a message are encrypted under."""
    return f"tracked|{brand}|{message_id}".encode()

"""What is kept of a message that was handed over, call by call, so that it can be made again."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from wasl.answers import MessageSeen
from wasl.clock import micros
from wasl.config.topics import Track
from wasl.errors import NotFound
from wasl.keys import KeyRing
from wasl.ledger import kin
from wasl.ledger import statements as sql
from wasl.ledger.envelopes import envelope_of
from wasl.ledger.store import Store
from wasl.ledger.tables import attempts, deliveries, messages, recipients, tracked
from wasl.related_seen import Alike, RelatedSeen
from wasl_contracts import Envelope, State

_CLEARED = "{}"
"""The body of a message whose content is not kept any more."""


class Call(NamedTuple):
    """One attempt, with the delivery that it belongs to as it is now. Moments are microseconds since 1970."""

    delivery: int
    number: int
    provider: str
    started_at: int
    digest: str | None
    dated_at: int | None
    made_by: str | None
    channel: str | None
    address_hash: str | None
    opens: int | None
    clicks: int | None
    """Whether its opens and clicks are tracked; None: not."""
    last: bool
    """Nothing was tried after it, so the delivery's address is its own."""

    @property
    def tracks(self) -> frozenset[Track]:
        """What was tracked of it, whatever the configuration says now."""
        told: dict[Track, int | None] = {"opens": self.opens, "clicks": self.clicks}
        return frozenset(track for track, tracked in told.items() if tracked)


class Handed(NamedTuple):
    """A message as it is kept. `erased` and `cleared` tell that what it said is gone, with the person or alone.

    `life_began` is from when it could go, `person_changed` when something about the person was written last.
    """

    envelope: Envelope
    erased: bool
    cleared: bool
    life_began: int
    person_changed: int
    calls: Sequence[Call]


class HandedOver:
    """Reads it."""

    def __init__(self, store: Store, keys: KeyRing) -> None:
        self._store = store
        self._keys = keys

    async def of(self, brand: str, message_id: str) -> Handed:
        """One message.

        Raises:
            NotFound: the brand has none of that id.
        """
        about = select(messages.c.body, messages.c.due_at, recipients.c.updated_at, recipients.c.erased_at).join_from(
            messages, recipients, (recipients.c.brand == messages.c.brand) & (recipients.c.id == messages.c.recipient_id)
        )
        sent = select(
            attempts.c.delivery, attempts.c.number, attempts.c.provider, attempts.c.started_at, attempts.c.digest, attempts.c.dated_at,
            attempts.c.made_by, deliveries.c.channel, deliveries.c.address_hash, tracked.c.opens, tracked.c.clicks,
            deliveries.c.attempts == attempts.c.number,
        ).join_from(
            attempts, deliveries,
            (deliveries.c.brand == attempts.c.brand) & (deliveries.c.message_id == attempts.c.message_id)
            & (deliveries.c.number == attempts.c.delivery),
        ).outerjoin(
            tracked,
            (tracked.c.brand == attempts.c.brand) & (tracked.c.message_id == attempts.c.message_id)
            & (tracked.c.delivery == attempts.c.delivery) & (tracked.c.attempt == attempts.c.number),
        )  # fmt: skip
        keys = {"keys": json.dumps([(brand, message_id)])}
        found = await self._store.reader.fetch(sql.CLAIMED_MESSAGES, keys) if message_id.isascii() else ()
        async with self._store.engine.connect() as connection:
            row = (await connection.execute(about.where(messages.c.brand == brand, messages.c.id == message_id))).first()
            if row is None or not found:
                raise NotFound("There is no such message.")
            mine = (attempts.c.brand == brand, attempts.c.message_id == message_id)
            calls = (await connection.execute(sent.where(*mine).order_by(attempts.c.started_at, attempts.c.delivery))).all()
        told = [Call._make((*call[:-1], bool(call[-1]))) for call in calls]
        envelope = envelope_of(found[0][:-1], self._keys)
        return Handed(envelope, row.erased_at is not None, row.body == _CLEARED, row.due_at, row.updated_at, told)

    async def details(self, brand: str, message_id: str) -> kin.Details:
        """What is stored of a message and not seen of it elsewhere; raises NotFound."""
        async with self._store.engine.connect() as connection:
            return await kin.details(connection, brand, message_id)

    async def related(self, brand: str, message_id: str) -> Sequence[RelatedSeen]:
        """Other messages that belong to it, newest first; none where it is not there."""
        async with self._store.engine.connect() as connection:
            return await kin.related(connection, brand, message_id)

    async def alike(self, seen: MessageSeen) -> Alike:
        """How many others ended in the same way, of the last hour."""
        async with self._store.engine.connect() as connection:
            return await kin.alike(connection, seen.brand, seen)

    async def lately(self, seen: MessageSeen, since: datetime, most: int) -> Sequence[tuple[str, State, datetime]]:
        """The same person's newest other messages of this kind from then on: id, state and when it was accepted."""
        async with self._store.engine.connect() as connection:
            return await kin.lately(connection, seen, micros(since), most)

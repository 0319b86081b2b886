"""What is stored about one person: at a glance, as a timeline, and all of it for themselves."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from wasl.answers import RecipientSeen
from wasl.clock import moment
from wasl.consent import ConsentRow
from wasl.errors import NotFound
from wasl.ids import attempt_id
from wasl.keys import KeyRing
from wasl.ledger import histories
from wasl.ledger.consents import Consents
from wasl.ledger.contacts import known_person
from wasl.ledger.cursors import cursor_after, place_of
from wasl.ledger.glances import Glances
from wasl.ledger.histories import Found, Where
from wasl.ledger.people import address_hash, channels_of, recipient_seen, unseal
from wasl.ledger.reads import Reads, Whole
from wasl.ledger.store import Store
from wasl.ledger.suppression_list import Place, Suppressions
from wasl.ledger.tables import attempts, deliveries, messages, recipients
from wasl.person_seen import ExportedAddress, ExportedMessage, ExportedPerson, PersonSeen, PersonTimeline
from wasl.suppression import SuppressionStory
from wasl_contracts import State

_EXPORTED = 200  # messages in one go


class Copy(NamedTuple):
    """The beginning of a copy of all that is stored of a person; their messages follow."""

    recipient: ExportedPerson
    consents: tuple[ConsentRow, ...]
    suppressions: tuple[SuppressionStory, ...]


class Dossiers:
    """Reads what is stored of the people of one database. A person is found by their id, and by the same id after they were erased."""

    def __init__(self, store: Store, keys: KeyRing, reads: Reads, consents: Consents, suppressions: Suppressions) -> None:
        self._engine = store.engine
        self._keys = keys
        self._reads = reads
        self._consents = consents
        self._suppressions = suppressions
        self.glances = Glances(store, keys, suppressions)

    async def some(self, brand: str, ids: Sequence[str]) -> list[RecipientSeen]:
        """Those of these people who are there and were not erased, in the order of their ids."""
        query = select(recipients).where(recipients.c.brand == brand, recipients.c.id.in_(ids), recipients.c.erased_at.is_(None))
        async with self._engine.connect() as connection:
            return [self._recipient(row) for row in (await connection.execute(query.order_by(recipients.c.id))).all()]

    async def seen(self, brand: str, person_id: str) -> PersonSeen:
        """A person at a glance, but for their consent.

        Raises:
            NotFound: nobody was ever known by that id.
        """
        async with self._engine.connect() as connection:
            row = await known_person(connection, self._keys, brand, person_id)
            places = await self._places(connection, row)
            whose = (messages.c.brand == brand, messages.c.recipient_id == row.id)
            count = (await connection.execute(select(func.count()).select_from(messages).where(*whose))).scalar_one()
            own = (deliveries.c.brand == messages.c.brand) & (deliveries.c.message_id == messages.c.id)
            states = select(deliveries.c.state, func.count()).select_from(messages.join(deliveries, own)).where(*whose)
            by_state = Counter({State(state): n for state, n in (await connection.execute(states.group_by(deliveries.c.state))).all()})
            called = select(func.max(attempts.c.started_at)).where(attempts.c.brand == brand, attempts.c.recipient_id == row.id)
            last = (await connection.execute(called)).scalar_one()
        stories = await self._stories(brand, places)
        return PersonSeen(
            **dict(self._recipient(row)),
            updated_at=moment(row.updated_at),
            erased_at=moment(row.erased_at) if row.erased_at is not None else None,
            erased_because=unseal(row.sealed, brand, row.id, self._keys)[1].get("because") if row.erased_at is not None else None,
            suppressions=tuple(listed for story in stories for listed in story.data),
            messages=count,
            deliveries=dict(by_state),
            last_contact_at=moment(last) if last is not None else None,
        )

    async def timeline(self, brand: str, person_id: str, *, limit: int, cursor: str | None) -> PersonTimeline:
        """What happened to a person, newest first.

        Raises:
            NotFound: nobody was ever known by that id.
            Refused: the cursor was not given out for them.
        """
        async with self._engine.connect() as connection:
            row = await known_person(connection, self._keys, brand, person_id)
            about = f"timeline|{brand}|{row.id}"
            before = Where.read(place_of(self._keys, about, cursor)) if cursor is not None else None
            kinds = histories.kinds(brand, row.id, await self._places(connection, row))
            entries, last = await histories.page(connection, kinds, before, limit)
        following = cursor_after(self._keys, about, last.told) if last is not None else None
        return PersonTimeline(data=tuple(entries), next_cursor=following, has_more=following is not None)

    async def copy(self, brand: str, person_id: str) -> Copy:
        """Who they are, what they said and what holds against their addresses, in clear.

        Raises:
            NotFound: nobody was ever known by that id.
        """
        async with self._engine.connect() as connection:
            row = await known_person(connection, self._keys, brand, person_id)
            places = await self._places(connection, row)
        addresses, attributes = unseal(row.sealed, brand, row.id, self._keys)
        person = ExportedPerson(
            id=row.id,
            audience=row.audience,
            locale=row.locale,
            timezone=row.timezone,
            addresses=tuple(ExportedAddress(channel=a.channel, kind=a.kind, value=a.value) for a in addresses),
            attributes=attributes,
            preferred=channels_of(row.preferred),
            updated_at=moment(row.updated_at),
            erased_at=moment(row.erased_at) if row.erased_at is not None else None,
        )
        said = await self._consents.history(brand, row.id, whole=True)
        return Copy(person, said.rows if said is not None else (), await self._stories(brand, places))

    async def messages(self, brand: str, recipient_id: str) -> AsyncIterator[Sequence[ExportedMessage]]:
        """All messages of a recipient with what they said, oldest first, in pages."""
        after = ""
        while found := await self._reads.whole(brand, recipient_id, after=after, most=_EXPORTED):
            yield [_exported(one) for one in found]
            after = found[-1].row.id

    async def _places(self, connection: AsyncConnection, row: Found) -> list[Place]:
        """The addresses that a person has, and those that they were written to, as the suppression list knows them."""
        addresses, _ = unseal(row.sealed, row.brand, row.id, self._keys)
        own = (deliveries.c.brand == messages.c.brand) & (deliveries.c.message_id == messages.c.id)
        used = (
            select(deliveries.c.channel, deliveries.c.address_hash)
            .select_from(messages.join(deliveries, own))
            .where(messages.c.brand == row.brand, messages.c.recipient_id == row.id, deliveries.c.address_hash > "")
            .distinct()
        )
        places = {Place(a.channel, address_hash(self._keys, a.kind, a.value)) for a in addresses}
        return sorted(places | {Place(*one) for one in (await connection.execute(used)).all()})

    async def _stories(self, brand: str, places: Sequence[Place]) -> tuple[SuppressionStory, ...]:
        stories = []
        for place in places:
            try:
                stories.append(await self._suppressions.story(brand, place))
            except NotFound:  # as nearly all of them
                continue
        return tuple(stories)

    def _recipient(self, row: Found) -> RecipientSeen:
        addresses, _ = unseal(row.sealed, row.brand, row.id, self._keys)
        return recipient_seen(row.id, row.audience, row.locale, row.timezone, addresses, preferred=channels_of(row.preferred))


def _exported(one: Whole) -> ExportedMessage:
    body = json.loads(one.row.body) if one.seen.category != "otp" else {}
    answers = {attempt_id(a.message_id, a.delivery, a.number): json.loads(a.facts) for a in one.attempts if a.facts not in (None, "{}")}
    return ExportedMessage(
        **dict(one.seen),
        content=body.get("content"),
        data=body.get("data"),
        attachments=body.get("files"),
        ordering_key=one.row.ordering_key,
        idempotency_key=one.row.idempotency_key,
        answers=answers,
    )

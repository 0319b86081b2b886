"""A person at a glance, and a page of their life, each read in a few steps however much is stored of them."""

from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from wasl.clock import moment
from wasl.ids import suppression_id
from wasl.keys import KeyRing
from wasl.ledger.contacts import known_person
from wasl.ledger.lives import Page, Whose, life
from wasl.ledger.people import address_hash, channels_of, recipient_seen, unseal
from wasl.ledger.store import Store
from wasl.ledger.suppression_list import Place, Suppressions
from wasl.ledger.tables import attempts, deliveries, messages
from wasl.person_life import AddressSeen, LifeFilter, PersonGlance, PersonLife

Found = Row[Any]
_NEWEST = 200  # messages in which addresses are looked for that a person had before


class Glances:
    """Reads what a console shows of the people of one database."""

    def __init__(self, store: Store, keys: KeyRing, suppressions: Suppressions) -> None:
        self._engine = store.engine
        self._keys = keys
        self._suppressions = suppressions

    async def glance(self, brand: str, person_id: str) -> PersonGlance:
        """A person, but for their consent.

        Raises:
            NotFound: nobody was ever known by that id.
        """
        async with self._engine.connect() as connection:
            row = await known_person(connection, self._keys, brand, person_id)
            addresses, attributes = unseal(row.sealed, brand, row.id, self._keys)
            places = {(a.channel, address_hash(self._keys, a.kind, a.value)): a for a in addresses}
            whose = (messages.c.brand == brand, messages.c.recipient_id == row.id)
            wrote = (await connection.execute(select(messages.c.id).where(*whose).limit(1))).first() is not None
            called = select(attempts.c.started_at).where(attempts.c.brand == brand, attempts.c.recipient_id == row.id)
            last = (await connection.execute(called.order_by(attempts.c.started_at.desc()).limit(1))).scalar_one_or_none()
        erased = row.erased_at is not None
        name = attributes.get("name")
        return PersonGlance(
            **dict(recipient_seen(row.id, row.audience, row.locale, row.timezone, addresses, preferred=channels_of(row.preferred))),
            brand=brand,
            name=name if isinstance(name, str) and not erased else None,
            writes_to=tuple(
                AddressSeen(id=suppression_id(*place), channel=a.channel, kind=a.kind, shown=a.masked()) for place, a in places.items()
            ),
            updated_at=moment(row.updated_at),
            erased_at=moment(row.erased_at) if erased else None,
            erased_because=attributes.get("because") if erased else None,
            suppressions=await self._suppressions.held(brand, [Place(*one) for one in places]),
            wrote=wrote,
            last_contact_at=moment(last) if last is not None else None,
        )

    async def life(self, brand: str, person_id: str, wanted: LifeFilter, page: Page, *, alone: bool) -> PersonLife:
        """What happened to a person, newest first: so many entries from a cursor on. `alone`: the installation has one brand.

        Raises:
            NotFound: nobody was ever known by that id.
            Refused: the cursor was not given out for them and for what is wanted.
        """
        async with self._engine.connect() as connection:
            row = await known_person(connection, self._keys, brand, person_id)
            whose = Whose(brand, row.id, await self._places(connection, row), alone)
            return await life(connection, self._keys, whose, wanted, page)

    async def _places(self, connection: AsyncConnection, row: Found) -> tuple[tuple[str, str], ...]:
        """The addresses that a person has, and those of their newest messages."""
        addresses, _ = unseal(row.sealed, row.brand, row.id, self._keys)
        newest = (
            select(messages.c.id)
            .where(messages.c.brand == row.brand, messages.c.recipient_id == row.id)
            .order_by(messages.c.id.desc())
            .limit(_NEWEST)
        )
        used = (
            select(deliveries.c.channel, deliveries.c.address_hash)
            .where(deliveries.c.brand == row.brand, deliveries.c.message_id.in_(newest), deliveries.c.address_hash > "")
            .distinct()
        )
        places = {(a.channel, address_hash(self._keys, a.kind, a.value)) for a in addresses}
        return tuple(sorted(places | {(str(one[0]), str(one[1])) for one in (await connection.execute(used)).all()}))

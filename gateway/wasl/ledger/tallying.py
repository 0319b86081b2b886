"""Counting what happens, for reports: the feed is followed, and each hour and day has its rows. No message pays for it.

    the feed, so far ─ 500 entries ─ what they are about ─ added to the rows, and the place moved on, in one transaction

So everything is counted once, however many workers follow the feed.
"""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, Text, bindparam, delete, literal_column, select, update

from wasl.clock import Clock, micros
from wasl.ledger.feed import START, Cursor, Entry, Feed
from wasl.ledger.hot import Hot, Row, Values, among, upsert
from wasl.ledger.port import Collision, Transaction
from wasl.ledger.store import Store
from wasl.ledger.tables import attempts, deliveries, messages, tallies, tally_places
from wasl.ledger.tally_counts import OF_COSTS, OF_REASONS, About, Happening, Tallies, country_of, new_tallies, rows, tally
from wasl.ledger.tally_tables import BUCKETS, COUNTS, KEY

BATCH = 500
"""Entries of the feed that are counted in one go."""
_KEPT_HOURS = 40 * 24 * 3_600_000_000  # microseconds; older reports are by days
_HOURS: list[ColumnElement[str]] = [literal_column(f"'h{kind}'") for kind in ("", OF_REASONS, OF_COSTS)]
_first = attempts.alias("first_attempt")
_last = attempts.alias("last_attempt")


def _calls(of: FromClause, number: ColumnElement[Any]) -> ColumnElement[bool]:
    same = (of.c.brand == deliveries.c.brand) & (of.c.message_id == deliveries.c.message_id) & (of.c.delivery == deliveries.c.number)
    return same & (of.c.number == number)


about_deliveries = (
    select(
        messages.c.id, deliveries.c.number, messages.c.template, messages.c.category, messages.c.due_at, deliveries.c.channel,
        deliveries.c.lane, deliveries.c.provider, deliveries.c.address, deliveries.c.refused, deliveries.c.tried, messages.c.proof,
        _first.c.provider, _last.c.provider, _last.c.outcome, _last.c.ended_at, _last.c.cost, _last.c.currency,
    )
    .select_from(
        messages.join(deliveries, (deliveries.c.brand == messages.c.brand) & (deliveries.c.message_id == messages.c.id))
        .outerjoin(_first, _calls(_first, literal_column("1")))
        .outerjoin(_last, _calls(_last, deliveries.c.attempts))
    )
    .where(among(messages.c.brand, messages.c.id, name="keys"))
)  # fmt: skip
"""The deliveries of some messages, for `about_of`."""
_ABOUT = Hot(about_deliveries)
_place = tally_places.c.brand == bindparam("key_brand", type_=Text())
_PLACE = Hot(select(tally_places.c.place, tally_places.c.since).where(_place))
_PLACES = Hot(select(tally_places.c.brand, tally_places.c.since))
_BEGIN = Hot(upsert(tally_places).values({c.name: bindparam(c.name) for c in tally_places.columns}).on_conflict_do_nothing())
_MOVE = Hot(
    update(tally_places)
    .where(_place, tally_places.c.place == bindparam("was", type_=Text()))
    .values(place=bindparam("place", type_=Text()), since=bindparam("since", type_=BigInteger()))
)
_row = upsert(tallies).values({column.name: bindparam(column.name) for column in tallies.columns})
_more = {name: tallies.c[name] + _row.excluded[name] for name in (*COUNTS, *BUCKETS, "cost")}
_ADD = Hot(_row.on_conflict_do_update(index_elements=KEY, set_=_more))
_of_brand = tallies.c.brand == bindparam("brand", type_=Text())
_FORGET = Hot(delete(tallies).where(_of_brand))
_OLD = Hot(
    delete(tallies).where(
        _of_brand, tallies.c.grain.in_(_HOURS), tallies.c.at < bindparam("before", type_=BigInteger())
    )
)  # fmt: skip


class Tallying:
    """Counts what happened, from one database's feed."""

    def __init__(self, store: Store, feed: Feed, clock: Clock) -> None:
        self._store = store
        self._feed = feed
        self._clock = clock

    async def fold(self, brand: str) -> bool:
        """Count what comes next of a brand, at most 500 entries; whether there may be more. Another worker may have been quicker."""
        was, since = await self._begun(brand)
        cursor = Cursor.parse(was)
        if lost := not await self._feed.keeps(brand, cursor):
            cursor = START  # removed since, or of the database before a restore
        told = await self._feed.told(brand, cursor, BATCH)
        if not told:
            return False
        since = told[0].at if lost or since < 0 else since
        moved = {"key_brand": brand, "was": was, "place": str(told[-1].cursor), "since": since}
        counted = await self._counted(brand, told)
        return await self._store.working.run(partial(_write, moved=moved, counted=counted)) and len(told) == BATCH

    async def since(self, brand: str) -> int | None:
        """From which moment on everything is counted, in microseconds; 0: all that is stored. None: nothing is yet."""
        found = {name: since for name, since in await self._store.reader.fetch(_PLACES, {})}
        return found[brand] if found.get(brand, -1) >= 0 else None

    async def clear(self, brands: Sequence[str]) -> None:
        """Remove the hours that are too old to be looked at one by one; their days stay."""
        before = micros(self._clock.now()) - _KEPT_HOURS
        old: list[Values] = [{"brand": brand, "before": before} for brand in brands]
        await self._store.working.run(lambda tx: tx.many(_OLD, old))

    async def replace(self, brand: str, counted: Tallies, place: Cursor) -> None:
        """Put these in the place of all that was counted; the feed is followed from that place."""
        await self._begun(brand)

        async def work(tx: Transaction) -> None:
            was = (await tx.fetch(_PLACE, {"key_brand": brand}))[0][0]
            await tx.fetch(_FORGET, {"brand": brand})
            if counted:
                await tx.many(_ADD, rows(counted))
            await tx.many(_MOVE, [{"key_brand": brand, "was": was, "place": str(place), "since": 0}])

        await self._store.working.run(work)

    async def _begun(self, brand: str) -> tuple[str, int]:
        """How far, and since when; -1 where nothing was counted yet."""
        found = await self._store.reader.fetch(_PLACE, {"key_brand": brand})
        if not found:
            await self._store.working.run(lambda tx: tx.many(_BEGIN, [{"brand": brand, "place": str(START), "since": -1}]))
            return str(START), -1
        return found[0][0], found[0][1]

    async def _counted(self, brand: str, told: Sequence[Entry]) -> Tallies:
        ids = sorted({entry.message_id for entry in told if entry.message_id is not None})
        found = await self._store.reader.fetch(_ABOUT, {"keys": json.dumps([(brand, one) for one in ids])}) if ids else []
        about = {row[:2]: about_of(row) for row in found}
        counted = new_tallies()
        for entry in told:
            if (delivery := about.get((entry.message_id, entry.delivery))) is not None:
                tally(counted, brand, delivery, Happening(entry.type, entry.at, entry.reason))
        return counted


def about_of(row: Row) -> About:
    """A row of `about_deliveries`. The second provider or channel saved it where an earlier one was tried in vain."""
    template, category, due_at, channel, lane, provider, address, refused, tried, proof = row[2:12]
    first, last, outcome, ended, cost, currency = row[12:]
    return About(
        template=template or "",
        category=category,
        due_at=due_at,
        channel=channel or lane,
        provider=provider or "",
        country=country_of(address),
        saved=refused != "[]" or first != last or (tried != "[]" and proof is None),
        answered_at=ended if outcome == "receipt" else None,
        cost=cost,
        currency=currency or "",
    )


async def _write(tx: Transaction, moved: Values, counted: Tallies) -> bool:
    if (await tx.fetch(_PLACE, {"key_brand": moved["key_brand"]}))[0][0] != moved["was"]:
        return False  # another worker did
    if counted:
        await tx.many(_ADD, rows(counted))
    if not await tx.many(_MOVE, [moved]):
        raise Collision("another worker counted them meanwhile")
    return True

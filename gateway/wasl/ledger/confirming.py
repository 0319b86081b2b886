"""Whether what was sent is confirmed in time: each delivery is looked at once, as old as its provider's reports may be.

    the feed, so far behind ─ what was sent ─ confirmed by now? ─┬─ no: marked `unconfirmed`, receipt_overdue
                                                                 └─ either: counted, to notice a provider that went silent

No message pays for it: the feed tells in order what was sent, so nothing is indexed, and no table is scanned. A report that comes late
takes the mark back (merging.py).
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from typing import NamedTuple

from sqlalchemy import BigInteger, Text, bindparam, literal_column, null, select, update

from wasl.clock import Clock, micros, moment
from wasl.event_types import EVENT_OF
from wasl.ledger import statements as sql
from wasl.ledger.feed import START, Cursor, Entry, Feed
from wasl.ledger.hot import Hot, Row, Values, among, upsert
from wasl.ledger.matching import rows_of
from wasl.ledger.port import Collision, Transaction
from wasl.ledger.reports import Report
from wasl.ledger.store import Store
from wasl.ledger.tables import confirmations, deliveries
from wasl.states import OVERDUE, REPORTED
from wasl_contracts import Mark, Reason, State

BATCH = 500
"""Entries of the feed that are looked at in one go, of each brand."""
_LATELY = 200  # deliveries that tell how reliably a provider confirms; older ones count ever less
_ENOUGH = 20  # overdue ones in a row that are no chance any more
_OFTEN = 10_000_000  # microseconds; it is not written more often that a provider was heard of
_CONFIRMED = frozenset({State.DELIVERED, State.BOUNCED, State.FAILED})

_it = confirmations.c.provider == bindparam("key_provider")
_ADD = Hot(upsert(confirmations).values({c.name: bindparam(c.name) for c in confirmations.columns}).on_conflict_do_nothing())
_SEEN = Hot(select(*confirmations.columns))
_PLACES = Hot(select(*[confirmations.c.places]).where(_it))
_told = ("places", "judged", "confirmed", "overdue", "silent_at")
_ADVANCE = Hot(
    update(confirmations)
    .where(_it, confirmations.c.places == bindparam("was_places", type_=Text()))
    .values({name: bindparam(name, type_=confirmations.c[name].type) for name in _told})
)
_HEARD = Hot(
    update(confirmations)
    .where(_it, confirmations.c.heard_at < bindparam("before", type_=BigInteger()))
    .values(heard_at=bindparam("now", type_=BigInteger()))
)
_AGAIN = Hot(
    update(confirmations)
    .where(_it, confirmations.c.heard_at >= confirmations.c.silent_at)
    .values(silent_at=null(), overdue=literal_column("0"))
    .returning(confirmations.c.provider)
)
_key = (deliveries.c.brand, deliveries.c.message_id, deliveries.c.number)
_STAND = Hot(select(*_key, deliveries.c.state, deliveries.c.marks, deliveries.c.decided_at).where(among(*_key, name="keys")))
_MARK = Hot(
    update(deliveries)
    .where(
        *(column == bindparam(name) for column, name in zip(_key, ("key_brand", "key_message", "key_number"), strict=True)),
        deliveries.c.state == literal_column(f"'{State.SENT.value}'"),
        deliveries.c.marks == bindparam("was_marks"),
    )
    .values(marks=bindparam("marks"), reason=literal_column(f"'{Reason.RECEIPT_OVERDUE.value}'"))
    .returning(*_key)
)


@dataclass(frozen=True, slots=True)
class Record:
    """How reliably a provider confirms. Moments are microseconds since 1970 UTC.

    Of `judged` deliveries lately, `confirmed` were confirmed in time; then came `overdue` ones in a row, all sent after it was heard of
    last. It is silent where these are twenty, of a provider that confirmed at least every second one before.
    """

    provider: str
    places: str
    judged: int
    confirmed: int
    overdue: int
    heard_at: int
    silent_at: int | None

    def after(self, sent: Iterable[tuple[int, bool]], now: int) -> "Record":
        """The record with these deliveries: when each was sent, and whether it was confirmed in time."""
        judged, confirmed, overdue = self.judged, self.confirmed, self.overdue
        for at, in_time in sent:
            if at <= self.heard_at:
                judged, confirmed, overdue = judged + overdue + 1, confirmed + in_time, 0
            elif in_time:
                judged, confirmed = judged + 1, confirmed + 1  # by somebody else's word, as a click on a link of ours
            else:
                overdue += 1
        while judged > _LATELY:
            judged, confirmed = judged // 2, confirmed // 2
        silent = overdue >= _ENOUGH and confirmed > 0 and confirmed * 2 >= judged
        since = self.silent_at if self.silent_at is not None else now if silent else None
        return replace(self, judged=judged, confirmed=confirmed, overdue=overdue, silent_at=since)


class Judged(NamedTuple):
    """What a look found: whether there is more to look at, how many are overdue, and whether the provider was just found to be silent."""

    more: bool = False
    overdue: int = 0
    silent: bool = False


class Confirmations:
    """Judges what providers confirm."""

    def __init__(self, store: Store, feed: Feed, clock: Clock) -> None:
        self._store = store
        self._feed = feed
        self._clock = clock

    async def add(self, providers: Collection[str]) -> None:
        """Make a row for each that has none."""
        blank = {"places": "{}", "judged": 0, "confirmed": 0, "overdue": 0, "heard_at": 0, "silent_at": None}
        if providers:
            await self._store.working.run(lambda tx: tx.many(_ADD, [{"provider": name, **blank} for name in sorted(providers)]))

    async def records(self) -> dict[str, Record]:
        """All of them, by provider: one small read."""
        return {row[0]: Record(*row) for row in await self._store.reader.fetch(_SEEN, {})}

    async def silent(self) -> dict[str, datetime]:
        """The providers that are silent, and since when."""
        return {name: moment(one.silent_at) for name, one in (await self.records()).items() if one.silent_at is not None}

    async def judge(self, provider: str, within: int, brands: Sequence[str]) -> Judged:
        """Look at what was sent by a provider for these brands until `within` microseconds ago, at most 500 entries of each brand's feed.

        Where another worker looks at the same, one of them does nothing.
        """
        record = (await self.records())[provider]
        until, places = micros(self._clock.now()) - within, json.loads(record.places)
        sent: list[tuple[str, Entry]] = []
        more = False
        for brand in brands:
            ripe = await self._ripe(brand, Cursor.parse(places[brand]) if brand in places else START, until)
            if ripe:
                places[brand], more = str(ripe[-1].cursor), more or len(ripe) == BATCH
                sent += [(brand, one) for one in ripe if one.type == EVENT_OF[State.SENT] and one.provider == provider]
        moved = json.dumps(places, sort_keys=True)
        if moved == record.places:
            return Judged()
        found = await self._store.working.run(lambda tx: self._judge(tx, record, moved, sent, until))
        return found._replace(more=more)

    async def heard_again(self, records: Mapping[str, Record]) -> list[str]:
        """Those that were silent and were heard of since: they are silent no more."""
        silent: list[Values] = [{"key_provider": name} for name, one in sorted(records.items()) if one.silent_at is not None]
        if not silent:
            return []
        return [name for (name,) in await self._store.working.run(lambda tx: tx.each(_AGAIN, silent))]

    async def _ripe(self, brand: str, place: Cursor, until: int) -> list[Entry]:
        """What the feed tells after a place, as far as it is old enough. Mostly the first entry tells that nothing is."""
        if not await self._feed.keeps(brand, place):
            place = START  # removed since, or of the database before a restore
        first = await self._feed.after(brand, place, 1)
        if not first or first[0].at > until:
            return []
        return list(takewhile(lambda entry: entry.at <= until, await self._feed.after(brand, place, BATCH)))

    async def _judge(self, tx: Transaction, record: Record, places: str, sent: Sequence[tuple[str, Entry]], until: int) -> Judged:
        if record.places != (await tx.fetch(_PLACES, {"key_provider": record.provider}))[0][0]:
            return Judged()  # another worker did
        now = micros(self._clock.now())
        stand = {row[:3]: row for row in await rows_of(tx, _STAND, [_delivery(*one) for one in sent])}
        found: dict[int, bool] = {}
        late: list[Row] = []
        for place, one in enumerate(sent):
            row = stand.get(_delivery(*one))
            if row is not None and State(row[3]) in _CONFIRMED:
                found[place] = True
            elif row is not None and _waits(row, until):
                found[place] = False
                late.append(row)
        after = record.after(sorted((sent[place][1].at, in_time) for place, in_time in found.items()), now)
        marked = await tx.each(_MARK, [_marked(row) for row in late]) if late else []
        if marked:
            tx.put(sql.INSERT_EVENT, [_event(row, record.provider, now) for row in marked])
        # Last, as those do it who apply reports: so that neither waits for the other.
        if not await tx.many(_ADVANCE, [_row(after, places, record.places)]):
            raise Collision("another worker judged them meanwhile")
        return Judged(overdue=len(marked), silent=after.silent_at != record.silent_at)


def heard(tx: Transaction, reports: Iterable[Report], now: int) -> None:
    """Note of whom it was heard what became of deliveries: one small update for each provider, mostly of no row."""
    telling = {one.provider for one in reports if REPORTED.get(one.kind) in _CONFIRMED and not (one.machine or one.own)}
    if telling:
        tx.put(_HEARD, [{"key_provider": name, "before": now - _OFTEN, "now": now} for name in sorted(telling)])


def _delivery(brand: str, entry: Entry) -> tuple[str, str | None, int | None]:
    return brand, entry.message_id, entry.delivery


def _waits(row: Row, until: int) -> bool:
    """Whether it waits for a report that should have come: one that was sent anew has its own entry in the feed."""
    _, _, _, state, marks, decided_at = row
    return state == State.SENT and Mark.UNCONFIRMED not in json.loads(marks) and (decided_at or 0) <= until


def _row(record: Record, places: str, was: str) -> Values:
    told = {"judged": record.judged, "confirmed": record.confirmed, "overdue": record.overdue, "silent_at": record.silent_at}
    return {"key_provider": record.provider, "was_places": was, "places": places, **told}


def _marked(row: Row) -> Values:
    brand, message_id, number, _, marks, _ = row
    more = json.dumps([*json.loads(marks), Mark.UNCONFIRMED])
    return {"key_brand": brand, "key_message": message_id, "key_number": number, "was_marks": marks, "marks": more}


def _event(row: Row, provider: str, now: int) -> Values:
    brand, message_id, number = row
    facts = json.dumps({"reason": Reason.RECEIPT_OVERDUE, "provider": provider})
    return {"brand": brand, "message_id": message_id, "delivery": number, "at": now, "type": OVERDUE, "facts": facts}

"""The consent ledger: rows are only added, under the lock of their recipient, with the evidence encrypted."""

import json
import random
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from pydantic_core import from_json, to_json
from sqlalchemy import Text, bindparam, func, insert, literal_column, select, tuple_

from wasl.clock import Clock, micros, moment
from wasl.consent import ConsentChange, ConsentEntry, ConsentFilters, ConsentPage, ConsentRow, Said, covers, masked_ip
from wasl.keys import KeyRing
from wasl.ledger import statements as sql
from wasl.ledger.cursors import cursor_after, place_of
from wasl.ledger.hot import Hot, Row, Values, among
from wasl.ledger.port import Reader, Transaction
from wasl.ledger.store import Store
from wasl.ledger.tables import consents, recipients
from wasl_contracts import Audience

_KNOWN = Hot(
    select(recipients.c.audience).where(
        recipients.c.brand == bindparam("brand"), recipients.c.id == bindparam("recipient_id"), recipients.c.erased_at.is_(None)
    )
)
_INSERT = Hot(insert(consents).values({column.name: bindparam(column.name) for column in consents.columns}))
_ROWS = Hot(
    select(*consents.columns)
    .where(consents.c.brand == bindparam("brand"), consents.c.recipient_id == bindparam("recipient_id"))
    .order_by(consents.c.id)
)
_LAST = Hot(
    select(func.max(consents.c.at)).where(consents.c.brand == bindparam("brand"), consents.c.recipient_id == bindparam("recipient_id"))
)


def _newest() -> Hot:
    scope = (consents.c.brand, consents.c.recipient_id, consents.c.topic, consents.c.channel)
    number = func.row_number().over(partition_by=scope, order_by=consents.c.id.desc()).label("number")
    asked = among(consents.c.brand, consents.c.recipient_id, name="keys")
    rows = select(*scope, consents.c.id, consents.c.at, consents.c.state, number).where(
        asked, consents.c.state != literal_column("'pending'")
    )
    newest = rows.subquery()
    return Hot(select(*(newest.c[name] for name in ("brand", "recipient_id", *Said._fields))).where(newest.c.number == literal_column("1")))


_NEWEST = _newest()
_CHUNK = 500  # rows read in one go
_MOST_LOOKED_AT = 5_000
_person = (consents.c.recipient_id, consents.c.id)
_FOLLOWING = Hot(
    select(*consents.columns)
    .where(
        consents.c.brand == bindparam("brand"),
        tuple_(*_person) > tuple_(bindparam("recipient_id", type_=Text()), bindparam("id", type_=Text())),
    )
    .order_by(*_person)
    .limit(bindparam("most"))
)
Confirmed = Literal["confirmed", "withdrawn", "expired", "unknown"]


class History(NamedTuple):
    """Every row of a recipient, oldest first, and who they are."""

    audience: Audience
    rows: tuple[ConsentRow, ...]


async def read_consents(tx: Reader, people: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[Said]]:
    """The newest row of each scope of these (brand, recipient), those without any left out: one query, and none for nobody."""
    found: dict[tuple[str, str], list[Said]] = {}
    for brand, recipient_id, *rest in await tx.fetch(_NEWEST, {"keys": json.dumps(list(people))}) if people else ():
        row_id, at, topic, channel, state = rest
        found.setdefault((brand, recipient_id), []).append(Said(row_id, moment(at), topic, channel, state))
    return found


class Consents:
    """The consent ledger of one database."""

    def __init__(self, store: Store, keys: KeyRing, clock: Clock) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock

    async def record(self, brand: str, recipient_id: str, changes: Sequence[ConsentChange]) -> list[str] | None:
        """Add rows in this order and return their ids; None where the recipient is unknown. On disk when it returns.

        No intent of this recipient commits between the rows and what they forbid: both take the recipient's lock.
        """
        return await self._store.writer.run(lambda tx: self.add(tx, brand, recipient_id, changes))

    async def add(self, tx: Transaction, brand: str, recipient_id: str, changes: Sequence[ConsentChange]) -> list[str] | None:
        """As `record`, as a part of a transaction."""
        whom = {"brand": brand, "recipient_id": recipient_id}
        await _lock(tx, brand, recipient_id)
        if not await tx.fetch(_KNOWN, whom):
            return None
        ((last,),) = await tx.fetch(_LAST, whom)
        rows = self._new(whom, changes, last or 0)
        tx.put(_INSERT, rows)
        return [str(row["id"]) for row in rows]

    async def confirm(self, brand: str, recipient_id: str, pending: str, *, ip: str | None, until: datetime) -> Confirmed:
        """Grant what a pending row asks for, until that moment, unless it was withdrawn since; again adds nothing."""
        whom = {"brand": brand, "recipient_id": recipient_id}

        async def work(tx: Transaction) -> Confirmed:
            await _lock(tx, brand, recipient_id)
            rows = [self._opened(row, whole=False) for row in await tx.fetch(_ROWS, whom)]
            asked = next((row for row in rows if row.id == pending and row.state == "pending"), None)
            if asked is None:
                return "unknown"
            later = [row for row in rows if row.id > asked.id]
            if any(row.state == "withdrawn" and covers(row, asked.topic, asked.channel) for row in later):
                return "withdrawn"
            if any(row.confirms == asked.id for row in later):
                return "confirmed"
            if self._clock.now() >= until:
                return "expired"
            tx.put(_INSERT, self._new(whom, [_answer(asked, ip)], micros(rows[-1].at), confirms=asked.id))
            return "confirmed"

        return await self._store.writer.run(work)

    async def history(self, brand: str, recipient_id: str, *, whole: bool = False) -> History | None:
        """Every row of a recipient; None where the recipient is unknown. IP addresses are masked, unless the `whole` is wanted."""
        whom = {"brand": brand, "recipient_id": recipient_id}
        known = await self._store.reader.fetch(_KNOWN, whom)
        if not known:
            return None
        rows = await self._store.reader.fetch(_ROWS, whom)
        return History(known[0][0], tuple(self._opened(row, whole=whole) for row in rows))

    async def page(self, brand: str, filters: ConsentFilters, *, limit: int, cursor: str | None) -> ConsentPage:
        """Rows that fit, in the order of the table's key; at most 5,000 are looked at for one page.

        Raises:
            Refused: the cursor was not given out for this list.
        """
        about = f"consents|{brand}|{filters.model_dump_json()}"
        place = [str(part) for part in place_of(self._keys, about, cursor)] if cursor is not None else ["", ""]
        found: list[ConsentEntry] = []
        looked_at, rows = 0, await self._following(brand, place, _CHUNK)
        while rows and len(found) < limit and looked_at < _MOST_LOOKED_AT:
            for row in rows:
                looked_at, place = looked_at + 1, [row[1], row[2]]
                opened = self._opened(row, whole=False)
                found += [ConsentEntry(recipient=row[1], row=opened)] if filters.fit(opened) else []
                if len(found) == limit:
                    break
            rows = await self._following(brand, place, _CHUNK)
        following = cursor_after(self._keys, about, place) if rows else None
        return ConsentPage(data=tuple(found), looked_at=looked_at, next_cursor=following, has_more=following is not None)

    async def _following(self, brand: str, place: Sequence[str], most: int) -> list[Row]:
        asked = {"brand": brand, "recipient_id": place[0], "id": place[1], "most": most}
        return await self._store.reader.fetch(_FOLLOWING, asked)

    def _new(self, whom: Values, changes: Sequence[ConsentChange], last: int, confirms: str | None = None) -> list[Values]:
        """The rows of these changes. Each is later than the one before, whatever the clocks say, so that ids and moments agree."""
        begin = max(micros(self._clock.now()), last + 1)
        return [self._row(whom, change, at, confirms) for at, change in enumerate(changes, begin)]

    def _row(self, whom: Values, change: ConsentChange, at: int, confirms: str | None) -> Values:
        row_id = (
            f"con_{at:014x}{random.getrandbits(72):018x}"  # the random part is no secret: another brand may write in the same microsecond
        )
        sealed = self._keys.seal(to_json({"ip": change.ip}), _about(whom["brand"], row_id)) if change.ip is not None else None
        return {**whom, **change.model_dump(exclude={"ip"}), "id": row_id, "at": at, "sealed": sealed, "confirms": confirms}

    def _opened(self, row: Row, *, whole: bool) -> ConsentRow:
        told = dict(zip(consents.columns.keys(), row, strict=True))
        brand, sealed = told.pop("brand"), told.pop("sealed")
        del told["recipient_id"]
        ip = from_json(self._keys.open(sealed, _about(brand, told["id"])))["ip"] if sealed is not None else None
        return ConsentRow.model_validate({**told, "at": moment(told["at"]), "ip": ip if whole or ip is None else masked_ip(ip)})


def _answer(asked: ConsentRow, ip: str | None) -> ConsentChange:
    evidence = {"wording": asked.wording, "wording_version": asked.wording_version, "locale": asked.locale, "ip": ip}
    told = {"topic": asked.topic, "channel": asked.channel, "state": "granted", "source": "double_opt_in", "actor": "recipient"}
    return ConsentChange.model_validate({**told, **evidence})


async def _lock(tx: Transaction, brand: str, recipient_id: str) -> None:
    await tx.lock_rows(sql.LOCK_RECIPIENTS, {"keys": json.dumps([(brand, recipient_id)])})


def _about(brand: object, row_id: str) -> bytes:
    return f"consent|{brand}|{row_id}".encode()

"""What exports are made of: four lists of the ledger, each read on from a place, masked as the console shows it to everybody."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from pydantic import TypeAdapter

from wasl.addresses import Addresses
from wasl.audited import Audited, AuditFilters
from wasl.consent import ConsentEntry, ConsentFilters
from wasl.export_seen import Expected, Kind
from wasl.keys import KeyRing
from wasl.ledger.exports import Subject
from wasl.ledger.ledger import Ledger
from wasl.ledger.search_legs import Wanted
from wasl.suppression_rows import EXPORTED, Rows

WANTED: Final[TypeAdapter[Wanted]] = TypeAdapter(Wanted)
"""What messages are asked for, as it is kept."""
COLUMNS: Final[Mapping[Kind, Sequence[str]]] = {
    "messages": (
        "created_at", "id", "brand", "recipient", "address", "channel", "provider", "state", "reason", "code", "template", "topic",
        "category", "locale", "ref",
    ),
    "suppressions": EXPORTED,
    "consents": (
        "at", "id", "brand", "recipient", "topic", "channel", "state", "source", "actor", "wording", "wording_version", "locale", "ip",
        "confirms",
    ),
    "audit": ("number", "at", "kind", "id", "name", "role", "action", "brand", "object", "reason", "facts"),
}  # fmt: skip
"""What a row of CSV tells; one of NDJSON tells the same, of messages also channels of the route, attempts, marks, metadata and due_at."""
_COUNTED = 20_000  # messages that are looked at for the number to be expected
_FEW = 1_000  # rows of other lists, for the same

Told = Mapping[str, object]


class Stretch(NamedTuple):
    """Some rows, what they tell of, and the place behind them; None: there are no more."""

    rows: Sequence[Told]
    about: Collection[Subject]
    place: str | None


class Source(Protocol):
    """A list, as far as an export wants it."""

    async def stretch(self, place: str, size: int) -> Stretch:
        """At most so many rows behind a place; from the begin for an empty one. There may be fewer, or none, and yet more behind them."""
        ...

    async def expected(self) -> Expected:
        """About how many there are."""
        ...


class Sources:
    """The lists of one ledger."""

    def __init__(self, ledger: Ledger, ring: KeyRing, addresses: Addresses) -> None:
        self._makes: Mapping[Kind, Callable[[Sequence[str], str], Source]] = {
            "messages": lambda _, asked: _Messages(ledger, WANTED.validate_json(asked)),
            "suppressions": lambda brands, _: _Suppressions(ledger, Rows(addresses, ring, brands[0]), brands[0]),
            "consents": lambda brands, asked: _Consents(ledger, brands[0], ConsentFilters.model_validate_json(asked)),
            "audit": lambda _, asked: _Audit(ledger, AuditFilters.model_validate_json(asked)),
        }

    def of(self, kind: Kind, brands: Sequence[str], asked: str) -> Source:
        """What is exported; `asked` is as exporting.py writes it."""
        return self._makes[kind](brands, asked)


class _Messages:
    def __init__(self, ledger: Ledger, wanted: Wanted) -> None:
        self._searching = ledger.searching
        self._wanted = wanted

    async def stretch(self, place: str, size: int) -> Stretch:
        found = await self._searching.stretch(self._wanted, place or None, size)
        return Stretch(found.data, {(str(one["brand"]), str(one["recipient"])) for one in found.data}, found.place)

    async def expected(self) -> Expected:
        return Expected(*(await self._searching.count(self._wanted, most=_COUNTED, budget=_COUNTED)).model_dump().values())


class _Suppressions:
    def __init__(self, ledger: Ledger, rows: Rows, brand: str) -> None:
        self._list = ledger.suppressions
        self._rows = rows
        self._brand = brand

    async def stretch(self, place: str, size: int) -> Stretch:
        found = await self._list.stretch(self._brand, json.loads(place or "[]"), size)
        rows = [dict(zip(EXPORTED, self._rows.told(one), strict=True)) for one in found.data]
        return Stretch(rows, [(one.brand, one.id) for one in found.data], json.dumps(found.place) if found.place is not None else None)

    async def expected(self) -> Expected:
        return await _few(self)


class _Consents:
    def __init__(self, ledger: Ledger, brand: str, filters: ConsentFilters) -> None:
        self._consents = ledger.consents
        self._brand = brand
        self._filters = filters

    async def stretch(self, place: str, size: int) -> Stretch:
        if self._filters.recipient is not None:  # a person's are few, and read at once
            history = await self._consents.history(self._brand, self._filters.recipient)
            kept = [row for row in history.rows if self._filters.fit(row)] if history is not None else []
            return self._told([ConsentEntry(recipient=self._filters.recipient, row=row) for row in kept], None)
        page = await self._consents.page(self._brand, self._filters, limit=size, cursor=place or None)
        return self._told(page.data, page.next_cursor)

    async def expected(self) -> Expected:
        return await _few(self)

    def _told(self, found: Sequence[ConsentEntry], place: str | None) -> Stretch:
        rows = [{**dict(entry.row), "brand": self._brand, "recipient": entry.recipient} for entry in found]
        return Stretch(
            [{name: row[name] for name in COLUMNS["consents"]} for row in rows], [(self._brand, one.recipient) for one in found], place
        )


class _Audit:
    def __init__(self, ledger: Ledger, filters: AuditFilters) -> None:
        self._audit = ledger.audit
        self._filters = filters

    async def stretch(self, place: str, size: int) -> Stretch:
        page = await self._audit.page(self._filters, limit=size, cursor=place or None)
        return Stretch([_entry(one) for one in page.data], [(one.brand, one.object) for one in page.data if one.object], page.next_cursor)

    async def expected(self) -> Expected:
        return await _few(self)


def _entry(one: Audited) -> Told:
    whom = {"kind": one.actor.kind, "id": one.actor.id, "name": one.actor.name, "role": one.actor.role}
    rest = {"action": one.action, "brand": one.brand, "object": one.object, "reason": one.reason, "facts": dict(one.facts)}
    return {"number": one.number, "at": one.at, **whom, **rest}


async def _few(source: Source) -> Expected:
    """All rows are counted where there are few."""
    found = await source.stretch("", _FEW)
    return Expected(len(found.rows), at_least=found.place is not None)

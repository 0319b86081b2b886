"""Where a search begins: the rows of an index that hold all that it can find, in the order of their ids, some at a time.

An id begins with the moment at which it was made, so a span of time is a span of ids.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, CompoundSelect, Integer, Select, Subquery, Table, literal_column, select, union_all

from wasl.clock import micros
from wasl.ids import message_ids_at, requested_at
from wasl.ledger.rows import LONGEST_REFERENCE
from wasl.ledger.search_terms import states
from wasl.ledger.tables import deliveries, messages, provider_refs
from wasl.searching.language import PEOPLE, Search, Term

_Some = TypeVar("_Some", Select[Any], CompoundSelect[Any])
_SLACK = timedelta(hours=1)
"""A message's id is made by the clock of the machine that accepts it, its `created_at` perhaps by the database's."""
_ASKING = (timedelta(seconds=-5), timedelta(minutes=2))
"""The ids of a request's messages are made by the same clock as its own, no earlier, and as soon as its body was read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to search, of which brands. `providers` are all that may have given a message an id of theirs."""

    brands: tuple[str, ...]
    search: Search
    providers: tuple[str, ...] = ()

    @property
    def of_brands(self) -> "Wanted":
        """The same with the brands that its terms leave; these say nothing more then."""
        kept = self.brands
        for term in self.search.asking("brand"):
            named = {value.text for value in term.values}
            kept = tuple(brand for brand in kept if (brand in named) is not term.negated)
        return replace(self, brands=kept, search=replace(self.search, terms=tuple(t for t in self.search.terms if t.key != "brand")))


class Step(NamedTuple):
    """So many rows from a place on: older ones, or with `upward` newer ones. Without a place from the end."""

    size: int
    place: str | None = None
    upward: bool = False


class _Leg(NamedTuple):
    """Rows of one index."""

    table: Table
    id: ColumnElement[str]
    conditions: Sequence[ColumnElement[bool]]


def window(wanted: Wanted, step: Step, dialect: str) -> Subquery:
    """The next rows that may fit: their brands and ids. A message of which several rows lead there comes several times.

    The legs are merged as they are read. PostgreSQL does so with what is in order and bounded, SQLite with what it may order itself.
    """
    legs = [_rows(leg, wanted.search, step) for leg in _legs(wanted)]
    if len(legs) == 1:
        return _newest(legs[0], step).subquery()
    bounded = [_newest(leg, step).subquery() for leg in legs] if dialect == "postgresql" else []
    merged = union_all(*([select(leg.c.brand, leg.c.id) for leg in bounded] or legs))
    return _newest(merged, step).subquery()


def _rows(leg: _Leg, search: Search, step: Step) -> Select[Any]:
    return select(leg.table.c.brand.label("brand"), leg.id.label("id")).where(*leg.conditions, *_bounds(leg.id, search, step))


def _newest(rows: _Some, step: Step) -> _Some:
    """So many of them. The number stands in the statement: a plan for any number would be one for a tenth of all."""
    column = rows.selected_columns.id
    return rows.order_by(column.asc() if step.upward else column.desc()).limit(literal_column(str(int(step.size)), Integer()))


def _bounds(column: ColumnElement[str], search: Search, step: Step) -> list[ColumnElement[bool]]:
    bounds = []
    if step.place is not None:
        bounds.append(column > step.place if step.upward else column < step.place)
    if search.since is not None:
        bounds.append(column >= message_ids_at(_micros(search.since, -_SLACK)))
    if search.until is not None:
        bounds.append(column < message_ids_at(_micros(search.until, _SLACK)))
    return bounds + [bound for term in search.asking("request") for bound in _requested(column, term)]


def _requested(column: ColumnElement[str], term: Term) -> list[ColumnElement[bool]]:
    """When the messages of requests were made; nothing is known of that where a caller chose the id."""
    made = [requested_at(value.text) for value in term.values]
    known = [at for at in made if at is not None]
    if not term.led or len(known) < len(made):
        return []
    first, last = (max(0, at + slack // timedelta(microseconds=1)) for at, slack in zip((min(known), max(known)), _ASKING, strict=True))
    return [column >= message_ids_at(first), column < message_ids_at(last)]


def _micros(at: datetime, slack: timedelta) -> int:
    return max(0, micros(at) + slack // timedelta(microseconds=1))


def _legs(wanted: Wanted) -> list[_Leg]:
    """The narrowest index that one of the terms leads to."""
    search = wanted.search
    led = {term.key: term for term in search.terms if term.led}
    if "id" in led:
        return [_leg(messages, brand, messages.c.id.in_([v.text for v in led["id"].values])) for brand in wanted.brands]
    if "ref" in led:
        return [leg for brand in wanted.brands for leg in _referred(brand, [v.text for v in led["ref"].values], wanted.providers)]
    if people := _people(wanted):
        return [_leg(messages, brand, messages.c.recipient_id == person) for brand, person in people]
    if left := [found for term in search.terms if (found := states(term))]:
        least = min(left, key=len)
        return [_leg(deliveries, brand, deliveries.c.state == state.value) for brand in wanted.brands for state in least]
    return [_leg(messages, brand) for brand in wanted.brands]


def _leg(table: Table, brand: str, *conditions: ColumnElement[bool]) -> _Leg:
    return _Leg(table, table.c.id if table is messages else table.c.message_id, [table.c.brand == brand, *conditions])


def _referred(brand: str, refs: Sequence[str], providers: Sequence[str]) -> list[_Leg]:
    own = [messages.c.reference == ref[:LONGEST_REFERENCE] for ref in refs] + [messages.c.about == ref for ref in refs]
    found = [_leg(messages, brand, one) for one in own]
    theirs = [provider_refs.c.provider.in_(providers), provider_refs.c.ref.in_(refs), provider_refs.c.brand == brand]
    return [*found, *([_Leg(provider_refs, provider_refs.c.message_id, theirs)] if providers else [])]


def _people(wanted: Wanted) -> list[tuple[str, str]]:
    for term in wanted.search.terms:
        texts = [value.text for value in term.values]
        if term.key == PEOPLE and not term.negated:
            return list(dict.fromkeys(zip(texts[::2], texts[1::2], strict=True)))
        if term.key == "person" and term.led:
            return [(brand, text) for brand in wanted.brands for text in dict.fromkeys(texts)]
    return []

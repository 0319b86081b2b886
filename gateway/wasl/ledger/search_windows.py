"""Windows of a search: the rows that an index leads to, and what of them fulfils the conditions."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, Select, Subquery, and_, case, false, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.visitors import iterate

from wasl.clock import micros
from wasl.ledger.search_legs import Step, Wanted, window
from wasl.ledger.search_terms import LEADS, condition, leading
from wasl.ledger.tables import messages

Conditions = Sequence[ColumnElement[bool]]


class Look(NamedTuple):
    """What a window gave: brands and ids of what fits, in its order; the last id that was looked at; how many rows that were.

    Where as many fit as were wanted, there may be more behind them, in the window too.
    """

    keys: list[tuple[str, str]]
    last: str | None
    rows: int


def conditions_of(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What must hold of a message that fits."""
    times = [(wanted.search.since, messages.c.created_at.__ge__), (wanted.search.until, messages.c.created_at.__lt__)]
    held = [compare(micros(at)) for at, compare in times if at is not None]
    return [*chain(held, (condition(term) for term in (*wanted.search.terms, *wanted.search.words)))]


def joined(query: Select[Any], seen: Subquery | CTE, conditions: Conditions) -> Select[Any]:
    """The query over the messages of a window that fulfil the conditions, each once.

    Each has its leading delivery where that is asked for: to find it costs most.
    """
    once = select(seen.c.brand, seen.c.id).distinct().subquery()
    own = (messages.c.brand == once.c.brand) & (messages.c.id == once.c.id)
    last = [one for one in conditions if _asks(one)]
    first = [one for one in conditions if not _asks(one)]
    whole = query.select_from(once).join(messages, own)
    if last or any(map(_asks, query.selected_columns)):
        whole = whole.join(leading, LEADS)
    return whole.where(*(_checked(ones) for ones in (first, last) if ones))


def _asks(part: ColumnElement[Any]) -> bool:
    return any(getattr(one, "table", None) is leading for one in iterate(part))


def _checked(conditions: Conditions) -> ColumnElement[bool]:
    """Conditions on rows that the window has found: no index must begin with them."""
    return case((and_(*conditions), true()), else_=false())


async def count(connection: AsyncConnection, wanted: Wanted, conditions: Conditions, step: Step) -> tuple[int, str | None, int]:
    """How many fit of the next window, its last id, and how many rows it has."""
    seen = window(wanted, step, connection.dialect.name)
    among = select(seen.c.brand, seen.c.id).cte("seen")  # it is read three times
    last, rows = (select(one).scalar_subquery() for one in (func.min(among.c.id), func.count(among.c.id)))
    found = (await connection.execute(joined(select(func.count(), last, rows), among, conditions))).one()
    return found[0], found[1], found[2]


async def look(connection: AsyncConnection, wanted: Wanted, conditions: Conditions, step: Step, most: int) -> Look:
    """What fits of the next window, at most so many."""
    seen = window(wanted, step, connection.dialect.name)
    fitting = joined(select(messages.c.brand, messages.c.id), seen, conditions)
    ordered = fitting.order_by(messages.c.id if step.upward else messages.c.id.desc()).limit(most)
    keys = [(str(row.brand), str(row.id)) for row in await connection.execute(ordered)]
    if len(keys) == most:
        return Look(keys, keys[-1][1], step.size)
    return Look(keys, *await boundary(connection, seen, step))


async def boundary(connection: AsyncConnection, seen: Subquery, step: Step) -> tuple[str | None, int]:
    """The last id of a window, and how many rows it has."""
    last = func.max(seen.c.id) if step.upward else func.min(seen.c.id)
    found = (await connection.execute(select(last, func.count()).select_from(seen))).one()
    return found[0], found[1]

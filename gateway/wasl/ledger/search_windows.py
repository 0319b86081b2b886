"""Windows of a search: the rows that an index leads to, and what of them fulfils the conditions."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from wasl.clock import micros
from wasl.ledger.search_legs import Step, Wanted
from wasl.ledger.search_terms import LEADS, condition, leading
from wasl.ledger.tables import messages


def conditions_of(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What must hold of a message that fits."""
    times = [(wanted.search.since, messages.c.created_at.__ge__), (wanted.search.until, messages.c.created_at.__lt__)]
    held = [compare(micros(at)) for at, compare in times if at is not None]
    return [*chain(held, (condition(term) for term in (*wanted.search.terms, *wanted.search.words)))]


def joined(query: Select[Any], seen: Subquery, conditions: Iterable[ColumnElement[bool]]) -> Select[Any]:
    """The query over the messages of a window, each with its leading delivery, that fulfil the conditions."""
    own = (messages.c.brand == seen.c.brand) & (messages.c.id == seen.c.id)
    return query.select_from(seen).join(messages, own).join(leading, LEADS).where(*conditions)


async def boundary(connection: AsyncConnection, seen: Subquery, step: Step) -> tuple[str | None, int]:
    """The last id of a window, and how many rows it has."""
    last = func.max(seen.c.id) if step.upward else func.min(seen.c.id)
    found = (await connection.execute(select(last, func.count()).select_from(seen))).one()
    return found[0], found[1]

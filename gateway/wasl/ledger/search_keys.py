"""What a pasted text names: messages and people by their ids, references. One statement looks in all brands."""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import TextClause, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from wasl.ledger.listed import among, values
from wasl.ledger.rows import LONGEST_REFERENCE
from wasl.ledger.tables import messages, recipients

Pairs = Sequence[tuple[str, str]]
"""Brands and ids."""
_THERE = select(recipients.c.brand, recipients.c.id).where(recipients.c.erased_at.is_(None))
_REFERRED = f"""SELECT value FROM ({{refs}}) AS named
WHERE EXISTS (SELECT 1 FROM messages AS m WHERE m.brand IN ({{brands}}) AND m.reference = substr(named.value, 1, {LONGEST_REFERENCE}))
OR EXISTS (SELECT 1 FROM messages AS m WHERE m.brand IN ({{brands}}) AND m.about = named.value)
OR EXISTS (SELECT 1 FROM provider_refs AS p WHERE p.provider IN ({{providers}}) AND p.ref = named.value AND p.brand IN ({{brands}}))"""  # noqa: S608 - what is asked for is bound


def chosen(dialect: str, table: str) -> Sequence[TextClause]:
    """Conditions: what has one of the brands and one of the ids of `names_of`: all of those, and perhaps more."""
    return [text(among(dialect, f"{table}.{column}", f"{column}s")) for column in ("brand", "id")]


def names_of(those: Pairs) -> Mapping[str, str]:
    """What `chosen` wants to be bound."""
    brands, ids = ({one[place] for one in those} for place in (0, 1))
    return {"brands": json.dumps(sorted(brands)), "ids": json.dumps(sorted(ids))}


async def messages_there(connection: AsyncConnection, brands: Sequence[str], message_id: str) -> Pairs:
    """Those of the brands that have a message of that id."""
    query = select(messages.c.brand, messages.c.id).where(messages.c.brand.in_(brands), messages.c.id == message_id)
    return [(row.brand, row.id) for row in await connection.execute(query)]


async def people_there(connection: AsyncConnection, people: Pairs) -> Pairs:
    """Those of these people who are there and were not erased, by brand in the order given, then by id."""
    place = {brand: number for number, (brand, _) in reversed(list(enumerate(people)))}
    told = await connection.execute(_THERE.where(*chosen(connection.dialect.name, "recipients")), names_of(people))
    found = {(str(row.brand), str(row.id)) for row in told} & set(people)
    return sorted(found, key=lambda one: (place[one[0]], one[1]))


async def first_referred(connection: AsyncConnection, brands: Sequence[str], refs: Sequence[str], providers: Sequence[str]) -> str | None:
    """The first of these references that a message of the brands carries."""
    told = {"refs": refs, "brands": brands, "providers": providers}
    query = _REFERRED.format(**{name: values(connection.dialect.name, name) for name in told})
    found = await connection.execute(text(query), {name: json.dumps(list(one)) for name, one in told.items()})
    there = {row[0] for row in found}
    return next((ref for ref in refs if ref in there), None)

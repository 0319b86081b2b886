"""Configurations, templates and brands by their versions: kept once each, whoever uses them."""

from collections.abc import Sequence

from sqlalchemy import func, select

from wasl.ledger import statements as sql
from wasl.ledger.rows import SourceRow
from wasl.ledger.store import Store
from wasl.ledger.tables import messages, sources

_LOOKED_AT = 100_000  # messages: more would take seconds


class Sources:
    """What was read from files, as messages and decisions name it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, rows: Sequence[SourceRow]) -> None:
        """Keep them; those that are known stay as they are."""
        await self._store.writer.run(lambda tx: tx.many(sql.PUT_SOURCE, rows))

    async def get(self, version: str) -> SourceRow | None:
        """The one of that version."""
        async with self._store.engine.connect() as connection:
            row = (await connection.execute(select(sources).where(sources.c.version == version))).mappings().first()
        return SourceRow(**row) if row is not None else None  # type: ignore[typeddict-item]  # the row has just these columns

    async def beginning(self, version: str) -> Sequence[SourceRow]:
        """The templates whose version begins so, at most two: one is meant only where there are no others."""
        query = select(sources).where(sources.c.kind == "template", sources.c.version.startswith(version, autoescape=True)).limit(2)
        async with self._store.engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [SourceRow(**row) for row in rows]  # type: ignore[typeddict-item]  # as above

    async def in_use(self, brand: str, template: str) -> Sequence[SourceRow]:
        """A template as the last messages were accepted with it, in each of its languages; of those among the last 100,000."""
        last = select(messages.c.id, messages.c.template, messages.c.template_version).where(messages.c.brand == brand)
        lately = last.order_by(messages.c.id.desc()).limit(_LOOKED_AT).subquery()
        used = select(lately.c.template_version, func.max(lately.c.id).label("last")).where(lately.c.template == template)
        versions = used.group_by(lately.c.template_version).subquery()
        query = select(sources).join(versions, versions.c.template_version == sources.c.version).order_by(versions.c.last.desc())
        async with self._store.engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        newest: dict[str, SourceRow] = {}
        for row in rows:
            newest.setdefault(row["locale"], SourceRow(**row))  # type: ignore[typeddict-item]  # as above
        return [newest[locale] for locale in sorted(newest)]

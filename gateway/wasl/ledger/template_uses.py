"""Which templates the last messages of a brand used, in which versions, and how these messages ended; and a person's last data."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Row, Select, and_, case, func, select

from wasl.clock import moment
from wasl.ledger.rows import SourceRow
from wasl.ledger.store import Store
from wasl.ledger.tables import deliveries, messages, sources
from wasl.states import LIVE
from wasl.template_seen import LatelyUsed, Use, VersionUse
from wasl_contracts import State

_LOOKED_AT = 10_000  # messages of all brands together: some 30 ms, however many there are
_OF_PERSON = 200  # newest messages of a person that are searched for one of a template
_FAILED = (State.FAILED, State.BOUNCED, State.EXPIRED)


class TemplateUses:
    """Reads of one database, each bounded."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def lately(self, brands: Sequence[str]) -> LatelyUsed:
        """The templates of the last messages of these brands, each with as many as the others; their versions newest first."""
        each = _LOOKED_AT // max(1, len(brands))
        async with self._store.engine.connect() as connection:
            rows = [row for brand in brands for row in (await connection.execute(_newest(brand, each))).all()]
        return _told(rows, each * len(brands))

    async def versions(self, versions: Sequence[str]) -> Mapping[str, SourceRow]:
        """The kept templates of these versions, by version; those that are not kept are left out."""
        query = select(sources).where(sources.c.version.in_(versions), sources.c.kind == "template")
        async with self._store.engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return {row["version"]: SourceRow(**row) for row in rows}  # type: ignore[typeddict-item]  # the row has just these columns

    async def last_data(self, brand: str, recipient_id: str, template: str) -> Mapping[str, JsonValue] | None:
        """What filled a template in a person's newest message of it; None where none has any. One-time codes are never looked at."""
        newest = (
            select(messages.c.id, messages.c.template, messages.c.category, messages.c.body)
            .where(messages.c.brand == brand, messages.c.recipient_id == recipient_id)
            .order_by(messages.c.id.desc())
            .limit(_OF_PERSON)
            .subquery()
        )
        query = select(newest.c.body).where(newest.c.template == template, newest.c.category != "otp").order_by(newest.c.id.desc()).limit(1)
        async with self._store.engine.connect() as connection:
            body = (await connection.execute(query)).scalar()
        found = json.loads(body).get("data") if body is not None else None
        return found if isinstance(found, dict) and found else None


def _newest(brand: str, most: int) -> Select[Any]:
    """The versions of templates that the last messages of a brand were accepted with, and how their deliveries stand."""
    columns = messages.c.id, messages.c.template, messages.c.template_version, messages.c.created_at
    newest = select(*columns).where(messages.c.brand == brand).order_by(messages.c.id.desc()).limit(most).subquery()
    return (
        select(
            newest.c.template,
            newest.c.template_version.label("version"),
            func.max(sources.c.locale).label("locale"),
            func.count(newest.c.id.distinct()).label("messages"),
            func.sum(case((deliveries.c.state.in_(sorted(LIVE)), 0), else_=1)).label("ended"),
            func.sum(case((deliveries.c.state.in_(_FAILED), 1), else_=0)).label("failed"),
            func.max(newest.c.created_at).label("last"),
        )
        .join_from(newest, deliveries, and_(deliveries.c.brand == brand, deliveries.c.message_id == newest.c.id))
        .outerjoin(sources, sources.c.version == newest.c.template_version)
        .where(newest.c.template.is_not(None))
        .group_by(newest.c.template, newest.c.template_version)
    )


def _told(rows: Sequence[Row[Any]], looked_at: int) -> LatelyUsed:
    by_name: defaultdict[str, dict[str, VersionUse]] = defaultdict(dict)
    uses: dict[str, Use] = {}
    for row in rows:
        told = Use(messages=row.messages, ended=row.ended, failed=row.failed, last_at=moment(row.last))
        uses[row.template] = uses[row.template].and_(told) if row.template in uses else told
        if row.version:
            known = by_name[row.template].get(row.version)
            by_name[row.template][row.version] = _version(row, known)
    versions = {name: tuple(sorted(found.values(), key=_last, reverse=True)) for name, found in by_name.items()}
    return LatelyUsed(looked_at=looked_at, templates=uses, versions=versions)


def _version(row: Row[Any], known: VersionUse | None) -> VersionUse:
    """The use of a version by one brand, with that by those before."""
    count, last = (known.messages, known.last_at) if known is not None else (0, moment(row.last))
    told = row.messages + count
    return VersionUse(version=row.version, locale=row.locale or "", messages=told, last_at=max(last, moment(row.last)))


def _last(use: VersionUse) -> datetime:
    return use.last_at

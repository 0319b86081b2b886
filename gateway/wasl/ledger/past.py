"""Consents and suppressions as they were: both are told by rows that are only added."""

import json
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import bindparam, literal_column, select

from wasl.clock import micros, moment
from wasl.consent import Said
from wasl.ids import suppression_id
from wasl.ledger.hot import Hot, Row, among
from wasl.ledger.port import Reader
from wasl.ledger.suppressions import ALL_BRANDS
from wasl.ledger.tables import consents, suppression_changes, suppressions
from wasl.policies.verdict import Suppressed
from wasl_contracts import Reason

Place = tuple[str, str, str]
"""Brand, channel and address hash."""

_SAID = Hot(
    select(*(consents.c[name] for name in ("brand", "recipient_id", *Said._fields)))
    .where(
        among(consents.c.brand, consents.c.recipient_id, name="keys"),
        consents.c.at <= bindparam("at"),
        consents.c.state != literal_column("'pending'"),
    )
    .order_by(consents.c.id)
)
_change = suppression_changes.c
_CHANGES = Hot(
    select(
        _change.brand, _change.channel, _change.address_hash, _change.scope, _change.reason, _change.source, _change.at,
        _change.expires_at, _change.change,
    )
    .where(among(_change.brand, _change.channel, _change.address_hash, name="keys"))
    .order_by(_change.id)
)  # fmt: skip
_row = suppressions.c
_LISTED = Hot(
    select(
        _row.brand, _row.channel, _row.address_hash, _row.scope, _row.reason, _row.source, _row.since, _row.expires_at,
        literal_column("'added'"),
    ).where(among(_row.brand, _row.channel, _row.address_hash, name="keys"))
)  # fmt: skip


async def past_consents(tx: Reader, people: Collection[tuple[str, str]], at: datetime) -> dict[tuple[str, str], list[Said]]:
    """The newest row of each scope of these people up to a moment, those that are pending left out."""
    newest: dict[tuple[str, ...], Row] = {}
    for row in await tx.fetch(_SAID, {"keys": json.dumps(sorted(people)), "at": micros(at)}) if people else ():
        newest[row[0], row[1], row[4], row[5]] = row
    found: dict[tuple[str, str], list[Said]] = {}
    for brand, recipient_id, row_id, when, topic, channel, state in newest.values():
        found.setdefault((brand, recipient_id), []).append(Said(row_id, moment(when), topic, channel, state))
    return found


async def past_suppressed(tx: Reader, places: Collection[Place], at: datetime) -> dict[Place, list[Suppressed]]:
    """The rows of these addresses that were on the list at a moment, by the changes up to it.

    Rows that are there since before there was a history are as they are.
    """
    if not places:
        return {}
    wanted = {"keys": json.dumps([*places, *{(ALL_BRANDS, *place[1:]) for place in places}])}
    changes = await tx.fetch(_CHANGES, wanted)
    told = {row[:5] for row in changes}
    rows = _folded([*(row for row in await tx.fetch(_LISTED, wanted) if row[:5] not in told), *changes], micros(at))
    own = {place: [rows[key] for key in rows if key[:3] in (place, (ALL_BRANDS, *place[1:]))] for place in places}
    return {place: found for place, found in own.items() if found}


def _folded(changes: Iterable[Row], at: int) -> dict[tuple[str, ...], Suppressed]:
    rows: dict[tuple[str, ...], Suppressed] = {}
    for brand, channel, hashed, scope, reason, source, when, expires_at, change in changes:
        key = (brand, channel, hashed, scope, reason)
        before = rows.get(key)
        if when > at:
            continue
        if change == "removed":
            rows.pop(key, None)
            continue
        holds = before is not None and (before.expires_at is None or micros(before.expires_at) > when)
        since = before.since if before is not None and holds else moment(when)  # an extended row keeps its beginning
        ends = moment(expires_at) if expires_at is not None else None
        rows[key] = Suppressed(Reason(reason), since, source, suppression_id(channel, hashed), scope, brand, ends)
    return rows

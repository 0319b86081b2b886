"""The suppression list in transactions: what speaks against an address, and rows that come and go, each with its line in the history."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select

from wasl.clock import moment
from wasl.ids import new_change_id, suppression_id
from wasl.ledger.hot import Hot, among, upsert
from wasl.ledger.port import Reader, Transaction
from wasl.ledger.tables import suppression_changes, suppressions
from wasl.policies.verdict import Suppressed
from wasl_contracts import Reason

ALL_BRANDS = "*"
"""The brand of rows that hold for every brand of the installation."""

_KEY = ("brand", "channel", "address_hash", "scope", "reason")
_key = [suppressions.c[name] for name in _KEY]
_LISTED = Hot(select(*_key, suppressions.c.source, suppressions.c.since, suppressions.c.expires_at).where(among(*_key[:3], name="keys")))
_row = upsert(suppressions).values({column.name: bindparam(column.name) for column in suppressions.columns})
_PUT = Hot(
    _row.on_conflict_do_update(
        index_elements=_KEY, set_={column.name: _row.excluded[column.name] for column in suppressions.columns if column.name not in _KEY}
    )
)
_FORGET = Hot(delete(suppressions).where(among(*_key, name="keys")))
_changed = [suppression_changes.c[name] for name in _KEY[:3]]
_LAST = Hot(select(*_changed, func.max(suppression_changes.c.at)).where(among(*_changed, name="keys")).group_by(*_changed))
_TOLD = Hot(insert(suppression_changes).values({column.name: bindparam(column.name) for column in suppression_changes.columns}))

Key = tuple[str, str, str, str, str]
"""Brand, channel, address hash, scope and reason."""
Fate = Literal["new", "extended", "already_there"]


@dataclass(frozen=True, slots=True)
class Addition:
    """A row for the list. `scope` is a category, or empty for every message; `address` is masked; `sealed` is the note, encrypted."""

    brand: str
    channel: str
    address_hash: str
    address: str
    reason: Reason
    source: str
    since: int
    scope: str = ""
    actor: str | None = None
    message_id: str | None = None
    sealed: bytes | None = None
    expires_at: int | None = None

    @property
    def key(self) -> Key:
        """What makes it one row with another one."""
        return self.brand, self.channel, self.address_hash, self.scope, self.reason


@dataclass(frozen=True, slots=True)
class Removal:
    """Taking an address off the list: all of its rows of a brand, or only those of a scope or a reason, or that a source has listed.

    `sealed` says why, encrypted.
    """

    brand: str
    channel: str
    address_hash: str
    at: int
    source: str
    sealed: bytes
    actor: str | None = None
    scope: str | None = None
    reason: Reason | None = None
    listed_by: str | None = None


class _Present(NamedTuple):
    since: int
    expires_at: int | None


async def read_suppressed(tx: Reader, keys: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], list[Suppressed]]:
    """The rows of these (brand, channel, address hash), with those of all brands: one query, and none for nothing.

    Whether a row holds for a message at a moment is for the policy to say.
    """
    if not keys:
        return {}
    wanted = json.dumps([*keys, *{(ALL_BRANDS, channel, hashed) for _, channel, hashed in keys}])
    found: dict[tuple[str, str, str], list[Suppressed]] = {}
    for brand, channel, hashed, scope, reason, source, since, expires_at in await tx.fetch(_LISTED, {"keys": wanted}):
        ends = moment(expires_at) if expires_at is not None else None
        row = Suppressed(Reason(reason), moment(since), source, suppression_id(channel, hashed), scope, brand, ends)
        found.setdefault((brand, channel, hashed), []).append(row)
    own = {key: [*found.get(key, ()), *found.get((ALL_BRANDS, *key[1:]), ())] for key in keys} if found else {}
    return {key: rows for key, rows in own.items() if rows}


async def add(tx: Transaction, additions: Sequence[Addition]) -> list[Fate]:
    """Put them on the list, each with its line in the history. The caller holds the opt-outs of their brands alone (locks.py)."""
    fates, rows = await _judged(tx, additions)
    if rows:
        last = await _last(tx, {addition.key[:3] for addition, _ in rows})
        tx.put(_PUT, [{**_columns(addition), "since": since} for addition, since in rows])
        tx.put(_TOLD, [_added(addition, _after(addition.since, last.get(addition.key[:3]))) for addition, _ in rows])
    return fates


async def foretell(tx: Reader, additions: Sequence[Addition]) -> list[Fate]:
    """What `add` would do to each."""
    return (await _judged(tx, additions))[0]


async def remove(tx: Transaction, removal: Removal) -> int:
    """Take rows off the list and tell that in the history; returns how many. The lock is as for `add`."""
    place = (removal.brand, removal.channel, removal.address_hash)
    keys = [row[:5] for row in await tx.fetch(_LISTED, {"keys": json.dumps([place])}) if _meant(removal, *row[3:6])]
    if keys:
        at = _after(removal.at, (await _last(tx, {place})).get(place))
        await tx.fetch(_FORGET, {"keys": json.dumps(keys)})
        tx.put(_TOLD, [_removed(removal, at, scope, reason) for *_, scope, reason in keys])
    return len(keys)


async def _last(tx: Reader, places: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
    """When the history of these addresses was last written."""
    return {row[:3]: row[3] for row in await tx.fetch(_LAST, {"keys": json.dumps(list(places))})}


def _after(at: int, last: int | None) -> int:
    """Each line of a history is later than the one before, whatever the clocks say, so that its order is the order of the commits."""
    return at if last is None else max(at, last + 1)


async def _judged(tx: Reader, additions: Sequence[Addition]) -> tuple[list[Fate], list[tuple[Addition, int]]]:
    """The fate of each, one after the other, and the rows to write with their `since`: of several with one key the last that counts."""
    places = list({addition.key[:3] for addition in additions})
    found = await tx.fetch(_LISTED, {"keys": json.dumps(places)}) if places else []
    present = {row[:5]: _Present(row[6], row[7]) for row in found}
    rows: dict[Key, tuple[Addition, int]] = {}
    fates: list[Fate] = []
    for addition in additions:
        before = present.get(addition.key)
        fate = _fate(addition, before)
        if fate != "already_there":
            since = before.since if before is not None and fate == "extended" else addition.since
            present[addition.key] = _Present(since, addition.expires_at)
            rows[addition.key] = addition, since
        fates.append(fate)
    return fates, list(rows.values())


def _fate(addition: Addition, before: _Present | None) -> Fate:
    """A row that has run out counts as none; of one that holds, only the end can be moved, and only to later."""
    if before is None or (before.expires_at is not None and before.expires_at <= addition.since):
        return "new"
    if before.expires_at is not None and (addition.expires_at is None or addition.expires_at > before.expires_at):
        return "extended"
    return "already_there"


def _meant(removal: Removal, scope: str, reason: str, source: str) -> bool:
    return removal.scope in (None, scope) and removal.reason in (None, reason) and removal.listed_by in (None, source)


def _columns(addition: Addition) -> dict[str, object]:
    return {name: getattr(addition, name) for name in Addition.__slots__}  # asdict copies, and takes ten times as long


def _added(addition: Addition, at: int) -> dict[str, object]:
    told = _columns(addition)
    del told["address"], told["since"]
    return {**told, "id": new_change_id(at), "at": at, "change": "added"}


def _removed(removal: Removal, at: int, scope: str, reason: str) -> dict[str, object]:
    return {
        "brand": removal.brand, "channel": removal.channel, "address_hash": removal.address_hash, "id": new_change_id(at),
        "at": at, "scope": scope, "change": "removed", "reason": reason, "source": removal.source, "actor": removal.actor,
        "message_id": None, "sealed": removal.sealed, "expires_at": None,
    }  # fmt: skip

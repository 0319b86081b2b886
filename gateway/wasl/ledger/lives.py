"""The life of one person for a page of the console: as quick for somebody with a hundred thousand messages as for one with three.

Each kind of thing that happens has its own order, which an index or a primary key holds: messages by their ids, consents, changes of the
suppression list and replies by theirs. A page merges them by their moments, and its cursor keeps the place in each. So nothing is sorted
or counted that is not shown, and nothing is lost where clocks disagree.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from wasl.clock import moment
from wasl.keys import KeyRing
from wasl.ledger.cursors import cursor_after, place_of
from wasl.ledger.life_rows import listed, said, whole, wrote
from wasl.ledger.tables import callbacks, consents, deliveries, messages, suppression_changes
from wasl.person_life import PROBLEMS, LifeEntry, LifeFilter, LifeMessage, PersonLife

Found = Row[Any]
Page = tuple[int, str | None]
"""How many entries, and from which cursor on."""
_BEHIND_ALL = "msg_~"
_LOOKED = 3_000  # messages that one page looks through for those that fit
_of_message = (deliveries.c.brand == messages.c.brand) & (deliveries.c.message_id == messages.c.id)


class Whose(NamedTuple):
    """A person, and their addresses as (channel, hash)."""

    brand: str
    id: str
    places: tuple[tuple[str, str], ...]
    alone: bool
    """Whether the installation has one brand, so that what people write who name no message is for it."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of thing: its rows in their order, by which column, and how they are told."""

    query: Select[Any]
    key: ColumnElement[Any]
    tell: Callable[[Found], LifeEntry]


class _Told(NamedTuple):
    at: float
    kind: int
    key: str
    entry: LifeEntry


async def life(connection: AsyncConnection, keys: KeyRing, whose: Whose, wanted: LifeFilter, page: Page) -> PersonLife:
    """A page of so many entries, from a cursor on.

    Raises:
        Refused: the cursor was not given out for this list of this person.
    """
    limit, cursor = page
    about = f"life|{whose.brand}|{whose.id}|{wanted.channel}|{wanted.problems}"
    places = [str(place) for place in place_of(keys, about, cursor)] if cursor is not None else ["", "", "", ""]
    mine, looked_to = await _messages(connection, whose, wanted, places[0], limit)
    lists = [[_Told(one.at.timestamp(), 0, one.id, one) for one in mine]]
    for number, kind in enumerate(_kinds(whose, wanted), 1):
        lists.append(await _rows(connection, kind, number, places[number], limit))
    merged: Iterator[_Told] = merge(*lists, key=lambda told: -told.at)
    shown = list(islice(_until(merged, looked_to), limit))
    for told in shown:
        places[told.kind] = told.key
    more = sum(map(len, lists)) > len(shown)
    if looked_to is not None and len(shown) < limit:
        places[0], more = looked_to.id, True
    return PersonLife(
        data=tuple(told.entry for told in shown),
        next_cursor=cursor_after(keys, about, places) if more else None,
        has_more=more,
        looked_to=moment(looked_to.created_at) if looked_to is not None and len(shown) < limit else None,
    )


def _until(merged: Iterator[_Told], looked_to: Found | None) -> Iterator[_Told]:
    """What is older than where the look at messages ended belongs onto the next page."""
    end = looked_to.created_at / 1_000_000 if looked_to is not None else 0.0
    return (told for told in merged if told.kind == 0 or told.at >= end)


async def _rows(connection: AsyncConnection, kind: _Kind, number: int, place: str, limit: int) -> list[_Told]:
    query = kind.query.where(kind.key < place) if place else kind.query
    found = (await connection.execute(query.order_by(kind.key.desc()).limit(limit + 1))).all()
    entries = [kind.tell(row) for row in found]
    return [_Told(entry.at.timestamp(), number, entry.id, entry) for entry in entries]


def _kinds(whose: Whose, wanted: LifeFilter) -> list[_Kind]:
    spoken = select(*(c for c in consents.c if c is not consents.c.sealed)).where(
        consents.c.brand == whose.brand, consents.c.recipient_id == whose.id
    )
    changes = select(suppression_changes).where(
        suppression_changes.c.brand.in_([whose.brand, "*"]),
        tuple_(suppression_changes.c.channel, suppression_changes.c.address_hash).in_(list(whose.places)),
    )
    channels = {hashed: channel for channel, hashed in whose.places if wanted.channel in (None, channel)}
    ours = callbacks.c.brand == whose.brand
    replies = select(callbacks.c.id, callbacks.c.at, callbacks.c.provider, callbacks.c.message_id, callbacks.c.address_hash).where(
        callbacks.c.address_hash.in_(sorted(channels)),
        callbacks.c.kind == "replied",
        ours | callbacks.c.brand.is_(None) if whose.alone else ours,
    )
    if wanted.channel is not None:
        spoken = spoken.where(consents.c.channel.in_([wanted.channel, "*"]))
        changes = changes.where(suppression_changes.c.channel == wanted.channel)
    if wanted.problems:
        spoken = spoken.where(consents.c.state == "withdrawn")
        changes = changes.where(suppression_changes.c.change == "added")
        replies = replies.where(callbacks.c.id < "")
    return [
        _Kind(spoken, consents.c.id, said),
        _Kind(changes, suppression_changes.c.id, listed),
        _Kind(replies, callbacks.c.id, lambda row: wrote(row, channels)),
    ]


async def _messages(
    connection: AsyncConnection, whose: Whose, wanted: LifeFilter, place: str, limit: int
) -> tuple[list[LifeMessage], Found | None]:
    """Those that fit, newest first, and where the look ended if it did not find enough."""
    query: Select[Any] = select(messages.c.id, messages.c.created_at).where(
        messages.c.brand == whose.brand, messages.c.recipient_id == whose.id
    )
    query = query.where(messages.c.id < (place or _BEHIND_ALL))  # always: without a bound SQLite walks over the whole brand
    query, last = query.order_by(messages.c.id.desc()), None
    fits = _fits(wanted)
    if fits is not None:
        last = (await connection.execute(query.offset(_LOOKED).limit(1))).first()
        query = query.where(exists().where(_of_message, fits).correlate(messages))
        if last is not None:
            query = query.where(messages.c.id >= last.id)
    ids = [row.id for row in (await connection.execute(query.limit(limit + 1))).all()]
    return await whole(connection, whose.brand, ids), last if len(ids) <= limit else None


def _fits(wanted: LifeFilter) -> ColumnElement[bool] | None:
    conditions: list[ColumnElement[bool]] = []
    if wanted.channel is not None:  # what nobody routed yet waits in the lane of the channel that comes first
        conditions.append(func.coalesce(deliveries.c.channel, deliveries.c.lane) == wanted.channel)
    if wanted.problems:
        conditions.append(deliveries.c.state.in_(sorted(PROBLEMS)))
    return and_(*conditions) if conditions else None

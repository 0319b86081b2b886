"""Walking over all that a search finds, piece by piece, for acts on many messages: in bounded memory, and each piece in short time.

The last message of a piece is where the next one begins, so what comes or changes meanwhile is neither met twice nor puts another out.
"""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from wasl.ledger.search_legs import Step, Wanted, window
from wasl.ledger.search_windows import boundary, conditions_of, joined
from wasl.ledger.tables import messages

_WINDOW = 500  # rows that are looked at in one go
_LOOKED = 5_000  # rows that are looked at for one piece: where few fit, it is a small one
_COUNTED = 500_000  # rows that are looked at for a count


class Piece(NamedTuple):
    """Brands and ids of the next messages that fit, newest first; where the one after it begins; and whether there is none."""

    keys: tuple[tuple[str, str], ...]
    place: str | None
    ended: bool


class SearchPieces:
    """The walks over one database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        async with self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                # A plan for any bounds reads the whole table for each window: it cannot know that these leave five hundred rows.
                await connection.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
            yield connection

    async def piece(self, wanted: Wanted, place: str | None, most: int) -> Piece:
        """Up to so many of the next messages after that place; without one, of the newest."""
        narrowed, conditions = wanted.of_brands, conditions_of(wanted.of_brands)
        keys: list[tuple[str, str]] = []
        looked = 0
        if not narrowed.brands:
            return Piece((), place, ended=True)
        async with self._connected() as connection:
            while True:
                step = Step(most if not conditions else _WINDOW, place)
                seen = window(narrowed, step, connection.dialect.name)
                fitting = joined(select(messages.c.brand, messages.c.id), seen, conditions).order_by(messages.c.id.desc())
                keys += [(row.brand, row.id) for row in await connection.execute(fitting.limit(most - len(keys)))]
                if len(keys) == most:
                    return Piece(tuple(keys), keys[-1][1], ended=False)
                last, rows = await boundary(connection, seen, step)
                place, looked = last or place, looked + rows
                if rows < step.size or looked >= _LOOKED:
                    return Piece(tuple(keys), place, ended=rows < step.size)

    async def count(self, wanted: Wanted) -> tuple[dict[str, int], bool]:
        """How many fit of each brand, and whether that is all: of more than half a million rows only the newest are looked at."""
        narrowed, conditions = wanted.of_brands, conditions_of(wanted.of_brands)
        counts: Counter[str] = Counter()
        place, looked = None, 0
        async with self._connected() as connection:
            while narrowed.brands:
                step = Step(_WINDOW, place)
                seen = window(narrowed, step, connection.dialect.name)
                counted = joined(select(messages.c.brand, func.count()), seen, conditions).group_by(messages.c.brand)
                counts.update({brand: count for brand, count in await connection.execute(counted)})
                place, rows = await boundary(connection, seen, step)
                looked += rows
                if rows < step.size:
                    return dict(counts), True
                if looked >= _COUNTED:
                    return dict(counts), False
        return {}, True

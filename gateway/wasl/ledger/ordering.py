"""Ordering keys: of the messages with one key at most one is under way, and the others wait parked behind it, oldest first."""

import json
from collections.abc import Iterable, Sequence

from wasl.ledger import locks
from wasl.ledger import statements as sql
from wasl.ledger.port import Reader, Transaction
from wasl.ledger.rows import DeliveryRow
from wasl_contracts import Reason

Key = tuple[str, str]
"""A brand and an ordering key."""


async def take_turns(tx: Transaction, keys: Iterable[Key]) -> None:
    """From here to the end of the transaction nobody else begins or ends something with these keys."""
    names = {locks.order(brand, key) for brand, key in keys}
    if names:
        await tx.lock(names)


async def under_way(tx: Reader, keys: Sequence[Key]) -> set[Key]:
    """Those with a message under way or waiting."""
    return {(row[0], row[1]) for row in await tx.fetch(sql.ORDERED, {"keys": json.dumps(keys)})} if keys else set()


def park(row: DeliveryRow, expires_at: int) -> None:
    """Let a new delivery wait for its turn, until it expires."""
    row["state"], row["reason"], row["due_at"] = "scheduled", Reason.IN_ORDER, expires_at


async def advance(tx: Transaction, keys: Iterable[Key], now: int) -> None:
    """Where nothing is under way any more, the oldest that waits goes next."""
    wanted = [{"brand": brand, "ordering_key": key} for brand, key in dict.fromkeys(keys)]
    if not wanted:
        return
    following = [row for row in await tx.each(sql.NEXT_IN_ORDER, wanted) if row[2] == Reason.IN_ORDER]
    if following:
        await tx.many(sql.UNPARK, [{"key_brand": row[0], "key_message": row[1], "now": now} for row in following])

"""Deliveries that take over on the next channel, where one of the same message proved not to have arrived."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from wasl.ledger import statements as sql
from wasl.ledger.families import read_families
from wasl.ledger.port import Transaction
from wasl.ledger.rows import new_delivery


@dataclass(frozen=True, slots=True)
class Following:
    """A delivery that is to follow: whose, from when (microseconds), by which lane, and the channels that it need not try."""

    brand: str
    message_id: str
    flow: str
    ordering_key: str | None
    due_at: int
    lane: str
    tried: tuple[str, ...]


async def open_successors(tx: Transaction, following: Sequence[Following]) -> dict[tuple[str, str], int]:
    """Open them, unless another delivery of the message (several devices) lives, may have arrived or was cancelled.

    Where the message escalates, one sent before on another channel does not keep them back, and what waits for proof of the one that
    failed goes at once (families.py, escalating.py). The families are held. Returns the number of each, by brand and message.
    """
    if not following:
        return {}
    keys = {(one.brand, one.message_id) for one in following}
    kin = await read_families(tx, keys)
    rows = {}
    for one in following:
        key = one.brand, one.message_id
        if not any(member.holds_up(one.tried[-1]) for member in kin[key]):
            number = kin[key][-1].number + 1
            row = new_delivery(*key, number, lane=one.lane, flow=one.flow, due_at=one.due_at, ordering_key=one.ordering_key)
            row["tried"] = json.dumps(one.tried)
            rows[key] = row
    if rows:
        tx.put(sql.INSERT_DELIVERY, list(rows.values()))
    return {key: row["number"] for key, row in rows.items()}

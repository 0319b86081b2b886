"""Unknown outcomes that stay unknown: nothing is done about them any more, until a person or the provider says what became of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, literal_column, null, update

from wasl.ledger import statements as sql
from wasl.ledger.claims import Claimed
from wasl.ledger.hot import Hot, checked
from wasl.ledger.ordering import advance, take_turns
from wasl.ledger.port import Transaction
from wasl.ledger.tables import deliveries
from wasl.states import LEFT
from wasl_contracts import Reason, State

_LEAVE = Hot(
    update(deliveries)
    .where(
        deliveries.c.brand == bindparam("key_brand"), deliveries.c.message_id == bindparam("key_message"),
        deliveries.c.number == bindparam("key_number"), deliveries.c.fence == bindparam("key_fence"),
        checked(deliveries.c.state == literal_column(f"'{State.UNKNOWN.value}'")),
    )
    .values(due_at=null(), claimed_at=null(), reason=bindparam("reason"))
    .returning(deliveries.c.brand, deliveries.c.message_id, deliveries.c.number)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Left:
    """A claimed delivery that stays unknown from now on, and by which rule."""

    claimed: Claimed
    at: int
    reason: Reason
    rule: str | None = None


async def leave(tx: Transaction, lefts: Sequence[Left]) -> None:
    """Write it, with a remark in the timeline of each. What another worker has moved on meanwhile is not touched."""
    ordered = {(left.claimed.brand, key) for left in lefts if (key := left.claimed.ordering_key) is not None}
    await take_turns(tx, ordered)
    by_key = {(left.claimed.brand, left.claimed.message_id, left.claimed.number): left for left in lefts}
    rows = await tx.each(_LEAVE, [{**left.claimed.key, "reason": left.reason} for left in lefts])
    if rows:
        tx.put(sql.INSERT_EVENT, [_remark(by_key[row[0], row[1], row[2]]) for row in rows])
    await advance(tx, sorted(ordered), max(left.at for left in lefts))


def _remark(left: Left) -> dict[str, object]:
    facts = {"reason": left.reason, "rule": left.rule}
    return {
        "brand": left.claimed.brand,
        "message_id": left.claimed.message_id,
        "delivery": left.claimed.number,
        "at": left.at,
        "type": LEFT,
        "facts": json.dumps({name: value for name, value in facts.items() if value}),
    }

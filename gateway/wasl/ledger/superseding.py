"""Superseding: a newer message replaces the older ones to the same recipient about the same thing.

What of them has no intent yet ends there and then, in the transaction that accepts the newer one. What is out just now is only told which
message replaced it (`messages.superseded_by`), and so gets no further call: policies/superseded.py.

"Older" is what was committed before. So that this is one order for everybody, whoever accepts something with `about` locks its
recipient, as intents do; a new recipient is locked by being inserted.
"""

import json
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import bindparam, literal_column, null, select, update

from wasl.event_types import EVENT_OF
from wasl.ledger.feed import Told
from wasl.ledger.hot import Hot, Values, among, checked
from wasl.ledger.port import Reader, Transaction
from wasl.ledger.rows import DeliveryRow, MessageRow
from wasl.ledger.tables import deliveries, messages
from wasl.states import PENDING
from wasl_contracts import Reason, State

About = tuple[str, str, str]
"""A brand, a recipient and what a message is about."""
_REPLACE = Hot(
    update(messages)
    .where(
        messages.c.brand == bindparam("key_brand"), messages.c.recipient_id == bindparam("key_recipient"),
        messages.c.about == bindparam("key_about"), messages.c.superseded_by.is_(None),
    )
    .values(superseded_by=bindparam("by"))
    .returning(messages.c.brand, messages.c.id, messages.c.superseded_by)
)  # fmt: skip
_END = Hot(
    update(deliveries)
    .where(
        deliveries.c.brand == bindparam("key_brand"), deliveries.c.message_id == bindparam("key_message"),
        checked(deliveries.c.state.in_([literal_column(f"'{state.value}'") for state in sorted(PENDING)])),
    )
    .values(
        state=literal_column(f"'{State.SUPERSEDED.value}'"), reason=literal_column(f"'{Reason.SUPERSEDED.value}'"), code=null(),
        due_at=null(), claimed_at=null(), fence=deliveries.c.fence + literal_column("1"),  # a worker that holds it has nothing to say
    )
    .returning(deliveries.c.brand, deliveries.c.message_id, deliveries.c.number, deliveries.c.ordering_key)
)  # fmt: skip
_SUPERSEDED = Hot(
    select(messages.c.brand, messages.c.id, messages.c.superseded_by).where(
        among(messages.c.brand, messages.c.id, name="keys"), checked(messages.c.superseded_by.is_not(None))
    )
)


async def read_superseded(tx: Reader, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Of these messages (brand and id), those that were replaced, and by which one: one query, and none without keys."""
    rows = await tx.fetch(_SUPERSEDED, {"keys": json.dumps(keys)}) if keys else []
    return {(brand, message_id): by for brand, message_id, by in rows}


class Superseding:
    """What the messages of one commit replace, of those before it and of each other. They are seen in their order."""

    def __init__(self) -> None:
        self.events: list[Values] = []
        self.told: list[Told] = []
        self.freed: list[tuple[str, str]] = []
        """Brands and ordering keys of what has ended by it."""
        self.recipients: set[tuple[str, str]] = set()
        """Whom to lock before `write`, by brand and id."""
        self._first: dict[About, MessageRow] = {}
        self._seen: defaultdict[About, list[tuple[MessageRow, Sequence[DeliveryRow]]]] = defaultdict(list)
        self._at: dict[str, int] = {}

    @property
    def at(self) -> int:
        """When the last of them was accepted, in microseconds; 0 where none replaces anything."""
        return max(self._at.values(), default=0)

    def see(self, row: MessageRow, its: Sequence[DeliveryRow]) -> None:
        """The next message of the commit, with its deliveries; what it replaces among those before is changed in place."""
        if row["about"] is None:
            return
        key = row["brand"], row["recipient_id"], row["about"]
        self.recipients.add(key[:2])
        if row["supersedes"]:
            self._first.setdefault(key, row)
            self._at[row["id"]] = row["created_at"]
            for older, waiting in self._seen.pop(key, ()):
                older["superseded_by"] = row["id"]
                for delivery in waiting:
                    delivery["state"], delivery["reason"], delivery["due_at"] = State.SUPERSEDED.value, Reason.SUPERSEDED, None
                    self._ended(delivery["brand"], delivery["message_id"], delivery["number"], delivery["ordering_key"], row["id"])
        self._seen[key].append((row, its))

    async def write(self, tx: Transaction) -> None:
        """Replace what is older than the commit; before its own messages are inserted. No query where none of them supersedes."""
        if not self._first:
            return
        replaced = await tx.each(_REPLACE, [_replacement(key, row) for key, row in self._first.items()])
        by = {(brand, message_id): newer for brand, message_id, newer in replaced}
        ended = await tx.each(_END, [{"key_brand": brand, "key_message": message_id} for brand, message_id in by]) if by else []
        for brand, message_id, number, ordering_key in ended:
            self._ended(brand, message_id, number, ordering_key, by[brand, message_id])

    def _ended(self, brand: str, message_id: str, number: int, ordering_key: str | None, by: str) -> None:
        facts = json.dumps({"reason": Reason.SUPERSEDED, "by": by})
        self.told.append(Told(brand, EVENT_OF[State.SUPERSEDED], self._at[by], message_id, number, Reason.SUPERSEDED))
        self.events.append(
            {"brand": brand, "message_id": message_id, "delivery": number, "at": self._at[by], "type": State.SUPERSEDED, "facts": facts}
        )
        if ordering_key is not None:
            self.freed.append((brand, ordering_key))


def _replacement(key: About, by: MessageRow) -> Values:
    return {"key_brand": key[0], "key_recipient": key[1], "key_about": key[2], "by": by["id"]}

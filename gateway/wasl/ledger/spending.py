"""What was spent, by day, brand, channel and category: written with the intents, given back with the proof that nothing was sent."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ScalarSelect, bindparam, insert, select

from wasl.ledger.hot import Hot, among, checked, upsert
from wasl.ledger.port import Reader, Transaction
from wasl.ledger.tables import attempts, deliveries, messages, spending
from wasl.policies.budget import Spent

Call = tuple[str, str, int, int]
"""Brand, message, delivery and number of an attempt."""

_KEY = [column.name for column in spending.primary_key.columns]
_SPENT = Hot(select(*(spending.c[name] for name in Spent._fields)).where(spending.c.day >= bindparam("since")))
_more = upsert(spending).values({column.name: bindparam(column.name) for column in spending.columns})
_SPEND = Hot(_more.on_conflict_do_update(index_elements=_KEY, set_={"spent": spending.c.spent + _more.excluded.spent}))

COSTED_ATTEMPT = Hot(
    insert(attempts).values(
        {
            name: bindparam(name)
            for name in (
                "brand", "message_id", "delivery", "number", "provider", "started_at", "recipient_id", "cost_units", "encoding", "cost",
                "currency", "spent_on",
            )
        }
    )
)  # fmt: skip
"""As statements.INSERT_ATTEMPT, of which most write fewer columns: each costs time."""


def _of_message(name: str) -> ScalarSelect[Any]:
    return select(messages.c[name]).where(messages.c.brand == attempts.c.brand, messages.c.id == attempts.c.message_id).scalar_subquery()


_channel = select(deliveries.c.channel).where(
    deliveries.c.brand == attempts.c.brand, deliveries.c.message_id == attempts.c.message_id, deliveries.c.number == attempts.c.delivery
)
_COUNTED = Hot(
    select(
        attempts.c.message_id, attempts.c.delivery, attempts.c.number, attempts.c.outcome, attempts.c.spent_on, attempts.c.brand,
        _channel.scalar_subquery(), _of_message("category"), attempts.c.currency, attempts.c.cost,
    ).where(
        among(attempts.c.brand, attempts.c.message_id, attempts.c.delivery, attempts.c.number, name="keys"),
        checked(attempts.c.spent_on.is_not(None)),
    )
)  # fmt: skip


async def read_spent(tx: Reader, since: date | None) -> list[Spent]:
    """What was spent from that day on: one query, and none without a day."""
    rows = await tx.fetch(_SPENT, {"since": since.isoformat()}) if since is not None else ()
    return [Spent._make((date.fromisoformat(day), *rest)) for day, *rest in rows]


def spend(tx: Transaction, spent: Iterable[Spent]) -> None:
    """Count these, which may be less than nothing. To be called last: others wait for these rows until the end."""
    sums: Counter[tuple[object, ...]] = Counter()
    for day, *kind, micros in spent:
        sums[day.isoformat(), *kind] += micros
    if sums:
        tx.put(_SPEND, [{**dict(zip(_KEY, key, strict=True)), "spent": micros} for key, micros in sums.items()])


async def given_back(tx: Reader, refused: Sequence[Call], disproved: Sequence[Call]) -> list[Spent]:
    """What is not spent after all: of calls that end with a certain no, and of such of which that has come to light.

    To be asked before their ends are written: of a call whose end is known already nothing is given back again.
    """
    if not refused and not disproved:
        return []
    ended = dict.fromkeys(refused) | dict.fromkeys(disproved, "unknown")
    rows = await tx.fetch(_COUNTED, {"keys": json.dumps(list(ended))})
    return [
        Spent._make((date.fromisoformat(day), brand, *kind, -cost))
        for message_id, delivery, number, outcome, day, brand, *kind, cost in rows
        if ended[brand, message_id, delivery, number] == outcome
    ]

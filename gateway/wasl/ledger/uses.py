"""What frequency caps count: the attempts of a person, less those that a provider certainly did not take. No other ledger tells it."""

import json
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, bindparam, literal_column, or_, select

from wasl.clock import micros, moment
from wasl.ledger.hot import Hot, among, checked
from wasl.ledger.port import Reader
from wasl.ledger.tables import attempts, deliveries, messages
from wasl.policies.verdict import Use

GIVEN_BACK = ("rejected", "unavailable")
"""Outcomes that prove that nothing was sent. One that is not known, or not there yet, does not."""
_refused = attempts.c.outcome.in_([literal_column(f"'{outcome}'") for outcome in GIVEN_BACK])


def _of_message(name: str) -> ScalarSelect[Any]:
    """Not joined: PostgreSQL would read a whole table for that while it knows little of its size."""
    return select(messages.c[name]).where(messages.c.brand == attempts.c.brand, messages.c.id == attempts.c.message_id).scalar_subquery()


_channel = select(deliveries.c.channel).where(
    deliveries.c.brand == attempts.c.brand, deliveries.c.message_id == attempts.c.message_id, deliveries.c.number == attempts.c.delivery
)
_USES = Hot(
    select(
        attempts.c.brand, attempts.c.recipient_id, attempts.c.message_id, _of_message("topic"), _of_message("category"),
        _channel.scalar_subquery(), attempts.c.started_at,
    ).where(
        among(attempts.c.brand, attempts.c.recipient_id, name="keys"),
        attempts.c.started_at > bindparam("since"),
        checked(or_(attempts.c.outcome.is_(None), ~_refused)),
    )
)  # fmt: skip


async def read_uses(tx: Reader, people: Collection[tuple[str, str]], since: datetime) -> dict[tuple[str, str], list[Use]]:
    """The uses of these people (brand and id) since that moment: one query, none where nobody is asked for. Each has an entry."""
    found: defaultdict[tuple[str, str], list[Use]] = defaultdict(list, {person: [] for person in people})
    rows = await tx.fetch(_USES, {"keys": json.dumps(sorted(people)), "since": micros(since)}) if people else ()
    for brand, recipient, message_id, topic, category, channel, started_at in rows:
        found[brand, recipient].append(Use(message_id, topic, category, channel, moment(started_at)))
    return dict(found)

"""Facts: which messages to a recipient tell the same, and how far they have come."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import and_, literal_column, or_, select

from wasl.clock import moment
from wasl.ledger import statements as sql
from wasl.ledger.hot import Hot, Row, among, checked
from wasl.ledger.port import Reader
from wasl.ledger.tables import deliveries, messages
from wasl.policies.verdict import Standing, Telling
from wasl.states import LIVE, PENDING
from wasl_contracts import State

Fact = tuple[str, str, str]
"""A brand, a recipient and what they are told."""
_MAY_HAVE_ARRIVED = frozenset({State.UNKNOWN, State.SENT, State.DELIVERED})
_stands = deliveries.c.state.in_([literal_column(f"'{state.value}'") for state in sorted(LIVE | _MAY_HAVE_ARRIVED)])
# Of what bounced it is certain that it did not arrive, whatever its calls said.
_doubtful = and_(deliveries.c.state != literal_column(f"'{State.BOUNCED.value}'"), sql.DOUBTFUL)
_TELLING = Hot(
    select(
        messages.c.brand, messages.c.recipient_id, messages.c.fact, messages.c.id, messages.c.created_at, deliveries.c.state,
        deliveries.c.due_at, deliveries.c.claimed_at, sql.DOUBTFUL,
    )
    .join_from(messages, deliveries, (deliveries.c.brand == messages.c.brand) & (deliveries.c.message_id == messages.c.id))
    .where(among(messages.c.brand, messages.c.recipient_id, messages.c.fact, name="keys"), or_(checked(_stands), _doubtful))
)  # fmt: skip


async def read_telling(tx: Reader, keys: Sequence[Fact]) -> dict[Fact, tuple[Telling, ...]]:
    """The messages that tell these facts, may go or may have gone, by their ids: one query, and none without keys."""
    rows = await tx.fetch(_TELLING, {"keys": json.dumps(keys)}) if keys else []
    by_message: defaultdict[tuple[Fact, str, int], list[Row]] = defaultdict(list)
    for brand, recipient, fact, message_id, created_at, *of_delivery in rows:
        by_message[(brand, recipient, fact), message_id, created_at].append(tuple(of_delivery))
    found: defaultdict[Fact, list[Telling]] = defaultdict(list)
    for (fact, message_id, created_at), its in sorted(by_message.items()):
        found[fact].append(_telling(message_id, created_at, its))
    return {fact: tuple(telling) for fact, telling in found.items()}


def _telling(message_id: str, created_at: int, its: Sequence[Row]) -> Telling:
    due = min(_dues(its), default=None)
    return Telling(message_id, moment(created_at), _standing(its), moment(due) if due is not None else None)


def _standing(its: Sequence[Row]) -> Standing:
    """That of the delivery which is furthest along."""
    if any(doubtful or State(state) in _MAY_HAVE_ARRIVED for state, _, _, doubtful in its):
        return "sent"
    return "calling" if any(state == State.SENDING for state, *_ in its) else "waiting"


def _dues(its: Iterable[Row]) -> Iterable[int]:
    """When what waits comes next; what is claimed comes now."""
    return (claimed or due for state, due, claimed, _ in its if State(state) in PENDING and due is not None)

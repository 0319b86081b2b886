"""What the rows of a message's deliveries, calls and events tell."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from wasl.answers import AttemptSeen, DeliverySeen, TimelineEntry
from wasl.clock import moment
from wasl.ids import attempt_id, delivery_id
from wasl.ledger.uses import GIVEN_BACK
from wasl.policies.prices import cost_seen
from wasl.policies.verdict import Cost
from wasl.states import ESCALATED
from wasl_contracts import Mark, Reason, State

Found = Row[Any]


def attempt_of(row: Found) -> AttemptSeen:
    """A call, of its row."""
    return AttemptSeen(
        id=attempt_id(row.message_id, row.delivery, row.number),
        number=row.number,
        provider=row.provider,
        started_at=moment(row.started_at),
        ended_at=moment(row.ended_at) if row.ended_at is not None else None,
        outcome=row.outcome,
        reason=Reason(row.reason) if row.reason else None,
        code=row.code,
        provider_ref=row.provider_ref,
        cost=cost_seen(Cost(row.cost_units, row.encoding, row.cost, row.currency)) if row.cost_units is not None else None,
        digest=row.digest,
    )


def delivery_of(row: Found, calls: Sequence[AttemptSeen]) -> DeliverySeen:
    """A delivery with its calls, of its row."""
    return DeliverySeen(
        id=delivery_id(row.message_id, row.number),
        channel=row.channel,
        provider=row.provider,
        state=State(row.state),
        reason=Reason(row.reason) if row.reason else None,
        marks=tuple(map(Mark, json.loads(row.marks))),
        address=row.address,
        provider_ref=row.provider_ref,
        due_at=moment(row.claimed_at or row.due_at) if row.due_at is not None else None,  # while claimed, its due_at is the lease's end
        cost=next((call.cost for call in reversed(calls) if call.outcome not in GIVEN_BACK), None),
        attempts=tuple(calls),
    )


def timeline_of(row: Found, seen: Sequence[DeliverySeen], happened: Sequence[Found]) -> tuple[TimelineEntry, ...]:
    """Acceptance is the message's row, calls are the attempts' rows, the rest are events."""
    entries = [TimelineEntry(at=moment(row.created_at), type="accepted", facts={"topic": row.topic, "mode": row.mode})]
    for delivery in seen:
        for attempt in delivery.attempts:
            call = {"attempt": attempt.number, "provider": attempt.provider, "channel": delivery.channel}
            entries.append(TimelineEntry(at=attempt.started_at, type="sending", delivery=delivery.id, facts=call))
            if attempt.ended_at is not None:
                end = {"attempt": attempt.number, "reason": attempt.reason, "code": attempt.code, "provider_ref": attempt.provider_ref}
                facts = {name: value for name, value in end.items() if value is not None}
                entries.append(TimelineEntry(at=attempt.ended_at, type=f"answer.{attempt.outcome}", delivery=delivery.id, facts=facts))
    for event in happened:
        facts = json.loads(event.facts)
        if due := facts.pop("due_at", None):
            facts["until"] = moment(due).isoformat()
        entries.append(TimelineEntry(at=moment(event.at), type=event.type, delivery=delivery_id(row.id, event.delivery), facts=facts))
    # What escalates has the moment of its first call.
    return tuple(sorted(entries, key=lambda entry: (entry.at, entry.type != ESCALATED)))

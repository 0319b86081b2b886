"""What happened, as an application is told: the same id and, as long as nothing changes, the same body in every try."""

import json
from dataclasses import dataclass
from typing import Self, cast

from pydantic import JsonValue
from pydantic_core import to_json

from wasl.clock import moment
from wasl.event_types import EVENT_OF
from wasl.ledger.feed import Entry
from wasl.ledger.webhooks import About, Wait

EVENT = "evt_"
_STATE = {event: state for state, event in EVENT_OF.items()}
_NOTHING: dict[str, JsonValue] = {}


@dataclass(frozen=True, slots=True)
class Happening:
    """An event on its way to an endpoint; `first_at` is when it was first to go, `tried` how often it went, `kept` whether it has a row."""

    id: str
    type: str
    at: int
    message_id: str | None
    delivery: int | None
    reason: str | None
    successor: int | None
    first_at: int
    tried: int = 0
    kept: bool = False

    @classmethod
    def read(cls, entry: Entry, now: int) -> Self:
        """One that was read in the feed. Its place there names it."""
        told = entry.type, entry.at, entry.message_id, entry.delivery, entry.reason, entry.successor
        return cls(event_id(entry), *told, first_at=now)

    @classmethod
    def waited(cls, wait: Wait) -> Self:
        """One that an endpoint did not take yet."""
        kind, at, message_id, delivery, reason, successor = json.loads(wait.entry)
        return cls(wait.event_id, kind, at, message_id, delivery, reason, successor, wait.first_at, wait.attempts, kept=True)

    def waits(self, tried: int, due_at: int | None) -> Wait:
        """The row of it, after so many tries."""
        told = (self.type, self.at, self.message_id, self.delivery, self.reason, self.successor)
        return Wait(self.id, json.dumps(told), self.first_at, tried, due_at)

    def body(self, about: About | None) -> bytes:
        """The JSON that is posted: ids, codes, the address masked, and the caller's own metadata; never what a message says."""
        state = _STATE.get(self.type)  # type: ignore[call-overload]  # a type that is no state's has none
        data: dict[str, JsonValue] = {
            "message": self.message_id,
            "delivery": self.delivery,
            "state": str(state) if state is not None else None,
            "reason": self.reason,
            "successor": self.successor,
        }
        if about is not None:
            data |= {
                "recipient": about.recipient_id,
                "topic": about.topic,
                "channel": about.channel,
                "provider": about.provider,
                "address": about.address,
                "metadata": cast("JsonValue", json.loads(about.metadata)) if about.metadata != "{}" else _NOTHING,
            }
        return to_json({"type": self.type, "timestamp": moment(self.at).isoformat(), "data": data})


def event_id(entry: Entry) -> str:
    """`evt_` and the place in the feed, as `GET /v1/events` has it too."""
    return f"{EVENT}{entry.cursor}"

"""The types of what applications are told: on the feed of events and by webhooks. Closed: who filters by one must be able to spell it."""

from typing import Literal, get_args

from wasl_contracts import State

EventType = Literal[
    "message.scheduled",
    "message.sent",
    "message.delivered",
    "message.bounced",
    "message.failed",
    "message.withheld",
    "message.expired",
    "message.cancelled",
    "message.superseded",
    "message.unknown",
    "message.escalated",
    "message.opened",
    "message.read",
    "message.clicked",
    "message.replied",
    "message.complained",
    "message.unsubscribed",
    "webhook.disabled",
]
"""`message.` and the state that a delivery has reached, or what a person did with it; `webhook.disabled`: nobody answered there for days.

`scheduled`: it waits and why (a retry, quiet hours, proof of the channel before, an operator's replay). `escalated`: no proof came of the
channel before, so this one goes. `opened` is told by a picture that was loaded, which machines
do too; `read` by the person's own app.
"""

EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
EVENT_OF: dict[State, EventType] = {state: event for state in State for event in EVENT_TYPES if event == f"message.{state}"}
"""What is told of a delivery that reached a state. Of accepted and sending nothing is: the caller knows the first, the second is short."""

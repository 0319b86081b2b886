"""Messages that escalate: a gateway whose clock stands still, and what providers report of its calls."""

import asyncio
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from tests.gateway.scripted import FakeClock
from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl.ledger.callbacks import Arrival
from wasl.ledger.reports import Report, attempted
from wasl_contracts import EventKind

TOKEN = {"channel": "push", "kind": "fcm_token", "value": "token"}
BEN: dict[str, Any] = {"id": "ben", "email": "ben@example.com", "phone": "+966501234567", "addresses": [TOKEN]}
"""Somebody who can be reached by push, SMS and mail."""
ROUTE = {"channels": ["push", "sms", "email"], "until": "delivered", "escalate_after": "10m"}


async def reported(gateway: Gateway, message_id: str, kind: EventKind, number: int = 1, **more: Any) -> None:
    """A provider says what became of the first call of a delivery."""
    at = int(gateway.received_at().timestamp() * 1_000_000)
    call = attempted(f"att_{message_id.removeprefix('msg_')}_{number}_1")
    key = sha256(json.dumps([message_id, kind, number, at]).encode()).hexdigest()
    report = Report(provider=more.pop("provider", "device"), key=key, kind=kind, at=at, attempted=call, **more)
    fate = await gateway._open.receipts.callbacks.put(Arrival(f"cbk_{key[:24]}", report.provider, at, b"", key, (report,)))
    assert fate in ("settled", "duplicate"), fate


async def seen_when(gateway: Gateway, message_id: str, until: Callable[[MessageSeen], bool]) -> MessageSeen:
    """The message when it is as wanted."""
    async with asyncio.timeout(5):
        while not until(seen := await gateway.get(message_id)):  # noqa: ASYNC110 - what is awaited happens in the ledger
            await asyncio.sleep(0.005)
    return seen


def ways(seen: MessageSeen) -> list[tuple[str | None, str, str | None]]:
    """Channel, state and reason of each delivery."""
    return [(one.channel, one.state.value, one.reason.value if one.reason is not None else None) for one in seen.deliveries]


def whole_minutes(clock: FakeClock, seen: MessageSeen, number: int) -> float:
    """In how many minutes a delivery is due."""
    due = seen.deliveries[number - 1].due_at
    assert due is not None
    return (due - clock.now()).total_seconds() / 60

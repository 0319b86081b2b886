"""What tests of acts on many messages share: messages that failed, users who ask and decide, and what became of each message."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.gateway.scripted import ANN, message
from wasl.acts_seen import ActSeen, Aim, Fated
from wasl.api import Gateway
from wasl.audited import Actor
from wasl.users import User
from wasl.working_off import WorkingOff
from wasl_contracts import Reason, Rejected

Opened = Callable[..., Awaitable[Gateway]]
PASSWORD = "correct horse battery"
LATER = datetime.now(UTC) + timedelta(days=2)
REFUSED = Rejected(Reason.PROVIDER_REJECTED, "content", "30003")


async def failed(gateway: Gateway, count: int) -> list[str]:
    """The ids of so many messages that failed, newest first."""
    ids = [(await gateway.accept(message(ANN, channels=["email"]))).id for _ in range(count)]
    for one in ids:
        await gateway.wait(one)
    return ids[::-1]


def aim(gateway: Gateway, query: str = "is:failed", **told: Any) -> Aim:
    return Aim(**{"query": query, "until": gateway.now(), "brands": (gateway.brand,), **told})


def by(gateway: Gateway, user: User) -> Gateway:
    return gateway.by(Actor("user", user.id, user.name, user.role), "ticket 4711")


async def ended(gateway: Gateway, act: ActSeen) -> ActSeen:
    await WorkingOff(gateway).look()
    return await gateway.act(act.id)


async def result(gateway: Gateway, act: ActSeen) -> list[Fated]:
    return [fated async for some in gateway.act_result(act.id) for fated in some]

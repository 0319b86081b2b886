"""A queue that is full before the work is measured."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from wasl.api import Gateway, Submission
from wasl.errors import WaslError
from wasl_bench.looking import Run
from wasl_bench.subject import Facts
from wasl_contracts import Message

_EACH = 0.001  # seconds that accepting one takes, as long as nobody has measured it
_SPARE = 0.7  # seconds
_TRIES = 5
_LOOK = 0.01  # seconds between two looks whether all is settled
_GROUP = 100  # messages a look. All that wait would be too many: PostgreSQL walks over the dead rows of all that do so no more
_WAITING = (
    """SELECT 1 FROM deliveries WHERE brand = 'default' AND message_id IN ({}) AND state IN ('accepted', 'scheduled', 'sending') LIMIT 1"""
)
_SENT = "SELECT count(*) FROM deliveries WHERE lane = '{}' AND state IN ('sent', 'delivered')"


class Late(Exception):
    """Again and again some were due, and perhaps sent, before all were accepted: the machine is too busy to measure anything."""


class Queue:
    """Accepts messages, also for one moment soon: then the work begins with a full queue and accepts nothing."""

    def __init__(self, gateway: Gateway, run: Run) -> None:
        self._gateway = gateway
        self._run = run
        self._each = _EACH
        self._late: Counter[str] = Counter()
        self._waiting: list[str] = []

    async def fill(self, channel: str, source: Iterator[Message], count: int) -> int:
        """Returns when so many are due, in one moment. All of them go by that channel."""
        for _ in range(_TRIES):
            if await self._in_time(source, count):
                return count
            self._late[channel] += count
            await self.settled()
        raise Late(f"accepting {count} messages takes {count * self._each:.1f} s")

    async def _in_time(self, source: Iterator[Message], count: int) -> bool:
        due = datetime.now(UTC) + timedelta(seconds=_SPARE + 2 * count * self._each)
        made = [Submission(message.model_copy(update={"send_at": due})) for message in islice(source, count)]
        began = time.perf_counter()
        await self.accept(made)
        self._each = (time.perf_counter() - began) / count
        left = (due - datetime.now(UTC)).total_seconds()
        await asyncio.sleep(max(0, left))
        return left >= 0

    async def accept(self, batch: Sequence[Submission]) -> int:
        """Accept them now; returns how many."""
        ids = await accepted(self._gateway, batch)
        self._waiting += ids
        return len(ids)

    async def settled(self) -> Facts:
        """Returns when all are that were accepted."""
        while self._waiting:
            group = ", ".join(f"'{one}'" for one in self._waiting[:_GROUP])
            if await self._run(_WAITING.format(group)):  # it sees what any application sees: rows, not wasl's inside
                await asyncio.sleep(_LOOK)
            else:
                del self._waiting[:_GROUP]
        return {}

    async def sent(self, channel: str) -> Facts:
        """How many went by that channel; `late` of them were not measured."""
        return {"count": await self._run(_SENT.format(channel)), "late": self._late[channel]}


async def accepted(gateway: Gateway, batch: Sequence[Submission]) -> list[str]:
    """Have a batch accepted; returns their ids, raises what was refused."""
    ids = []
    for one in await gateway.accept_many(batch):
        if isinstance(one, WaslError):
            raise one
        ids.append(one.id)
    return ids

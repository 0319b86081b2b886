"""Whatever the order in which providers tell, and however often: every message ends the same, and each thing is kept once."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.databases import rows
from tests.gateway.receipts.teller import event, signed, specs
from tests.gateway.scripted import message
from tests.proof.conftest import Proof
from wasl.api import Gateway, Submission
from wasl.ids import attempt_id
from wasl.receipts.intake import Taken
from wasl.verifying import verify
from wasl_contracts import Callback, Delivery, Receipt

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
KINDS = ("sent", "deferred", "delivered", "opened", "read", "clicked", "bounced", "failed", "complained", "unsubscribed")
PER_MESSAGE = 4
AT_ONCE = 256


class Told(NamedTuple):
    """One thing that the provider tells: of which message, None for one that nobody knows."""

    message: int | None
    kind: str
    number: int
    fields: dict[str, Any]

    def callback(self, attempts: Sequence[str]) -> Callback:
        attempt = attempts[self.message] if self.message is not None else f"att_{self.number:x}_1_1"
        at = (START + timedelta(seconds=self.number % 500)).isoformat()
        body = json.dumps([event(self.kind, attempt, at=at, event_id=str(self.number), **self.fields)]).encode()
        now = datetime.now(UTC)
        return Callback("POST", "http://127.0.0.1/hooks/mail", signed(body, now), body, now)


def everything(chance: Random, size: int) -> list[Told]:
    """Of each message some things, also such as contradict each other; one in a hundred of no message."""
    told = []
    for number in range(size):
        kind = chance.choice(KINDS)
        fields: dict[str, Any] = {"machine": chance.random() < 0.3} if kind in ("opened", "clicked") else {}
        if kind in ("bounced", "failed"):
            fields = {"code": str(chance.randrange(500, 560)), "dead": chance.random() < 0.1, "reason": "unreachable"}
        told.append(Told(number // PER_MESSAGE if chance.random() > 0.01 else None, kind, number, fields))
    return told


class Post:
    """A gateway on its own database, and a provider that answers some calls only when it is told to."""

    def __init__(self, url: str, folder: Path, late: int) -> None:
        self.url, self.late = url, late
        self.released = asyncio.Event()
        given = specs(folder, database=url, capabilities={"timeout_seconds": 300})  # the late ones are no timeouts
        given.settings["mail"].script.then = self._answer  # type: ignore[attr-defined]
        self.given, self.gateway = given, Gateway(given)
        self.begun = 0

    async def _answer(self, delivery: Delivery) -> Receipt:
        number = int(str(delivery.content.text))  # type: ignore[union-attr]
        self.begun += 1
        if number < self.late:
            await self.released.wait()
        return Receipt(provider_ref=str(number))

    async def send(self, size: int) -> list[str]:
        """Send so many messages; the ids of their attempts. All but the late ones are sent when this returns."""
        given = [message({"id": f"u_{n}", "email": f"u{n}@example.com"}, content={"body": str(n)}, channels=["email"]) for n in range(size)]
        accepted = await self.gateway.accept_many([Submission(one) for one in given])
        async with asyncio.timeout(120):
            while self._count("sent") < size - self.late or self.begun < size:  # noqa: ASYNC110 - what is awaited happens in the ledger
                await asyncio.sleep(0.02)
        return [attempt_id(one.id, 1, 1) for one in accepted]  # type: ignore[union-attr]

    async def tell(self, callbacks: Sequence[Callback]) -> list[Taken]:
        taken: list[Taken] = []
        for first in range(0, len(callbacks), AT_ONCE):
            taken += await asyncio.gather(*(self.gateway.take_callback("mail", one) for one in callbacks[first : first + AT_ONCE]))
        return taken

    async def matched(self) -> None:
        """Wait until nothing that came early waits any more."""
        async with asyncio.timeout(20):
            while rows(self.url, "SELECT count(*) FROM callbacks WHERE state = 'waiting'") != [(0,)]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    def ends(self, attempts: Sequence[str]) -> list[object]:
        """How each message ended, and what its timeline tells."""
        found: dict[str, list[object]] = {}
        for message_id, *end in rows(self.url, "SELECT message_id, state, reason, code, marks FROM deliveries"):
            found[message_id] = [tuple(end)]
        sql = "SELECT message_id, at, type, facts FROM events ORDER BY message_id, at, type"
        for message_id, at, *what in rows(self.url, sql):  # within its millisecond each has a place by a keyed hash
            found[message_id].append((at // 1000, *what))
        return [found[f"msg_{attempt.split('_')[1]}"] for attempt in attempts]

    def stored(self) -> list[tuple[Any, ...]]:
        return sorted(rows(self.url, "SELECT state, count(*) FROM callbacks GROUP BY state"))

    def listed(self) -> list[tuple[Any, ...]]:
        return sorted(rows(self.url, "SELECT reason, count(*) FROM suppressions GROUP BY reason"))

    def _count(self, state: str) -> int:
        ((count,),) = rows(self.url, "SELECT count(*) FROM deliveries WHERE state = ?", state)
        return int(count)


async def test_any_order_ends_the_same(
    proof: Proof, new_database: Callable[[], str], tmp_path: Path, engine: str, figures: Callable[..., None]
) -> None:
    size = proof.of(full=10_000, sample=300)
    for seed in proof.seeds():
        with proof.round(seed) as chance:
            told = everything(chance, size)
            messages = size // PER_MESSAGE
            once, often = Post(new_database(), tmp_path, 0), Post(new_database(), tmp_path, messages // 100 + 1)
            async with once.gateway, often.gateway:
                attempts = await once.send(messages), await often.send(messages)

                await once.tell([one.callback(attempts[0]) for one in told])
                copies = [one for one in told for _ in range(chance.randint(1, 5))]
                chance.shuffle(copies)
                half = len(copies) // 2
                taken = await often.tell([one.callback(attempts[1]) for one in copies[:half]])
                often.released.set()
                taken += await often.tell([one.callback(attempts[1]) for one in copies[half:]])
                await often.matched()

                assert once.ends(attempts[0]) == often.ends(attempts[1])
                assert once.stored() == often.stored()
                assert once.listed() == often.listed()
                assert sum(count for _, count in once.stored()) == size
                for post in (once, often):
                    report = await verify(post.given)
                    assert report.findings == []
            fates = [one.fate for one in taken]
            counted = {fate: fates.count(fate) for fate in ("duplicate", "waiting", "orphan")}  # type: ignore[arg-type]
            figures(f"receipts on {engine}", events=size, callbacks=len(copies), **counted)

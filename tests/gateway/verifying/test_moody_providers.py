"""Whatever providers answer, the checker finds nothing: while the messages are under way, and when all is over."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.databases import rows
from tests.gateway.scripted import OFFERS, Carrier, Script, message
from tests.gateway.verifying.shop import written
from wasl.answers import Accepted
from wasl.api import Gateway, Submission
from wasl.verifying import Evidence, verify
from wasl_contracts import Capabilities, Delivery, Mark, Reason, Receipt, Rejected, State, Unavailable, Unknown

TOPICS = {"codes": {"category": "otp"}, "offers": OFFERS, "news": {"category": "service"}, "default": {}}
CHANNELS = [["email", "sms"], ["push", "email", "sms"], ["sms", "email"], ["push"], ["email"]]
KEYED = Capabilities(idempotency_seconds=3600)
OUTCOMES: dict[type[Exception], str] = {Unavailable: "unavailable", Rejected: "rejected"}


class Moody:
    """A provider in a bad mood, and the record of what it did."""

    def __init__(self, random: Random, sends: list[dict[str, Any]], *, keyed: bool) -> None:
        self._random = random
        self._sends = sends
        self._keyed = keyed

    async def answer(self, delivery: Delivery) -> Receipt:
        send = {"attempt_id": delivery.attempt_id, "delivery_id": delivery.id, "keyed": self._keyed, "outcome": "receipt"}
        self._sends.append(send)
        await asyncio.sleep(self._random.random() / 200 if self._random.random() < 0.3 else 0)
        bad: list[Exception] = [
            Unavailable(), Unavailable(0.001, Reason.RATE_LIMITED), Unknown("reset"), Unknown("timeout"), ValueError("a fault"),
            Rejected(Reason.INVALID_ADDRESS, "address"), Rejected(Reason.CONTENT_REJECTED, "content"),
            Rejected(Reason.PROVIDER_MISCONFIGURED, "provider"),
        ]  # fmt: skip
        if self._random.random() < 0.55:
            error = self._random.choice(bad)
            send["outcome"] = OUTCOMES.get(type(error), "unknown")
            raise error
        return Receipt(state=self._random.choice(["sent", "delivered"]))


def submissions(random: Random) -> list[Submission]:
    found = []
    for n in range(80):
        tokens = [{"channel": "push", "kind": "fcm_token", "value": f"token {each} of {n}"} for each in range(2 if n % 3 == 0 else 0)]
        to = {"id": f"u_{n}", "email": f"p{n}@example.com", "phone": f"+96650123{n:04}", "addresses": tokens}
        order = f"order-{n % 5}" if n % 4 == 0 else None
        told = {"topic": random.choice(list(TOPICS)), "channels": random.choice(CHANNELS), "mode": random.choice(["first", "all"])}
        found.append(Submission(message(to, **told, **({"ordering_key": order} if order else {})), f"key-{n}"))
    return found


@pytest.mark.parametrize("seed", [1])
async def test_the_checker_finds_nothing_in_what_the_pipeline_did(
    seed: int, folder: Path, database: str, opened: Callable[..., Awaitable[Gateway]]
) -> None:
    random, sends = Random(seed), list[dict[str, Any]]()
    carriers = {
        "mail": Carrier("email"), "spare": Carrier("email", capabilities=KEYED),
        "text": Carrier("sms", capabilities=Capabilities(concurrency=2)), "device": Carrier("push"),
    }  # fmt: skip
    for carrier in carriers.values():
        moody = Moody(random, sends, keyed=carrier.capabilities.idempotency_seconds is not None)
        carrier.script = Script(then=moody.answer)
    gateway = await opened(carriers, topics=TOPICS, retry={"base": "1ms", "reconcile_after": "5ms", "attempts": 6})

    accepted = await gateway.accept_many(submissions(random))
    under_way = []
    async with asyncio.timeout(30):
        while rows(database, "SELECT 1 FROM deliveries WHERE due_at IS NOT NULL LIMIT 1"):
            under_way.append(await verify(gateway._specs))
            await asyncio.sleep(0.1)
    ids = written(folder / "accepted", [one.id for one in accepted if isinstance(one, Accepted)])
    sink = written(folder / "sink", [json.dumps(send) for send in sends])
    over = await verify(gateway._specs, Evidence(sinks=(sink,), accepted=ids))

    assert [finding for report in (*under_way, over) for finding in report.findings] == []
    assert under_way
    assert over.messages == len(accepted) == 80
    assert over.attempts == len(sends)
    states = {State(row[0]) for row in rows(database, "SELECT DISTINCT state FROM deliveries")}
    assert {State.SENT, State.DELIVERED, State.FAILED, State.UNKNOWN} <= states
    assert any(Mark.POSSIBLE_DUPLICATE in row[0] for row in rows(database, "SELECT marks FROM deliveries"))

"""1,000 queued sends and one suppression while they leave: no intent commits after it (P5)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.databases import rows
from tests.gateway.scripted import ANN, Carrier, Script, message
from wasl.api import Gateway, Submission
from wasl.verifying import Evidence, verify
from wasl_contracts import Capabilities, Delivery, Receipt

Opened = Callable[..., Awaitable[Gateway]]
_SENDS = 1000
_BEFORE = 50  # calls that begin before the suppression


@pytest.mark.parametrize(
    "how", [{}, {"all_brands": True, "scope": "transactional"}, {"import": True}], ids=lambda how: "-".join(how) or "own"
)
async def test_no_intent_commits_after_a_suppression_while_a_thousand_leave(opened: Opened, database: str, how: dict[str, Any]) -> None:
    begun = asyncio.Event()

    async def taken(_delivery: Delivery) -> Receipt:
        if len(mail.script.calls) >= _BEFORE:
            begun.set()
        await asyncio.sleep(0.001)
        return Receipt()

    mail = Carrier("email", Script(then=taken), Capabilities(concurrency=8))
    operator = await opened({"mail": mail}, worker=False)  # as another process: it shares nothing but the database
    await operator.accept_many([Submission(message(ANN, channels=["email"])) for _ in range(_SENDS)])
    gateway = await opened({"mail": mail})

    await asyncio.wait_for(begun.wait(), 10)
    if "import" in how:
        await operator.import_suppressions(b"address\nann@example.com\n")
    else:
        await operator.suppress(ANN["email"], **how)
    ((intents,),) = rows(database, "SELECT count(*) FROM attempts")
    async with asyncio.timeout(30):
        while rows(database, "SELECT count(*) FROM deliveries WHERE due_at IS NOT NULL") != [(0,)]:  # noqa: ASYNC110 - it happens there
            await asyncio.sleep(0.05)

    assert rows(database, "SELECT count(*) FROM attempts") == [(intents,)]
    assert _BEFORE <= intents < _SENDS
    assert len(mail.script.calls) == intents
    assert rows(database, "SELECT state, count(*) FROM deliveries GROUP BY state ORDER BY state") == [
        ("sent", intents), ("withheld", _SENDS - intents),
    ]  # fmt: skip
    assert (await verify(gateway._specs, Evidence())).broken["P5"] == 0

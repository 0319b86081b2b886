"""Workers in processes of their own on one PostgreSQL, whose providers write down what they took, and caps that they must keep."""

import asyncio
import json
import multiprocessing
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from typing import Any

from tests.gateway.scripted import OFFERS, Carrier, Script, message, specs, world
from wasl.api import Gateway, Submission
from wasl.registry import Specs
from wasl_contracts import Delivery, Reason, Receipt, Rejected, Unavailable, Unknown

KINDS: tuple[dict[str, object], ...] = ({**OFFERS, "expires_in": "9d"}, {"category": "service"}, {"category": "transactional"})
TOPICS = {f"topic-{number}": KINDS[0 if number < 12 else 1 if number < 16 else 2] for number in range(20)}
REFUSED = {"rejected", "unavailable"}
_ANSWERS = [Unavailable(), Unavailable(), Unavailable(), Rejected(Reason.CONTENT_REJECTED, "content"), Unknown("reset")]


def caps(per: str) -> dict[str, Any]:
    """One for each scope and each `over`, one of them with reserved places."""
    return {
        "person": {"limit": 12, "per": per, "reserve": {"service": 3}},
        "topic": {"limit": 2, "per": per, "scope": "topic"},
        "channel": {"limit": 6, "per": per, "scope": "channel", "over": "next_channel", "categories": ["promotional"]},
        "offers": {"limit": 9, "per": per, "scope": "category", "categories": ["promotional"], "over": "withhold"},
    }


def told(folder: Path, database: str, per: str, answer: Callable[[Delivery], Awaitable[Receipt]]) -> Specs:
    carriers = {"mail": Carrier("email", Script(then=answer)), "text": Carrier("sms", Script(then=answer))}
    retry = {"base": "50ms", "reconcile_after": "200ms", "budget_floor": 1_000_000, "longest_waits": {"default": "200ms", "email": "200ms"}}
    routes = {"default": {"channels": ["email", "sms"]}}
    return specs(folder, carriers, database=database, routes=routes, topics=TOPICS, caps=caps(per), retry=retry)


def taking(record: Path, chance: Random) -> Callable[[Delivery], Awaitable[Receipt]]:
    """A provider that takes nine of ten, and writes each down before it answers."""

    async def answer(delivery: Delivery) -> Receipt:
        found = chance.choice(_ANSWERS) if chance.random() < 0.1 else None
        outcome = type(found).__name__.lower() if found is not None else "receipt"
        with record.open("a") as lines:  # one short write, so that the processes do not mix their lines
            lines.write(json.dumps({"attempt_id": delivery.attempt_id, "outcome": outcome}) + "\n")
        if found is not None:
            raise found
        return Receipt()

    return answer


async def fill(gateway: Gateway, people: int, each: int, chance: Random) -> None:
    """Accept so many messages to so many people, of random topics."""
    topics, wanted = list(TOPICS), []
    for number in range(each):
        for person in range(people):
            to = {"id": f"u_{person}", "email": f"p{person}@example.com", "phone": f"+96650{person:07}"}
            wanted.append(Submission(message(to, topic=chance.choice(topics), metadata={"n": number})))
    for start in range(0, len(wanted), 500):
        await gateway.accept_many(wanted[start : start + 500])


@contextmanager
def workers(count: int, *where: object) -> Iterator[None]:
    """So many processes that send, until the end."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.proof.capped_workers"])
    stop = context.Event()
    running = [context.Process(target=_work, args=(stop, number, *where), daemon=True) for number in range(count)]
    for process in running:
        process.start()
    try:
        yield
    finally:
        stop.set()
        for process in running:
            process.join(30)
    assert [process.exitcode for process in running] == [0] * count


def _work(stop: Event, number: int, folder: Path, database: str, per: str, seed: int) -> None:
    asyncio.run(_send(stop, told(folder, database, per, taking(folder / "record", Random(seed + number)))))


async def _send(stop: Event, given: Specs) -> None:
    import wasl.worker

    wasl.worker._POLL = 0.05
    async with Gateway(given, world=world()):
        while not stop.is_set():  # noqa: ASYNC110 - another process sets it
            await asyncio.sleep(0.05)

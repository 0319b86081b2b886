"""What a console has before its history is copied: ten brands, people who got a message each, an audit and a list of suppressions."""

from asyncio import gather
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from pydantic import JsonValue

from wasl import Gateway
from wasl.api import Submission
from wasl.audited import Action, Actor, Entry
from wasl_bench.history import HEAVY, write_history
from wasl_bench.looking import Run
from wasl_bench.queue import accepted
from wasl_bench.workload import TOPICS, configured, messages
from wasl_contracts import Message

BRANDS = ("default", *(f"brand-{number}" for number in range(1, 10)))
_TURNS = (*(["default"] * 11), *BRANDS[1:])
"""Whose the messages are: eleven of twenty are the first one's."""
_LOG = '[providers.text]\nplugin = "log"\n'
_HEAVY: dict[str, JsonValue] = {
    "id": HEAVY,
    "email": "heavy@example.com",
    "addresses": [{"channel": "log", "kind": "any", "value": "heavy"}],
}
_DATA: dict[str, JsonValue] = {"name": "Ann", "order": "A-1000", "days": 3}
_AT_ONCE = 10_000
_LISTED = 100
"""People for each suppression, and for each entry of the audit."""


def configured_for_many(folder: Path, database: str) -> Path:
    """A configuration with three channels and ten brands; returns its path."""
    path = configured(folder, database=database)
    path.write_text(path.read_text() + _LOG)
    for brand in BRANDS[1:]:
        (folder / "brands" / brand).mkdir(parents=True, exist_ok=True)
        (folder / "brands" / brand / "brand.toml").write_text(f'title = "{brand}"\n')
    return path


async def write_past(path: Path, run: Run, database: str, people: int, stored: int) -> None:
    """So many people, and so many messages to them over ninety days."""
    async with Gateway.from_config(path) as gateway:  # with its worker: this one is really sent
        first = await gateway.send(to=_HEAVY, template="order", data=_DATA, channels=["log"])
        await gateway.wait(first.id)
    async with Gateway.from_config(path, worker=False) as gateway:
        made = islice(_made(), people - 1)
        while some := [Submission(message) for message in islice(made, _AT_ONCE)]:
            await accepted(gateway, some)
        await gather(*(gateway.suppress(f"suppressed-{number}@example.com") for number in range(people // _LISTED)))
        await gateway.record(*_audited(people // _LISTED))
        await gateway.search("nobody@example.com", brands=BRANDS)  # who looks for an address first reads whose they are
    await write_history(run, database, stored)


def _made() -> Iterator[Message]:
    told = zip(messages("email"), cycle(TOPICS), cycle(_TURNS), strict=False)
    for number, (message, topic, brand) in enumerate(told, 1000):
        metadata = {"ref": f"A-{number}", "campaign": f"c-{number % 40}", "tags": ["vip"] if number % 100 == 0 else ["web", "shop"]}
        yield message.model_copy(update={"topic": topic, "brand": brand, "metadata": metadata})


def _audited(count: int) -> Iterator[Entry]:
    actor = Actor("user", "usr_bench", "bench", "admin")
    for number in range(count):
        yield Entry(Action.MESSAGE_REVEALED, actor, f"msg_{number:032x}", BRANDS[0], "ticket 4711")

"""A console over a long history, and somebody who reads it. `python -m wasl_bench.paging LOOP FOLDER DATABASE`."""

import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple
from urllib.parse import quote, urlencode

import aiohttp

from wasl.api import Gateway
from wasl.server.app import listening
from wasl.users import Role
from wasl_bench.history import HEAVY
from wasl_bench.originals import BRANDS, configured_for_many
from wasl_bench.subject import Commands, Facts, run

_PASSWORD = "correct horse battery"


class Sample(NamedTuple):
    """A message, whom it is to, and the reference that it has."""

    brand: str
    message: str
    person: str
    ref: str


def _found(query: str) -> Callable[[Sample], str]:
    return lambda one: "/messages?" + urlencode({"q": query.format(**one._asdict())})


PAGES: dict[str, Callable[[Sample], str]] = {
    "messages": lambda one: "/messages",
    **{
        f"messages, {said}": _found(query)
        for said, query in {
            "failed in 24 h": "is:failed after:24h",
            "one day long ago": "after:60d before:59d",
            "a topic": "topic:topic-7",
            "a topic and a state": "topic:topic-7 status:failed",
            "many states and a channel": "status:failed,bounced,expired,withheld channel:webhook",
            "a rare state": "status:unknown",
            "all but the delivered": "-status:delivered",
            "a provider's code": "error:30003",
            "one of the metadata": "meta.campaign:c-7",
            "what is nowhere": "reason:poison",
            "a word that is nowhere": "zebra",
            "a word, failed": "topic-7 is:failed",
            "a person": "person:{person}",
            "a person's address": "to:{person}@example.com",
            "the heaviest person, failed": f"person:{HEAVY} is:failed",
            "an order number": "{ref}",
        }.items()
    },
    "messages, counted": lambda one: "/messages?total=1&q=topic:topic-7",
    "search, an order number": lambda one: f"/search?q={one.ref}",
    "search, an address": lambda one: f"/search?q={one.person}@example.com",
    "message": lambda one: f"/messages/{one.message}?brand={one.brand}",
    "person": lambda one: f"/people/{quote(one.person)}?brand={one.brand}",
    "the heaviest person": lambda one: f"/people/{HEAVY}",
    "the heaviest person, problems on a channel": lambda one: f"/people/{HEAVY}?only=problems&channel=webhook",
    "channels": lambda one: "/channels",
    "templates": lambda one: "/templates",
    "template": lambda one: "/templates/order",
    "suppressions": lambda one: "/suppressions",
    "audit": lambda one: "/audit",
    "reports": lambda one: "/reports",
    "reports, 90 days": lambda one: "/reports?days=90&by=provider",
}
"""Each page, and where it is for a message."""


@asynccontextmanager
async def paging(folder: Path, database: str) -> AsyncIterator[tuple[Facts, Commands]]:
    path = configured_for_many(folder, database)
    async with Gateway.from_config(path, worker=False) as gateway, listening(gateway, "127.0.0.1", 0) as url:
        session = await gateway.open_session(await gateway.add_user("bench", _PASSWORD, Role.ADMIN))
        chosen = [one async for one in _chosen(gateway)]

        async def look(page: str, times: int) -> Facts:
            """So many looks at a page, each at another message and person: milliseconds until its last byte is here."""
            which = Random(7)
            took: list[float] = []
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(cookies={"wasl_session": session.token}, cookie_jar=jar) as http:
                for number in range(times + 1):
                    target = PAGES[page](which.choice(chosen))
                    began = time.perf_counter()
                    async with http.get(f"{url}/console{target}", allow_redirects=False) as answer:
                        await answer.read()
                        if answer.status not in (200, 303):
                            raise RuntimeError(f"{target} answered {answer.status}")
                    if number:  # the first one opens the connection
                        took.append((time.perf_counter() - began) * 1000)
            return {"took": took}

        yield {}, {"look": look}


async def _chosen(gateway: Gateway) -> AsyncIterator[Sample]:
    """Messages of several days, of all brands."""
    for days in range(2, 90, 8):
        found = await gateway.search(f"after:{days}d before:{days - 1}d", brands=BRANDS, limit=40)
        for one in found.data:
            if one.recipient != HEAVY and one.ref is not None:
                yield Sample(one.brand, one.id, one.recipient, one.ref)


if __name__ == "__main__":
    _, loop, folder, database = sys.argv
    run(paging(Path(folder), database), loop)

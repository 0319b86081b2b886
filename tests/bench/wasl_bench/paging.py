"""A console over a long history, and somebody who reads it. `python -m wasl_bench.paging LOOP FOLDER DATABASE`."""

import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import cycle, islice
from pathlib import Path
from random import Random
from urllib.parse import quote

import aiohttp

from wasl.api import Gateway, Submission
from wasl.server.app import listening
from wasl.users import Role
from wasl_bench.history import write_history
from wasl_bench.looking import looking
from wasl_bench.queue import accepted
from wasl_bench.subject import Commands, Facts, run
from wasl_bench.workload import TOPICS, configured, messages

_PASSWORD = "correct horse battery"
PAGES: dict[str, Callable[[str, str], str]] = {
    "messages": lambda message, person: "/messages",
    "messages, failed in 24 h": lambda message, person: "/messages?q=is:failed+after:24h",
    "messages, one day long ago": lambda message, person: "/messages?q=after:60d+before:59d",
    "messages, a topic and a state": lambda message, person: "/messages?q=topic:topic-7+status:failed",
    "messages, what is nowhere": lambda message, person: "/messages?q=reason:poison",
    "messages, a word": lambda message, person: "/messages?q=zebra",
    "search, an order number": lambda message, person: "/search?q=A-1003",
    "search, an address": lambda message, person: f"/search?q={person}@example.com",
    "message": lambda message, person: f"/messages/{message}",
    "person": lambda message, person: f"/people/{quote(person)}",
    "channels": lambda message, person: "/channels",
    "templates": lambda message, person: "/templates",
    "suppressions": lambda message, person: "/suppressions",
    "reports": lambda message, person: "/reports",
    "audit": lambda message, person: "/audit",
}
"""Each page, and where it is for a message and a person."""


@asynccontextmanager
async def paging(folder: Path, database: str) -> AsyncIterator[tuple[Facts, Commands]]:
    path = configured(folder, database=database)
    source = zip(messages("email"), cycle(TOPICS), strict=False)
    numbered = enumerate(source, 1000)
    made = (message.model_copy(update={"topic": topic, "metadata": {"ref": f"A-{n}"}}) for n, (message, topic) in numbered)
    people: list[str] = []
    ids: list[str] = []
    async with Gateway.from_config(path, worker=False) as gateway, looking(database) as rows:
        user = await gateway.add_user("bench", _PASSWORD, Role.ADMIN)

        async def history(originals: int, count: int) -> Facts:
            batch = list(islice(made, originals))
            people.extend(message.to.id or "" for message in batch)
            ids.extend(await accepted(gateway, [Submission(message) for message in batch]))
            await write_history(rows, database, originals, count)
            return {"count": await rows("SELECT count(*) FROM messages")}

        async def look(page: str, times: int) -> Facts:
            """So many looks at a page, each at another message and person: milliseconds until its last byte is here."""
            chosen = Random(7)
            session = await gateway.open_session(user)
            took: list[float] = []
            async with (
                listening(gateway, "127.0.0.1", 0) as url,
                aiohttp.ClientSession(cookies={"wasl_session": session.token}, cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
            ):
                for number in range(times + 1):
                    target = PAGES[page](chosen.choice(ids), chosen.choice(people))
                    began = time.perf_counter()
                    async with http.get(f"{url}/console{target}", allow_redirects=False) as answer:
                        await answer.read()
                        if answer.status not in (200, 303):
                            raise RuntimeError(f"{target} answered {answer.status}")
                    if number:  # the first one opens the connection
                        took.append((time.perf_counter() - began) * 1000)
            return {"took": took}

        yield {}, {"history": history, "look": look}


if __name__ == "__main__":
    _, loop, folder, database = sys.argv
    run(paging(Path(folder), database), loop)

"""Fills the queue that others work off, and sees when they have. `python -m wasl_bench.queueing LOOP FOLDER DATABASE HTTP_PORT`."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle, islice
from pathlib import Path

from wasl.api import Gateway, Submission
from wasl_bench.copies import Copies
from wasl_bench.looking import looking
from wasl_bench.queue import Queue, accepted
from wasl_bench.subject import Commands, Facts, run
from wasl_bench.workload import TOPICS, configured, messages


@asynccontextmanager
async def filling(folder: Path, database: str, http: int) -> AsyncIterator[tuple[Facts, Commands]]:
    source = messages("webhook", f"http://127.0.0.1:{http}/in")
    path = configured(folder, (http, 2525), database)
    async with Gateway.from_config(path, worker=False) as gateway, looking(database) as rows:
        queue = Queue(gateway, rows)
        kept: list[Copies] = []

        async def prepare(count: int) -> Facts:
            return {"count": await queue.fill("webhook", source, count)}

        async def originals(count: int) -> Facts:
            """Accept so many, of which `copy` then makes as many as are asked for. For a ledger that nobody else uses."""
            of_topics = (message.model_copy(update={"topic": topic}) for message, topic in zip(source, cycle(TOPICS), strict=False))
            await accepted(gateway, [Submission(message) for message in islice(of_topics, count)])
            kept.append(Copies(rows, count))
            await kept[0].begin()
            return {}

        async def copy(count: int) -> Facts:
            await kept[0].fill(count)
            return {}

        commands: Commands = {"prepare": prepare, "settled": queue.settled, "sent": queue.sent, "originals": originals, "copy": copy}
        yield {"config": str(path)}, commands


if __name__ == "__main__":
    _, loop, folder, database, http = sys.argv
    run(filling(Path(folder), database, int(http)), loop)

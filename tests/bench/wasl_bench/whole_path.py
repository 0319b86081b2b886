"""wasl from accepted to settled, by webhook and by mail.

`python -m wasl_bench.whole_path LOOP FOLDER DATABASE HTTP_PORT SMTP_PORT [judged|free]`: of the topic `judged`, with policies or without.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

from wasl.api import Gateway, Submission
from wasl_bench.looking import looking
from wasl_bench.queue import Queue
from wasl_bench.subject import Commands, Facts, run
from wasl_bench.workload import COMMIT, configured, messages


@asynccontextmanager
async def wasl(folder: Path, database: str, ports: tuple[int, int], policies: str | None) -> AsyncIterator[tuple[Facts, Commands]]:
    batches: list[list[Submission]] = []
    queued: list[int] = []
    http, _ = ports
    topic = "judged" if policies is not None else None
    sources = {channel: messages(channel, f"http://127.0.0.1:{http}/in", topic) for channel in ("webhook", "email")}

    async with Gateway.from_config(configured(folder, ports, database, judged=policies == "judged")) as gateway, looking(database) as rows:
        queue = Queue(gateway, rows)

        async def prepare(channel: str, count: int) -> Facts:
            made = [Submission(message) for message in islice(sources[channel], count)]
            batches.extend(made[start : start + COMMIT] for start in range(0, count, COMMIT))
            return {}

        async def prepare_queue(channel: str, count: int) -> Facts:
            queued.append(await queue.fill(channel, sources[channel], count))
            return {}

        async def work() -> Facts:
            count = queued.pop() if queued else 0
            while batches:
                count += await queue.accept(batches.pop())
            await queue.settled()
            return {"count": count}

        yield {}, {"prepare": prepare, "prepare_queue": prepare_queue, "work": work, "sent": queue.sent}


if __name__ == "__main__":
    _, loop, folder, database, http, smtp, *policies = sys.argv
    run(wasl(Path(folder), database, (int(http), int(smtp)), policies[0] if policies else None), loop)

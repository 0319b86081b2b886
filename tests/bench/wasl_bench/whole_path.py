"""wasl from accepted to settled, by webhook or by mail. `python -m wasl_bench.whole_path webhook|email LOOP FOLDER HTTP_PORT SMTP_PORT`."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

from wasl.api import Gateway, Submission
from wasl_bench.subject import Commands, Facts, run
from wasl_bench.workload import COMMIT, configured, messages

_LOOK = 0.01  # seconds between two looks whether all is settled
_WAITING = "SELECT 1 FROM deliveries WHERE brand = 'default' AND state IN ('accepted', 'scheduled', 'sending') LIMIT 1"
_SENT = "SELECT count(*) FROM deliveries WHERE state IN ('sent', 'delivered')"


@asynccontextmanager
async def wasl(channel: str, folder: Path, http: int, smtp: int) -> AsyncIterator[tuple[Facts, Commands]]:
    waiting: list[list[Submission]] = []
    source = messages(channel, f"http://127.0.0.1:{http}/in")

    async def prepare(count: int) -> Facts:
        made = [Submission(message) for message in islice(source, count)]
        waiting.extend(made[start : start + COMMIT] for start in range(0, count, COMMIT))
        return {}

    async def work() -> Facts:
        count = 0
        while waiting:
            count += len(await gateway.accept_many(waiting.pop()))
        while ledger.execute(_WAITING).fetchone():
            await asyncio.sleep(_LOOK)
        return {"count": count}

    async def sent() -> Facts:
        return {"count": ledger.execute(_SENT).fetchone()[0]}

    async with Gateway.from_config(configured(folder, smtp)) as gateway:
        ledger = sqlite3.connect(folder / "wasl.db", isolation_level=None)
        yield {}, {"prepare": prepare, "work": work, "sent": sent}
        ledger.close()


if __name__ == "__main__":
    _, channel, loop, folder, http, smtp = sys.argv
    run(wasl(channel, Path(folder), int(http), int(smtp)), loop)

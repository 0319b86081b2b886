"""wasl from accepted to settled, by webhook and by mail. `python -m wasl_bench.whole_path LOOP FOLDER HTTP_PORT SMTP_PORT`."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from wasl.api import Gateway, Submission
from wasl_bench.subject import Commands, Facts, run
from wasl_bench.workload import COMMIT, configured, messages

_QUEUEING = timedelta(seconds=2)  # longer than accepting a turn's messages takes
_LOOK = 0.01  # seconds between two looks whether all is settled
_WAITING = "SELECT 1 FROM deliveries WHERE brand = 'default' AND state IN ('accepted', 'scheduled', 'sending') LIMIT 1"
_SENT = "SELECT count(*) FROM deliveries WHERE lane = ? AND state IN ('sent', 'delivered')"


@asynccontextmanager
async def wasl(folder: Path, http: int, smtp: int) -> AsyncIterator[tuple[Facts, Commands]]:
    batches: list[list[Submission]] = []
    queued: list[int] = []
    sources = {channel: messages(channel, f"http://127.0.0.1:{http}/in") for channel in ("webhook", "email")}

    async def prepare(channel: str, count: int) -> Facts:
        made = [Submission(message) for message in islice(sources[channel], count)]
        batches.extend(made[start : start + COMMIT] for start in range(0, count, COMMIT))
        return {}

    async def prepare_queue(channel: str, count: int) -> Facts:
        """Accept all for one moment soon, so that `work` begins with a full queue and accepts nothing."""
        due = datetime.now(UTC) + _QUEUEING
        made = [Submission(message.model_copy(update={"send_at": due})) for message in islice(sources[channel], count)]
        queued.append(len(await gateway.accept_many(made)))
        await asyncio.sleep((due - datetime.now(UTC)).total_seconds())
        return {}

    async def work() -> Facts:
        count = queued.pop() if queued else 0
        while batches:
            count += len(await gateway.accept_many(batches.pop()))
        while ledger.execute(_WAITING).fetchone():  # noqa: ASYNC110 - it sees what any application sees: rows, not wasl's inside
            await asyncio.sleep(_LOOK)
        return {"count": count}

    async def sent(channel: str) -> Facts:
        return {"count": ledger.execute(_SENT, (channel,)).fetchone()[0]}

    async with Gateway.from_config(configured(folder, smtp)) as gateway:
        ledger = sqlite3.connect(folder / "wasl.db", isolation_level=None)
        yield {}, {"prepare": prepare, "prepare_queue": prepare_queue, "work": work, "sent": sent}
        ledger.close()


if __name__ == "__main__":
    _, loop, folder, http, smtp = sys.argv
    run(wasl(Path(folder), int(http), int(smtp)), loop)

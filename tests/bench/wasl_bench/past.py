"""Makes a long history, and ends. `python -m wasl_bench.past LOOP FOLDER DATABASE PEOPLE MESSAGES`."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from wasl_bench.looking import looking
from wasl_bench.originals import configured_for_many, write_past
from wasl_bench.subject import Commands, Facts, run


@asynccontextmanager
async def past(folder: Path, database: str, people: int, stored: int) -> AsyncIterator[tuple[Facts, Commands]]:
    async with looking(database) as rows:
        await write_past(configured_for_many(folder, database), rows, database, people, stored)
        count = await rows("SELECT count(*) FROM messages")
    yield {"count": count}, {}


if __name__ == "__main__":
    _, loop, folder, database, people, stored = sys.argv
    run(past(Path(folder), database, int(people), int(stored)), loop)

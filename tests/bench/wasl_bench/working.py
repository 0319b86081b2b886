"""A worker process, with an eye on its claims. `python -m wasl_bench.working LOOP CONFIG`."""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from wasl.api import Gateway
from wasl.ledger.claims import Claiming
from wasl_bench.subject import Commands, Facts, run

_LOOK = 0.01  # seconds


class Claims:
    """What each claim that found something gave: how many rows, in how many milliseconds of wall time."""

    def __init__(self) -> None:
        self.found: list[tuple[int, float]] = []

    def watch(self) -> None:
        """Look at every claim of this process from now on."""
        claim = Claiming.claim

        async def watched(*arguments: object) -> object:
            began = time.perf_counter()
            rows = await claim(*arguments)  # type: ignore[arg-type]  # whatever they are
            if rows:
                self.found.append((len(rows), 1000 * (time.perf_counter() - began)))
            return rows

        Claiming.claim = watched  # type: ignore[assignment,method-assign]  # measured from outside, so that wasl need not know

    async def taken(self, count: int) -> Facts:
        """The claims since the last question, as soon as they have so many rows."""
        while sum(rows for rows, _ in self.found) < count:  # noqa: ASYNC110 - it happens in wasl
            await asyncio.sleep(_LOOK)
        found, self.found = self.found, []
        return {"claims": found, "megabytes": _peak()}


def _peak() -> float:
    """The most memory that this process had so far (proc(5); getrusage would tell of the process that started it too)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


@asynccontextmanager
async def sending(config: Path) -> AsyncIterator[tuple[Facts, Commands]]:
    claims = Claims()
    claims.watch()
    began = time.perf_counter()
    async with Gateway.from_config(config):
        yield {"seconds": time.perf_counter() - began}, {"claims": claims.taken}


if __name__ == "__main__":
    _, loop, config = sys.argv
    run(sending(Path(config)), loop)

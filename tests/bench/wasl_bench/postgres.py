"""A PostgreSQL server with all its guarantees on, and a fresh database for whoever asks. `python -m wasl_bench.postgres`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.postgres import Missing, Server
from wasl_bench.subject import Commands, Facts, run

_SETTINGS = {"shared_buffers": "256MB", "max_wal_size": "4GB"}  # a server for millions of rows; the tests' own is smaller
_OWN, _BURIED = slice(11, 13), slice(13, 15)  # user and system ticks, of a process and of its children that have ended: proc(5)


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Facts, Commands]]:
    try:
        server = Server(**_SETTINGS)
    except Missing as missing:
        yield {"missing": str(missing)}, {}
        return

    async def fresh() -> Facts:
        return {"url": server.fresh()}

    async def spent() -> Facts:
        return {"seconds": _spent(int((server.folder / "data" / "postmaster.pid").read_text().split()[0]))}

    try:
        server.start()
        yield {"missing": None}, {"fresh": fresh, "spent": spent}
    finally:
        server.close()


def _spent(postmaster: int) -> float:
    """CPU-seconds of the postmaster and all its children, also of those that have ended."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(stat.parent.name) == postmaster:
            ticks += sum(map(int, fields[_OWN] + fields[_BURIED]))
        elif int(fields[1]) == postmaster:
            ticks += sum(map(int, fields[_OWN]))
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    run(serving(), "asyncio")

"""`python -m wasl_bench` measures everything; `--smoke` only shows that everything runs; `--readme FILE` keeps the table there."""

import argparse
import importlib.util
import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from wasl_bench.rows import SMOKE, Latency, Row, Size, accept_batches, accept_one, whole_path
from wasl_bench.table import put, written


def main() -> None:
    asked = argparse.ArgumentParser(prog="wasl_bench", description=__doc__)
    asked.add_argument("--smoke", action="store_true")
    asked.add_argument("--readme", type=Path)
    told = asked.parse_args()
    has_uvloop = importlib.util.find_spec("uvloop") is not None
    loops = ["uvloop", "asyncio"] if has_uvloop else ["asyncio"]
    table = written(list(_measured(SMOKE if told.smoke else Size(), loops[:1] if told.smoke else loops)), _about())
    print(table)
    if told.readme is not None:
        put(table, told.readme)


def _measured(size: Size, loops: list[str]) -> Iterator[Row | Latency]:
    for loop in loops:
        yield from accept_one(size, loop)
    yield from accept_batches(size, loops[0])
    for loop in loops:
        yield from whole_path(size, loop)


def _about() -> str:
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, CPython {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, load average {load:.1f} at the end."
    )


if __name__ == "__main__":
    main()

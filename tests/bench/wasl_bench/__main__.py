"""`python -m wasl_bench` measures everything; `--smoke` only shows that everything runs; `--readme FILE` keeps the table there.

`--only console_pages` measures that row alone, on both engines; `--stored 100000` gives its console a shorter history.
"""

import argparse
import importlib.util
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from wasl_bench.engines import Postgres, Sqlite
from wasl_bench.processes import Process
from wasl_bench.rows import accept_batches, accept_one, callbacks, policies, rendering, whole_path, whole_path_alone
from wasl_bench.scaling import console_pages, many_workers, queue_depth, too_slow
from wasl_bench.scene import SMOKE, Setting, Size
from wasl_bench.table import Found, Skipped, put, written

_ROWS: Mapping[str, Callable[[Size, Setting], Iterator[Found]]] = {
    row.__name__: row
    for row in (accept_one, accept_batches, callbacks, rendering, whole_path, policies, many_workers, queue_depth, console_pages)
}


def main() -> None:
    asked = argparse.ArgumentParser(prog="wasl_bench", description=__doc__)
    asked.add_argument("--smoke", action="store_true")
    asked.add_argument("--readme", type=Path)
    asked.add_argument("--only", choices=sorted(_ROWS))
    asked.add_argument("--stored", type=int, default=Size.stored)
    told = asked.parse_args()
    has_uvloop = importlib.util.find_spec("uvloop") is not None
    loops = ["uvloop", "asyncio"] if has_uvloop else ["asyncio"]
    size = SMOKE if told.smoke else replace(Size(), stored=told.stored, people=min(Size.people, told.stored // 5))
    found = list(_alone(size, loops[0], told.only) if told.only else _tried(size, loops[0]) if told.smoke else _measured(size, loops))
    table = written(found, _about())
    print(table)
    if told.readme is not None:
        put(table, told.readme)
    if not told.smoke and (slow := too_slow(found)):
        raise SystemExit(f"Too slow, with the machine to themselves: {'; '.join(slow)}.")


def _alone(size: Size, loop: str, name: str) -> Iterator[Found]:
    """One row, on both engines."""
    yield from _ROWS[name](size, Setting(Sqlite(), loop))
    with Process("postgres") as server:
        if missing := server.facts["missing"]:
            yield Skipped(f"{missing}: its rows are left out.")
        else:
            yield from _ROWS[name](size, Setting(Postgres(server), loop))


def _measured(size: Size, loops: list[str]) -> Iterator[Found]:
    settings = [Setting(Sqlite(), loop) for loop in loops]
    for setting in settings:
        yield from accept_one(size, setting)
        yield from callbacks(size, setting)
    yield from accept_batches(size, settings[0])
    yield from rendering(size, settings[0])
    for setting in settings:
        yield from whole_path(size, setting)
    yield from policies(size, settings[0])
    yield from queue_depth(size, settings[0])
    yield from console_pages(size, settings[0])
    with Process("postgres") as server:
        if missing := server.facts["missing"]:
            yield Skipped(f"{missing}: its rows are left out.")
        else:
            setting = Setting(Postgres(server), loops[0])
            yield from whole_path_alone(size, setting)
            yield from _judged_and_shared(size, setting)


def _tried(size: Size, loop: str) -> Iterator[Found]:
    """Each kind of row once: those that both engines have on PostgreSQL."""
    yield from accept_batches(size, Setting(Sqlite(), loop))
    yield from rendering(size, Setting(Sqlite(), loop))
    yield from whole_path(size, Setting(Sqlite(), loop))
    with Process("postgres") as server:
        if missing := server.facts["missing"]:
            yield Skipped(f"{missing}: its rows are left out.")
        else:
            yield from _judged_and_shared(size, Setting(Postgres(server), loop))


def _judged_and_shared(size: Size, setting: Setting) -> Iterator[Found]:
    yield from accept_one(size, setting)
    yield from callbacks(size, setting)
    yield from policies(size, setting)
    yield from many_workers(size, setting)
    yield from queue_depth(size, setting)
    yield from console_pages(size, setting)


def _about() -> str:
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, CPython {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, load average {load:.1f} at the end."
    )


if __name__ == "__main__":
    main()

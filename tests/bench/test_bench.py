import os
import re
import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).parent


def _run(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "wasl_bench", *arguments], cwd=_HERE, stdout=subprocess.PIPE, text=True, check=True
    ).stdout  # fmt: skip


def test_every_kind_of_row_of_the_bench_runs() -> None:
    table = _run("--smoke")

    without_postgres = "its rows are left out" in table
    assert not (without_postgres and os.environ.get("CI") == "true")
    ratios = re.findall(r"\| (\d+\.\d+) \(\d+\.\d+–\d+\.\d+\) \|", table)
    assert len(ratios) == (12 if without_postgres else 16)
    assert without_postgres or (
        "loop | 64 |" in table and "| PostgreSQL | 2,000 |" in table and "| messages, a topic | PostgreSQL |" in table
    )


def test_the_speed_table_is_measured() -> None:
    table = _run("--readme", str(_HERE / "README.md"))

    print(f"\n{table}")
    assert "accepted to settled" in table

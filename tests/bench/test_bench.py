import re
import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).parent


def _run(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "wasl_bench", *arguments], cwd=_HERE, stdout=subprocess.PIPE, text=True, check=True
    ).stdout  # fmt: skip


def test_every_row_of_the_bench_runs() -> None:
    table = _run("--smoke")

    ratios = re.findall(r"\| (\d+\.\d+) \(\d+\.\d+–\d+\.\d+\) \|", table)
    assert len(ratios) == 11
    assert "| 64 |" in table


def test_the_speed_table_is_measured() -> None:
    table = _run("--readme", str(_HERE / "README.md"))

    print(f"\n{table}")
    assert "accepted to settled" in table

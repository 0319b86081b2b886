"""What the torture found, as rows that travel in pytest's reports and are printed at the end."""

import os
import platform
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

PROPERTY = "torture"
Row = Mapping[str, str | int]
"""`engine`, `fault`, and counts by column; what does not apply is left out."""

_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"
_COUNTS = ("runs", "kills", "accepted", "sent", "unknown", "marked", "skipped", "lost", "silent duplicates", "findings")


def written(rows: Iterable[Row]) -> list[str]:
    """The rows as the lines of a Markdown table, those of one engine and fault added up."""
    sums: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in rows:
        summed = sums[str(row["engine"]), str(row["fault"])]
        for name in _COUNTS:
            if name in row:
                summed[name] = summed.get(name, 0) + int(row[name])
    by_fault = sorted(sums.items(), key=lambda one: one[0][::-1])
    shown = [name for name in _COUNTS if any(name in summed for summed in sums.values())]
    head = f"| Engine | Fault | {' | '.join(name.capitalize() for name in shown)} |"
    lines = [f"| {engine} | {fault} | {' | '.join(_cell(summed, name) for name in shown)} |" for (engine, fault), summed in by_fault]
    return [head, f"|---|---|{'---:|' * len(shown)}", *lines]


def put(lines: Iterable[str], page: Path) -> None:
    """Write the table between the page's markers, with when and where it was made."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    assert "" not in (begin, end), f"{page.name} has lost its markers"
    python, machine = platform.python_version(), f"{platform.system()} {platform.machine()}"
    about = f"{datetime.now(UTC):%Y-%m-%d}, CPython {python}, {machine}, {os.cpu_count()} cores."
    page.write_text("\n".join([before + begin, about, "", *lines, end + after]), encoding="utf-8")


def _cell(summed: Mapping[str, int], name: str) -> str:
    return f"{summed[name]:,}" if name in summed else ""

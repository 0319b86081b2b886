"""The table as Markdown, for the terminal and for the README."""

from collections.abc import Sequence
from pathlib import Path

from wasl_bench.rows import Latency, Row

_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"
_HEAD = (
    "| Work | Against | Loop | wasl /CPU-s | twin /CPU-s | Ratio (min–max) | Issue | DESIGN |\n"
    "|---|---|---|---:|---:|---:|---:|---:|"
)  # fmt: skip

_LATENCIES = "| Latency of accept one, loop | Connections | p50 ms | p99 ms |\n|---|---:|---:|---:|"


def written(found: Sequence[Row | Latency], about: str) -> str:
    """Everything that was measured."""
    rows = [_line(row) for row in found if isinstance(row, Row)]
    latencies = [f"| {one.loop} | {one.connections} | {one.p50:.2f} | {one.p99:.2f} |" for one in found if isinstance(one, Latency)]
    return "\n".join([about, "", _HEAD, *rows, "", _LATENCIES, *latencies, ""])


def put(text: str, readme: Path) -> None:
    """Replace what stands between the markers."""
    before, begin, rest = readme.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"{readme.name} has lost its markers")
    readme.write_text(f"{before}{begin}\n{text}{end}{after}", encoding="utf-8")


def _line(row: Row) -> str:
    median, least, most = row.ratio
    wasl, twin = row.rates
    ratio = f"{_short(median)} ({_short(least)}–{_short(most)})"
    goals = f"{_judged(median, row.issue)} | {_judged(median, row.design)}"
    return f"| {row.work} | {row.against} | {row.loop} | {wasl:,.0f} | {twin:,.0f} | {ratio} | {goals} |"


def _judged(ratio: float, goal: float | None) -> str:
    return "" if goal is None else f"{'✓' if ratio >= goal else '✗'} {goal:g}"


def _short(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}"

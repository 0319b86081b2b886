"""The tables as Markdown, for the terminal and for the README."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from wasl_bench.rows import Latency
from wasl_bench.scaling import Claimed, Depth, Looked
from wasl_bench.scene import Row

_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"
_HEAD = (
    "| Work | Against | Ledger | Loop | wasl /CPU-s | twin /CPU-s | Ratio (min–max) | Issue | DESIGN |\n"
    "|---|---|---|---|---:|---:|---:|---:|---:|"
)
_BESIDE = "| CPU µs a message | Loop | wasl | PostgreSQL beside it |\n|---|---|---:|---:|"
_LATENCIES = "| Latency of accept one | Loop | Connections | p50 ms | p99 ms |\n|---|---|---:|---:|---:|"
_CLAIMED = "| Workers | Claims | Rows a claim, median | Messages claimed alone |\n|---:|---:|---:|---:|"
_DEPTHS = (
    "| Queue depth | Queued | Claim ms, median | p95 | Rows a claim, median | ms a row | Against the shortest | "
    "Ready after s | Peak RSS MB | DESIGN |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
)
_LOOKS = "| Page of the console | Ledger | Messages | CPU ms | p50 ms | p95 ms | DESIGN |\n|---|---|---:|---:|---:|---:|---:|"


@dataclass(frozen=True)
class Skipped:
    """Why something was not measured: a sentence."""

    why: str


Found = Row | Latency | Claimed | Depth | Looked | Skipped


def written(found: Sequence[Found], about: str) -> str:
    """Everything that was measured."""
    rows = [one for one in found if isinstance(one, Row)]
    depths = [one for one in found if isinstance(one, Depth)]
    sections: list[tuple[str, list[str]]] = [
        (_HEAD, [_line(row) for row in rows]),
        (_BESIDE, [_beside(row) for row in rows if row.beside]),
        (_LATENCIES, [_latency(one) for one in found if isinstance(one, Latency)]),
        (_CLAIMED, [_claimed(one) for one in found if isinstance(one, Claimed)]),
        (_DEPTHS, [_depth(one, depths) for one in depths]),
        (_LOOKS, [_look(one) for one in found if isinstance(one, Looked)]),
    ]
    told = [one.why for one in found if isinstance(one, Skipped)]
    return "\n\n".join(["\n".join([about, *told]), *("\n".join([head, *lines]) for head, lines in sections if lines)]) + "\n"


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
    return f"| {row.work} | {row.against} | {row.engine} | {row.loop} | {wasl:,.0f} | {twin:,.0f} | {ratio} | {goals} |"


def _beside(row: Row) -> str:
    return f"| {row.work} | {row.loop} | {1e6 / row.rates[0]:,.0f} | {1e6 * row.beside:,.0f} |"


def _latency(one: Latency) -> str:
    return f"| {one.engine} | {one.loop} | {one.connections} | {one.p50:.2f} | {one.p99:.2f} |"


def _claimed(one: Claimed) -> str:
    return f"| {one.workers} | {one.claims:,} | {one.rows:g} | {one.alone:.1%} |"


def _depth(one: Depth, depths: Sequence[Depth]) -> str:
    shortest = min((d for d in depths if d.engine == one.engine), key=attrgetter("queued"))
    against = f"{one.row / shortest.row:.2f}"
    claims = f"{one.claim:.2f} | {one.slow:.2f} | {one.rows:g} | {one.row:.3f} | {against}"
    return f"| {one.engine} | {one.queued:,} | {claims} | {one.ready:.1f} | {one.megabytes:.0f} | {'✓' if one.small else '✗'} 300 |"


def _look(one: Looked) -> str:
    verdict = "✓" if one.quick else "✗"
    return f"| {one.page} | {one.engine} | {one.stored:,} | {one.cpu:.0f} | {one.p50:.0f} | {one.p95:.0f} | {verdict} 150 |"


def _judged(ratio: float, goal: float | None) -> str:
    return "" if goal is None else f"{'✓' if ratio >= goal else '✗'} {goal:g}"


def _short(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}"

"""The rows for many: workers that share a queue, and queues of a million."""

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from wasl_bench.paging import PAGES
from wasl_bench.processes import Process
from wasl_bench.rounds import Contender, Together, measure
from wasl_bench.scene import Row, Scene, Setting, Size, check

_MEGABYTES = 300
"""What a worker may take, however long its queue (DESIGN section 10)."""
_LOOK = 150
"""Milliseconds that one look in twenty may take longer than (DESIGN section 10)."""
_ALONE = 1.1
"""Of its CPU time, what a look takes that nobody disturbs."""


@dataclass(frozen=True)
class Claimed:
    """How many rows a claim of these workers had: the median, and the share of all messages that were claimed alone."""

    workers: int
    claims: int
    rows: float
    alone: float


@dataclass(frozen=True)
class Depth:
    """A worker process that begins with a queue of that length."""

    engine: str
    queued: int
    claim: float
    """Milliseconds that a claim took: the median."""
    slow: float
    """The same of one in twenty, or more."""
    rows: float
    """Rows that a claim had: the median."""
    row: float
    """Milliseconds that a claim took for each of its rows: the median."""
    ready: float
    """Seconds from the start of the gateway until it claims."""
    megabytes: float
    """The most memory that the process had."""

    @property
    def small(self) -> bool:
        """Whether that is as little memory as DESIGN wants."""
        return self.megabytes < _MEGABYTES


_Claims = Sequence[tuple[int, float]]
"""Rows and milliseconds of each."""


@dataclass(frozen=True)
class _Crew:
    """Workers with a ledger of their own, and the one who fills it."""

    filler: Process
    workers: Sequence[Process]

    def contender(self, size: Size, setting: Setting) -> Contender:
        """A turn: a full queue is there, these workers drain it."""

        def work() -> int:
            self.filler.ask("settled")
            return size.shared

        return Contender(Together(self.workers), work, lambda: self.filler.ask("prepare", count=size.shared), setting.engine.spent)

    def claims(self) -> _Claims:
        """All their claims since the last question."""
        return [*chain.from_iterable(worker.ask("claims", count=0)["claims"] for worker in self.workers)]


def many_workers(size: Size, setting: Setting) -> Iterator[Row | Claimed]:
    """Some worker processes on one queue against one worker process, each with a ledger of their own."""
    with Scene() as scene:
        sink = scene.start("sinks", setting.loop)
        crews = [_crew(scene, setting, sink, count) for count in (size.workers, 1)]
        measured = measure([crew.contender(size, setting) for crew in crews], size.rounds)
        sent = [crew.filler.ask("sent", channel="webhook") for crew in crews]
        for one in sent:
            check(one["count"], one["late"] + (size.rounds + 1) * size.shared)
        check(sink.ask("webhook")["count"], sum(one["count"] for one in sent))
        yield setting.row(f"accepted to settled, HTTP provider, {size.workers} workers", "1 worker", measured, (0.85, 0.85))
        for crew in crews:
            claims = crew.claims()
            rows = [rows for rows, _ in claims]
            yield Claimed(len(crew.workers), len(claims), statistics.median(rows), rows.count(1) / sum(rows))


def _crew(scene: Scene, setting: Setting, sink: Process, workers: int) -> _Crew:
    filler = _filler(scene, setting, sink)
    return _Crew(filler, [scene.start("working", setting.loop, filler.facts["config"]) for _ in range(workers)])


def _filler(scene: Scene, setting: Setting, sink: Process) -> Process:
    return scene.start("queueing", setting.loop, *scene.ledger(setting.engine), sink.facts["http"])


def queue_depth(size: Size, setting: Setting) -> Iterator[Depth]:
    """A worker begins with a short queue, a longer one, a very long one."""
    with Scene() as scene:
        filler = _filler(scene, setting, scene.start("sinks", setting.loop))
        filler.ask("originals", count=size.originals)
        for queued in size.queued:
            filler.ask("copy", count=queued)
            with Process("working", setting.loop, filler.facts["config"]) as worker:
                found = worker.ask("claims", count=size.drained)
                yield _depth(setting, queued, found["claims"], worker.facts["seconds"], found["megabytes"])


@dataclass(frozen=True)
class Looked:
    """How long a page of the console takes, over so many messages: milliseconds from the request to its last byte.

    `cpu` is what a look costs on average: milliseconds of the server and the database. `alone`: nothing else took the processor meanwhile,
    so that the time is the page's own.
    """

    engine: str
    stored: int
    page: str
    p50: float
    p95: float
    cpu: float
    alone: bool

    @property
    def quick(self) -> bool:
        """Whether that is as quick as DESIGN wants."""
        return self.p95 < _LOOK


def console_pages(size: Size, setting: Setting) -> Iterator[Looked]:
    """Every page of the console over a long history; the first look at each is not counted."""
    with Scene() as scene:
        folder, database = scene.ledger(setting.engine)
        with Process("past", setting.loop, folder, database, size.people, size.stored) as past:
            stored = int(past.facts["count"])
        process = scene.start("paging", setting.loop, folder, database)
        process.ask("look", page="search, an address", times=1)  # the first search of all reads whose the addresses are
        for page in PAGES:
            before = process.cpu() + setting.engine.spent()
            answer = process.ask("look", page=page, times=size.looks)
            spent = float(answer["cpu"]) + setting.engine.spent() - before
            yield _looked(setting, stored, page, sorted(answer["took"]), spent * 1000 / size.looks)


def _looked(setting: Setting, stored: int, page: str, took: Sequence[float], cpu: float) -> Looked:
    alone = statistics.mean(took) < _ALONE * cpu
    return Looked(setting.engine.name, stored, page, statistics.median(took), took[len(took) * 19 // 20], cpu, alone)


def too_slow(found: Iterable[object]) -> Sequence[str]:
    """The pages that took too long though they had the machine to themselves."""
    return [f"{one.page} ({one.engine}): {one.p95:.0f} ms" for one in found if isinstance(one, Looked) and not one.quick and one.alone]


def _depth(setting: Setting, queued: int, claims: _Claims, ready: float, megabytes: float) -> Depth:
    rows, times = [rows for rows, _ in claims], sorted(time for _, time in claims)
    slow = times[len(times) * 19 // 20]
    row = statistics.median(time / rows for rows, time in claims)
    return Depth(setting.engine.name, queued, statistics.median(times), slow, statistics.median(rows), row, ready, megabytes)

"""What every row of the tables is made of: its size, its processes and folders, its line."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from wasl_bench.engines import Engine
from wasl_bench.processes import Process
from wasl_bench.rounds import Measured


@dataclass(frozen=True)
class Size:
    """How much work a turn is. `apprise` is small because Apprise is slow; its rate is what counts."""

    rounds: int = 5
    posts: int = 4000
    told: int = 3000
    """Callbacks."""
    batches: int = 16
    sends: int = 2000
    mails_by_apprise: int = 40
    posts_by_apprise: int = 250
    latencies: int = 1500
    mails: int = 1000
    """Mails that are rendered."""
    workers: int = 4
    shared: int = 4000
    """Messages that these workers share."""
    originals: int = 10_000
    """Messages that are accepted for the queues' depth; the others are copies of them."""
    queued: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    drained: int = 2000
    """Messages that are claimed from each such queue."""
    stored: int = 1_000_000
    """Messages of the past that the console shows."""
    people: int = 200_000
    """Whom these are to."""
    looks: int = 60
    """At each of its pages."""


SMOKE = Size(
    rounds=1, posts=64, told=32, batches=1, sends=64, mails_by_apprise=2, posts_by_apprise=2, latencies=20, mails=20,
    workers=2, shared=200, originals=500, queued=(2000,), drained=100, stored=2000, people=400, looks=1,
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A line of the first table. Goals are None where neither the issue nor DESIGN names one."""

    work: str
    against: str
    engine: str
    loop: str
    rates: tuple[float, float]
    ratio: tuple[float, float, float]
    issue: float | None
    design: float | None
    beside: float
    """CPU-seconds that one message cost outside of the measured process, in the database's server."""


class Scene(ExitStack):
    """The processes and folders of a row, gone at its end."""

    def start(self, module: str, *arguments: object) -> Process:
        """A measured process, or one that helps."""
        return self.enter_context(Process(module, *arguments))

    def folder(self) -> Path:
        """An empty folder."""
        return Path(self.enter_context(tempfile.TemporaryDirectory(prefix="wasl-bench-", ignore_cleanup_errors=True)))

    def ledger(self, engine: Engine) -> tuple[Path, str]:
        """An empty folder and the URL of an empty database, perhaps in it."""
        folder = self.folder()
        return folder, engine.fresh(folder)


@dataclass(frozen=True)
class Setting:
    """Where a row runs: the ledger's engine, and the event loop of the processes."""

    engine: Engine
    loop: str

    def row(
        self,
        work: str,
        against: str,
        measured: Measured,
        goals: tuple[float | None, float | None] = (None, None),
        *,
        contender: int = 0,
        twin: int = 1,
    ) -> Row:
        """The line for one contender and one twin of those that were measured."""
        rates = measured.rate(contender), measured.rate(twin)
        ratio = measured.ratio(contender, twin)
        return Row(work, against, self.engine.name, self.loop, rates, ratio, *goals, measured.beside(contender))


def check(found: int, expected: int) -> None:
    """A benchmark that loses or doubles messages measures nothing."""
    if found != expected:
        raise RuntimeError(f"{found} arrived where {expected} were sent")

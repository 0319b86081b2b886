"""How much a proof tries, its seeds, and the table of figures at the end.

`--proof` (`make proof`) runs everything at full size with new seeds; else each test takes a sample of a few seconds with fixed ones.
`--proof-seed=N` repeats one seed: it is what a failing test tells.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

import pytest

from tests.postgres import Server

_SAMPLE_SEED = 20_261_123
_FIGURES = "figures"


@dataclass(frozen=True, slots=True)
class Proof:
    """How much a test tries, and of which seeds."""

    full: bool
    only: int | None
    name: str

    def of(self, *, full: int, sample: int) -> int:
        """A size: of a full run, or of the sample."""
        return full if self.full else sample

    def seeds(self, *, full: int = 1, sample: int = 1) -> list[int]:
        """The seeds of so many rounds: fixed ones in a sample, new ones in a full run, and the one that was asked for alone."""
        if self.only is not None:
            return [self.only]
        first = Random(secrets.randbits(64)) if self.full else Random(_SAMPLE_SEED)
        return [first.randrange(1_000_000_000) for _ in range(self.of(full=full, sample=sample))]

    @contextmanager
    def round(self, seed: int) -> Iterator[Random]:
        """The chance of that seed; what fails inside tells the seed and the command to repeat it."""
        try:
            yield Random(seed)
        except BaseException as failure:
            failure.add_note(self.repeat(seed))
            raise

    def repeat(self, seed: int) -> str:
        """What to tell when this seed fails."""
        size = " --proof" if self.full else ""
        return f"seed {seed}; to repeat it: .venv/bin/python -m pytest '{self.name}'{size} --proof-seed={seed}"


@pytest.fixture
def proof(request: pytest.FixtureRequest) -> Proof:
    option = request.config.getoption
    return Proof(option("--proof"), option("--proof-seed"), request.node.nodeid)


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Adds to the table at the end: `figures("caps on PostgreSQL", sends=2000, exceeded=0)`."""

    def add(proved: str, /, **numbers: float) -> None:
        record_property(_FIGURES, (proved, {name.replace("_", " "): number for name, number in numbers.items()}))

    return add


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    """The engine of the ledger; a test that asks for it runs on each."""
    return str(request.param)


@pytest.fixture
def new_database(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], str]:
    """Makes the URL of a database that nothing was written to yet."""
    if engine == "postgres":
        server: Server = request.getfixturevalue("postgres")
        return server.fresh
    numbers = count(1)
    return lambda: f"sqlite:///{tmp_path}/wasl-{next(numbers)}.db"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    rows = [value for report in reports if report.when == "call" for name, value in report.user_properties if name == _FIGURES]
    if rows:
        terminalreporter.section("proof")
    for proved, numbers in rows:
        terminalreporter.write_line(f"{proved}: {_written(numbers)}")


def _written(numbers: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {number:,}" if isinstance(number, int) else f"{name} {number:,.3f}" for name, number in numbers.items())

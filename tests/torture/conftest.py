"""The size of a run, its seed, and the table at the end.

`--torture` (`make torture`) runs everything at full size; else each test takes a sample of a second or a few, with a fixed seed.
`--torture-seed=N` repeats one seed: it is what a failing test tells.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

import pytest

from tests.postgres import Server
from tests.torture.rig.table import PROPERTY, put, written

_PLUGIN = Path(__file__).with_name("plugin")
_PAGE = Path(__file__).parents[2] / "RELIABILITY.md"
_SAMPLE_SEED = 20_261_123


@dataclass(frozen=True, slots=True)
class Torture:
    """How much of a fault a test tries. `seeds` are the numbers of its rounds."""

    full: bool
    only: int | None
    name: str

    def seeds(self, *, full: int, sample: int) -> list[int]:
        """The seeds of so many rounds: fixed ones in a sample, new ones in a full run, and the one that was asked for alone."""
        if self.only is not None:
            return [self.only]
        first = Random(secrets.randbits(64)) if self.full else Random(_SAMPLE_SEED)
        return [first.randrange(1_000_000_000) for _ in range(full if self.full else sample)]

    def of(self, *, full: int, sample: int) -> int:
        """A size: of a full run, or of the sample."""
        return full if self.full else sample

    def repeat(self, seed: int) -> str:
        """What to tell when this seed fails."""
        size = " --torture" if self.full else ""
        return f"seed {seed}; to repeat it: .venv/bin/python -m pytest '{self.name}'{size} --torture-seed={seed}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--torture", action="store_true", help="tests/torture at full size: half an hour")
    parser.addoption("--torture-seed", type=int, help="repeat this seed of a test in tests/torture")


@pytest.fixture
def torture(request: pytest.FixtureRequest) -> Torture:
    # In a run of all tests pytest reads this file too late to know the options.
    option = request.config.getoption
    return Torture(bool(option("--torture", default=False)), option("--torture-seed", default=None), request.node.nodeid)


@pytest.fixture
def counted(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Adds to the table at the end: `counted(engine="sqlite", fault="kill -9", kills=20, lost=0)`."""

    def add(*, engine: str, fault: str, **counts: int) -> None:
        record_property(PROPERTY, {"engine": engine, "fault": fault, **{name.replace("_", " "): number for name, number in counts.items()}})

    return add


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    """The engine of the ledger."""
    return str(request.param)


@pytest.fixture
def new_database(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], str]:
    """Makes the URL of a database that nothing was written to yet."""
    if engine == "postgres":
        server: Server = request.getfixturevalue("postgres")
        return server.fresh
    numbers = count(1)
    return lambda: f"sqlite:///{tmp_path}/wasl-{next(numbers)}.db"


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The providers of the torture are installed."""
    monkeypatch.syspath_prepend(_PLUGIN)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    rows = [value for report in reports if report.when == "call" for name, value in report.user_properties if name == PROPERTY]
    if not rows:
        return
    terminalreporter.section("torture")
    for line in written(rows):
        terminalreporter.write_line(line)
    option = config.getoption
    whole = option("--torture", default=False) and config.args == ["tests/torture"] and not config.option.keyword
    if whole and option("--torture-seed") is None and "failed" not in terminalreporter.stats:
        put(written(rows), _PAGE)

"""The ledger against a dictionary: whatever is done with it, on either engine, it does what fifty lines of Python would."""

import asyncio
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.gateway.scripted import Carrier, Desk, FakeClock, specs
from tests.torture.conftest import Torture
from tests.torture.machine.machine import LedgerMachine
from wasl.registry import Specs

_CARRIERS = {"mail": Carrier("email"), "text": Carrier("sms")}


@pytest.fixture
def fresh(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], Specs]:
    """Makes ledgers that are empty and migrated, one for each example."""
    server = request.getfixturevalue("postgres") if engine == "postgres" else None
    template, numbers = tmp_path / "template", count(1)
    template.mkdir()
    first = specs(template, _CARRIERS, **({"database": server.fresh()} if server else {}))
    asyncio.run(_opened(first))

    def make() -> Specs:
        folder = Path(shutil.copytree(template, tmp_path / str(next(numbers))))
        if server is None:
            return specs(folder, _CARRIERS)
        return specs(folder, _CARRIERS, database=server.fresh(first.config.database.rpartition("/")[2]))

    return make


async def _opened(given: Specs) -> None:
    await (await Desk.open(given, FakeClock())).close()


def test_the_ledger_does_what_a_dictionary_would(
    torture: Torture, counted: Callable[..., None], engine: str, fresh: Callable[[], Specs]
) -> None:
    examples = torture.of(full=120, sample=8) if engine == "sqlite" else torture.of(full=60, sample=4)
    runs = count()

    class Machine(LedgerMachine):
        @staticmethod
        def begin() -> tuple[Specs, FakeClock]:
            next(runs)
            return fresh(), FakeClock()

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=torture.of(full=60, sample=30),
            deadline=None,
            database=None,
            derandomize=not torture.full,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )

    counted(engine=engine, fault="state machine against a dictionary", runs=next(runs), findings=0)

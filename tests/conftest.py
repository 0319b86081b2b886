"""What tests everywhere may ask for."""

import os
from collections.abc import Iterator

import pytest

from tests.forking import Forking
from tests.postgres import in_memory, postgres, postgres_url

__all__ = ["postgres", "postgres_url"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--proof", action="store_true", help="tests/proof and the console's pages at full size: minutes")
    parser.addoption("--proof-seed", type=int, help="repeat this seed of a test in tests/proof")


def pytest_configure(config: pytest.Config) -> None:
    if (folder := in_memory()) is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))  # pytest's own variable for where `tmp_path` is


@pytest.fixture(scope="session")
def forking() -> Iterator[Forking]:
    """Where `wasl` and scripts start in a moment."""
    process = Forking()
    yield process
    process.close()

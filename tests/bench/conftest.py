"""`--bench` measures the table, as `make bench` does; without it only the smoke test is collected."""

import pytest

_SMOKE, _WHOLE = "test_every_kind_of_row_of_the_bench_runs", "test_the_speed_table_is_measured"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bench", action="store_true", help="measure the speed table of tests/bench: minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # In a run of all tests pytest reads this file too late to know the option.
    unwanted = _SMOKE if config.getoption("--bench", default=False) else _WHOLE
    items[:] = [item for item in items if item.name != unwanted]

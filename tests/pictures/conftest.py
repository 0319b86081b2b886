"""`--pictures` (`make screenshots`) takes the pictures of the console's README anew; without it what is there is looked at."""

import pytest

from tests.gateway.conftest import brisk, folder, fresh_ledger, here
from tests.gateway.console.conftest import chromium
from tests.gateway.dev.conftest import dev

__all__ = ["brisk", "chromium", "dev", "folder", "fresh_ledger", "here"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", action="store_true", default=False, help="take the pictures of the console's README anew")


@pytest.fixture
def taking(request: pytest.FixtureRequest) -> None:
    """Skips where no pictures are to be taken."""
    if not request.config.getoption("--pictures"):
        pytest.skip("pictures are taken with --pictures (make screenshots)")

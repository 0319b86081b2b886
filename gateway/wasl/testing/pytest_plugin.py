"""The fixtures `wasl_outbox` and `assert_sent`, for the tests of applications. pytest loads this; wasl itself only where they are used.

A project may override `wasl_config` (its wasl.toml) and `wasl_now` (the moment at which the gateway begins).
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from wasl.testing.outbox import Outbox


def pytest_addoption(parser: pytest.Parser) -> None:
    """One setting of pytest's configuration."""
    parser.addini("wasl_config", "The wasl.toml whose templates, topics and routes the fixture wasl_outbox uses.")


@pytest.fixture(scope="session")
def wasl_config(request: pytest.FixtureRequest) -> Path | None:
    """The configuration: pytest's setting `wasl_config`, else wasl.toml in the root of the project, else none."""
    return config_of(request.config)


def config_of(config: pytest.Config) -> Path | None:
    """The wasl.toml of a project; fails where its setting names one that is not there, which would test another configuration."""
    named = str(config.getini("wasl_config"))
    file = config.rootpath / (named or "wasl.toml")
    if named and not file.is_file():
        pytest.fail(f"pytest's setting wasl_config names {named}, and {file} is not there; mend it, or leave it out", pytrace=False)
    return file if file.is_file() else None


@pytest.fixture
def wasl_now() -> datetime | None:
    """The moment at which the gateway begins; None is the present. Quiet hours and caps go by it."""
    return None


@pytest.fixture(scope="session")
def _wasl_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty ledger: copying it is ten times quicker than making one for each test."""
    from wasl.testing.fresh import make  # noqa: PLC0415 - other tests must not wait for wasl

    folder = tmp_path_factory.mktemp("wasl")
    asyncio.run(make(folder))
    return folder


async def _outbox(ledger: Path, config: Path | None, now: datetime | None) -> "AsyncIterator[Outbox]":
    from wasl.config.mistakes import ConfigMistakes  # noqa: PLC0415 - as above
    from wasl.testing.outbox import Outbox  # noqa: PLC0415 - as above

    with TemporaryDirectory(prefix="wasl-outbox-") as kept:
        folder = Path(shutil.copytree(ledger, Path(kept) / "data"))
        async with AsyncExitStack() as stack:
            try:
                outbox = await stack.enter_async_context(Outbox(config, folder, now))
            except ConfigMistakes as mistaken:
                pytest.fail(str(mistaken), pytrace=False)  # a mistake in the project's files, at its line
            yield outbox


if find_spec("pytest_asyncio") is not None:
    from pytest_asyncio import fixture as asynchronous

    @asynchronous
    async def wasl_outbox(_wasl_ledger: Path, wasl_config: Path | None, wasl_now: datetime | None) -> "AsyncIterator[Outbox]":
        """An open gateway that keeps what it sends: `wasl_outbox.gateway`, `.sent`, `.assert_sent(…)`, `.tell(…)`."""
        async for outbox in _outbox(_wasl_ledger, wasl_config, wasl_now):
            yield outbox

else:

    @pytest.fixture
    def wasl_outbox() -> None:
        """Says what it needs."""
        pytest.fail("wasl_outbox needs pytest-asyncio; install it with: pip install pytest-asyncio")


@pytest.fixture
def assert_sent(wasl_outbox: "Outbox") -> "Callable[..., Awaitable[object]]":
    """`await assert_sent(to=…, channel=…, template=…, text_contains=…, times=…)`; see Outbox."""
    return wasl_outbox.assert_sent

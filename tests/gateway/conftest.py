import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from argon2 import PasswordHasher

import tests.described  # noqa: F401 - every server that a test starts describes itself with it
from tests.gateway.scripted import Carrier, Desk, FakeClock, specs, world
from tests.postgres import Server
from wasl.api import Gateway
from wasl.keys import open_ring
from wasl.ledger.postgres import Postgres
from wasl.ledger.sqlite import Sqlite

FRONT = '+++\ntitle = "It left"\n[variables]\nnumber = { type = "text", example = "1042" }\n+++\n'


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing that costs next to nothing."""
    monkeypatch.setattr("wasl.passwords._hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    monkeypatch.setattr("wasl.passwords._room", asyncio.Semaphore(2))  # of this test's loop


@pytest.fixture(scope="session")
def fresh_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty ledger and its keys: copying it is ten times quicker than migrating anew."""
    folder = tmp_path_factory.mktemp("fresh")
    open_ring(folder / "wasl.db.keys", {})
    shutil.copy(folder / "wasl.db.keys", folder / "wasl.keys")

    async def make() -> None:
        await (await Sqlite.open(folder / "wasl.db")).close()

    asyncio.run(make())
    return folder


@pytest.fixture
def folder(tmp_path: Path, fresh_ledger: Path) -> Path:
    return Path(shutil.copytree(fresh_ledger, tmp_path / "data"))


@pytest.fixture(scope="session")
def migrated(request: pytest.FixtureRequest) -> str:
    """The name of a PostgreSQL database with an empty ledger, to be copied."""
    url = request.getfixturevalue("postgres").fresh()

    async def make() -> None:
        await (await Postgres.open(url)).close()

    asyncio.run(make())
    return str(url.rpartition("/")[2])


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The URL of an empty ledger of this test's own; a test that asks for it runs on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{folder}/wasl.db"
        return
    server: Server = request.getfixturevalue("postgres")
    url = server.fresh(request.getfixturevalue("migrated"))
    yield url
    server.done(url)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def carriers() -> dict[str, Carrier]:
    """The providers of the desk; a test module may have its own."""
    return {"mail": Carrier("email"), "text": Carrier("sms"), "device": Carrier("push")}


@pytest.fixture
def config() -> dict[str, Any]:
    """Further configuration of the desk; a test module may have its own."""
    return {"routes": {"default": {"channels": ["email", "sms"]}, "push": {"channels": ["push", "email"]}}}


@pytest.fixture
async def desk(folder: Path, database: str, carriers: dict[str, Carrier], config: dict[str, Any], clock: FakeClock) -> AsyncIterator[Desk]:
    opened = await Desk.open(specs(folder, carriers, database=database, **config), clock)
    yield opened
    await opened.close()


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """A folder of one template, in English and Arabic."""
    folder = tmp_path / "templates" / "order_shipped"
    folder.mkdir(parents=True)
    for locale, body in (("en", "Order {{ number }} left."), ("ar", "غادر الطلب {{ number }}.")):
        (folder / f"{locale}.md").write_text(f"{FRONT}{body}\n", encoding="utf-8")
    return folder.parent


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that waits in real time waits a hundredth of it."""
    hurry(monkeypatch)


def hurry(patch: pytest.MonkeyPatch) -> None:
    """As `brisk`, for a gateway that several tests share."""
    patch.setattr("wasl.worker._POLL", 0.01)
    patch.setattr("wasl.worker._AWAY", 0.01)
    patch.setattr("wasl.api._POLL", 0.01)
    patch.setattr("wasl.pipeline._DATABASE_AWAY", 0.01)
    patch.setattr("wasl.watch._EVERY", 0.01)
    patch.setattr("wasl.planning._LOOKS", timedelta(microseconds=100))
    for module in ("watch", "assembly"):
        patch.setattr(f"wasl.{module}.PAUSE", timedelta(milliseconds=20))


@pytest.fixture
async def opened(folder: Path, database: str, brisk: None) -> AsyncIterator[Callable[..., Awaitable[Gateway]]]:
    """Opens gateways on one ledger: `await opened({"mail": Carrier("email")}, worker=True, **configuration)`."""
    async with AsyncExitStack() as stack:

        async def make(carriers: dict[str, Carrier], *, worker: bool = True, clock: FakeClock | None = None, **config: Any) -> Gateway:
            told = {"database": database, **config}
            told["retry"] = {"base": "10ms", "reconcile_after": "20ms", "budget_floor": 1_000_000, **config.get("retry", {})}
            return await stack.enter_async_context(Gateway(specs(folder, carriers, **told), worker=worker, world=world(clock)))

        yield make


@pytest.fixture
def own_log() -> Iterator[None]:
    """The test configures logging. Afterwards all is as before: a logger keeps the list of processors with which it was first used."""
    root, wasl = logging.getLogger(), logging.getLogger("wasl")
    handlers, levels, faults = root.handlers[:], (root.level, wasl.level), logging.raiseExceptions
    before = structlog.get_config() if structlog.is_configured() else None
    root.handlers.clear()  # configuring closes what it replaces, and pytest's own must stay open
    yield
    structlog.reset_defaults()
    if before is not None:
        structlog.configure(**before)
    structlog.contextvars.clear_contextvars()
    logging.captureWarnings(False)
    root.handlers[:], logging.raiseExceptions = handlers, faults
    root.setLevel(levels[0])
    wasl.setLevel(levels[1])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path

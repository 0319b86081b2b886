import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.scripted import Carrier, Desk, FakeClock, specs
from wasl.keys import open_ring
from wasl.ledger.sqlite import Sqlite

FRONT = '+++\ntitle = "It left"\n[variables]\nnumber = { type = "text", example = "1042" }\n+++\n'


@pytest.fixture(scope="session")
def fresh_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty ledger and its keys: copying it is ten times quicker than migrating anew."""
    folder = tmp_path_factory.mktemp("fresh")
    open_ring(folder / "wasl.db.keys", {})

    async def make() -> None:
        await (await Sqlite.open(folder / "wasl.db")).close()

    asyncio.run(make())
    return folder


@pytest.fixture
def folder(tmp_path: Path, fresh_ledger: Path) -> Path:
    return Path(shutil.copytree(fresh_ledger, tmp_path / "data"))


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
async def desk(folder: Path, carriers: dict[str, Carrier], config: dict[str, Any], clock: FakeClock) -> AsyncIterator[Desk]:
    opened = await Desk.open(specs(folder, carriers, **config), clock)
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

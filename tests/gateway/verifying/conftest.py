import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.gateway.conftest import FRONT
from tests.gateway.verifying.shop import Kept, Witness, fill, shop


def with_template(folder: Path) -> Path:
    """The folder, with the template that the shop uses."""
    template = folder / "templates" / "order_shipped"
    template.mkdir(parents=True)
    (template / "en.md").write_text(f"{FRONT}Order {{{{ number }}}} left.\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, fresh_ledger: Path) -> Kept:
    """A healthy ledger, made once."""
    folder, witness = with_template(Path(shutil.copytree(fresh_ledger, tmp_path_factory.mktemp("filled") / "data"))), Witness(hangs=True)
    with pytest.MonkeyPatch.context() as quick:
        quick.setattr("wasl.worker._POLL", 0.01)
        for module in ("watch", "assembly"):
            quick.setattr(f"wasl.{module}.PAUSE", timedelta(milliseconds=20))
        ids = asyncio.run(fill(shop(folder, witness), witness))
    return Kept(folder, ids, witness.sends)


@pytest.fixture
def kept(filled: Kept, tmp_path: Path) -> Kept:
    """The healthy ledger, a copy to be broken."""
    return Kept(Path(shutil.copytree(filled.folder, tmp_path / "kept")), filled.ids, filled.sends)

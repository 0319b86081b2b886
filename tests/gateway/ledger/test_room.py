"""How often the disk is asked for its free space."""

import shutil
from pathlib import Path

import pytest

from wasl.ledger.sqlite import Sqlite


async def test_the_disk_is_not_asked_again_for_each_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = await Sqlite.open(tmp_path / "wasl.db")
    asked: list[Path] = []
    real = shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: asked.append(path) or real(path))

    answers = {store.low() for _ in range(100)}
    await store.close()

    assert len(asked) == 1
    assert answers == {False}

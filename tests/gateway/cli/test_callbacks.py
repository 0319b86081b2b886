"""`wasl callbacks`, in this process."""

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from wasl.api import Gateway
from wasl.cli import main
from wasl.ids import new_callback_id
from wasl.ledger.callbacks import Arrival


async def _kept(config: Path) -> None:
    async with Gateway.from_config(config, worker=False) as gateway:
        arrival = Arrival(new_callback_id(1), "desk", 1, b"sealed", "key", state="unparsed")
        await gateway._open.receipts.callbacks.put(arrival)


def test_callbacks_are_listed_and_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "wasl.toml").write_text('[providers.desk]\nplugin = "log"\n', encoding="utf-8")
    monkeypatch.chdir(folder)
    asyncio.run(_kept(folder / "wasl.toml"))
    capsys.readouterr()

    listed = _run(monkeypatch, capsys, "callbacks", "list", "--state", "unparsed", "--json")
    shown = _run(monkeypatch, capsys, "callbacks", "list")
    again = _run(monkeypatch, capsys, "callbacks", "retry")

    assert [(one["provider"], one["state"], one["kind"]) for one in json.loads(listed)["data"]] == [("desk", "unparsed", None)]
    assert "desk" in shown
    assert "unparsed" in shown
    assert again.startswith("0 understood now, 1 still not")


def _run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    monkeypatch.setattr(sys, "argv", ["wasl", *arguments])
    with suppress(SystemExit):
        main()
    return capsys.readouterr().out

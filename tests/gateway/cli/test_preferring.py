"""`wasl people preference-url` and `wasl inbound`."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wasl.cli import main

Wasl = Callable[..., tuple[int, str, str]]
NUMBER = "+966501234567"


@pytest.fixture
def wasl(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Wasl:
    (folder / "wasl.toml").write_text(
        '[server]\npublic_url = "https://m.acme.example"\n[providers.mail]\nplugin = "log"\n'
        '[keywords.replies.help]\nen = "Acme: help@acme.example"\n',
        encoding="utf-8",
    )
    monkeypatch.chdir(folder)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["wasl", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(str(ended.value.code)), told.out, told.err

    return call


def test_a_link_is_printed_or_told_why_not(wasl: Wasl) -> None:
    link, as_json, wrong = wasl("people", "preference-url", "u_1"), wasl("people", "preference-url", "u_1", "--json"), wasl(
        "people", "preference-url", "u_1", "--topic", "ofers"
    )  # fmt: skip

    assert link[0] == 0
    assert link[1].startswith("https://m.acme.example/u/")
    assert json.loads(as_json[1])["url"].startswith("https://m.acme.example/u/")
    assert wrong[0] != 0
    assert "/topic is not a topic of the configuration; there are: default" in wrong[2]


def test_texts_are_obeyed_and_told(wasl: Wasl) -> None:
    said = [wasl("inbound", NUMBER, text)[1] for text in ("STOP", "stop", "START", "start", "please stop", "hello", "HELP")]

    assert said == [
        "STOP: nothing is sent there any more.\n",
        "STOP: nothing was sent there before either.\n",
        "START: what STOP did is taken back.\n",
        "START: there was no STOP to take back.\n",
        "It may mean STOP: somebody should read it.\n",
        "It means nothing that wasl knows.\n",
        "HELP.\nAnswer: Acme: help@acme.example\n",
    ]
    assert json.loads(wasl("inbound", NUMBER, "إيقاف", "--json")[1])["meaning"] == "stop"

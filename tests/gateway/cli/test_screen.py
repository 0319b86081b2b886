"""What the terminal gets: colours of ours, and no order of anybody else."""

import io
import json

import pytest
from rich.table import Table
from rich.text import Text

from wasl.cli.screen import print_json, safe
from wasl.cli.wary_console import WaryConsole

EVIL = "\x1b[2J\x1b]0;owned\x07 \x9b31m \u202eevil\u2066 \U000e0041"


def test_a_table_is_coloured_and_its_texts_give_no_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"FORCE_COLOR": "1", "COLUMNS": "200", "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    console, table = WaryConsole(safe, highlight=False, width=200), Table("What")
    console.file = io.StringIO()
    table.add_row(EVIL)
    table.add_row(Text("ok", "red"))
    table.add_row(Text(EVIL))

    console.print(table)

    shown = console.file.getvalue()
    assert "\x1b[31mok" in shown
    assert "\\x1b]0;owned\\x07 \\x9b31m \\u202eevil\\u2066 \\U000e0041" in shown
    assert set(shown.replace("\x1b[", "")).isdisjoint("\x1b\x07\x9b\u202e\u2066\U000e0041")


def test_json_says_the_same_in_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"note": f"{EVIL} مرحبا می\u200cخواهم"})

    written = capsys.readouterr().out
    assert json.loads(written) == {"note": f"{EVIL} مرحبا می\u200cخواهم"}
    assert "مرحبا می\u200cخواهم" in written
    assert set(written).isdisjoint("\x1b\x07\x9b\u202e\u2066\U000e0041")

"""`wasl people`, in this process."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.databases import rows
from wasl.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def wasl(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `wasl` beside a ledger; exit code, stdout and stderr."""
    (folder / "wasl.toml").write_text('[providers.mail]\nplugin = "log"\n', encoding="utf-8")
    monkeypatch.chdir(folder)

    def run(*words: str, answer: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["wasl", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, " ".join(err.split())

    return run


@pytest.fixture
def ann(wasl: Run) -> Run:
    """Somebody who was written to at any:desk; ids without one of yours are hashes."""
    assert wasl("send", "--to", "any:desk of Ann", "--body", "Hello", "--wait")[0] == 0
    return wasl


def found(wasl: Run) -> str:
    """Her id."""
    code, out, _ = wasl("people", "find", "any:desk of Ann", "--json")
    assert code == 0
    return str(json.loads(out)["data"][0]["id"])


def test_a_person_is_found_shown_and_told_of(ann: Run) -> None:
    person = found(ann)

    plain = ann("people", "find", "any:desk of Ann")
    shown, shown_json = ann("people", "show", person), ann("people", "show", person, "--json")
    told, told_json = ann("people", "timeline", person, "--limit", "2"), ann("people", "timeline", person, "--json")

    assert plain[:2] == (0, f"{person}  any de•••nn\n")
    assert "1 messages (1 sent)" in shown[1]
    assert json.loads(shown_json[1])["deliveries"] == {"sent": 1}
    assert told[1].splitlines()[0].split() == ["When", "(UTC)", "What", "Message", "Facts"]
    assert "--cursor" in told[2]
    assert json.loads(told_json[1].splitlines()[-1])["type"] == "accepted"


def test_nobody_is_told_of_on_stderr(wasl: Run) -> None:
    assert wasl("people", "find", "any:nobody") == (0, "", "Nobody is known by that.")
    assert wasl("people", "show", "nobody")[:2] == (1, "")
    assert wasl("people", "find", "fax:1")[0] == 2


def test_a_copy_goes_to_stdout_or_to_a_new_file(ann: Run, folder: Path) -> None:
    person = found(ann)

    first = ann("people", "export", person, "-o", "ann.json")
    second = ann("people", "export", person, "-o", "ann.json")

    assert first[0] == 0
    assert json.loads((folder / "ann.json").read_text())["recipient"]["addresses"][0]["value"] == "desk of Ann"
    assert (folder / "ann.json").stat().st_mode & 0o077 == 0
    assert (second[0], "is there already" in second[2]) == (2, True)


def test_erasing_asks_first_and_a_suppression_stays(ann: Run) -> None:
    person = found(ann)

    no = ann("people", "erase", person, answer="\n")
    bad = ann("people", "erase", person, "--yes", "--because", "fun")
    yes = ann("people", "erase", person, answer="y\n")
    again = ann("people", "erase", person, "--yes", "--json")

    assert (no[0], bad[0], yes[0]) == (1, 2, 0)
    assert yes[1].startswith("erased_")
    assert yes[1].endswith("erased, 1 messages emptied, 0 cancelled\n")
    assert json.loads(again[1])["messages"] == 0
    assert "for good? [y/N]" in no[2]


def test_a_key_may_neither_copy_nor_erase_people_unless_that_is_said(wasl: Run, folder: Path) -> None:
    for words in ((), ("--scope", "people:export", "--scope", "people:erase")):
        assert wasl("apikey", "create", "desk", *words)[0] == 0

    given = [json.loads(row[0]) for row in rows(f"sqlite:///{folder}/wasl.db", "SELECT scopes FROM api_keys")]
    assert sorted(given) == [["people:erase", "people:export"], ["read", "send"]]

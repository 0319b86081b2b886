"""`wasl audit` and `wasl reports`, in this process, on both engines."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.databases import rows
from wasl.cli import main

Ran = Callable[..., str]


@pytest.fixture
def ran(folder: Path, database: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ran:
    """Runs `wasl` in this process and returns what it printed: on stdout, and where it failed on stderr too."""
    (folder / "wasl.toml").write_text(f'database = "{database}"\n[providers.mail]\nplugin = "log"\n', encoding="utf-8")
    monkeypatch.chdir(folder)

    def run(*words: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["wasl", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert int(ended.value.code or 0) == code, err
        return str(out if code == 0 else out + err)

    return run


def test_what_was_done_at_the_command_line_is_listed_and_verified(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ann")
    ran("suppress", "add", "sara@example.com", "--note", "x")
    ran("suppress", "remove", "sara@example.com", "--reason", "she asked")

    (newest, oldest) = json.loads(ran("audit", "list", "--json"))["data"]
    table, found = ran("audit", "list", "--action", "suppression.added"), json.loads(ran("audit", "verify", "--json"))

    assert (oldest["action"], oldest["actor"][:2], oldest["number"]) == ("suppression.added", ["cli", "ann"], 1)
    assert (newest["action"], newest["reason"]) == ("suppression.removed", "she asked")
    assert "cli ann" in table
    assert (found["entries"], found["findings"]) == (2, [])
    assert "2 entries" in ran("audit", "verify")
    assert json.loads(ran("audit", "list", "--by", "bob", "--json"))["data"] == []
    assert "--action" in ran("audit", "list", "--action", "nonsense", code=2)


def test_an_audit_that_was_changed_is_told_by_the_exit_code(ran: Ran, folder: Path, database: str) -> None:
    ran("suppress", "add", "sara@example.com")
    log = folder / "wasl.log"
    log.write_text('{"event": "audit.witness", "number": 7, "head": "00", "by": "11", "seal": "22"}\n', encoding="utf-8")

    told = ran("audit", "verify", "--witness", str(log), code=6)

    assert "was not signed by this installation" in told
    assert rows(database, "SELECT count(*) FROM audit") == [(1,)]


def test_reports_are_shown_and_counted_anew(ran: Ran) -> None:
    assert "0 messages counted." in ran("reports", "rebuild")
    assert ran("reports", "show", "--json") == ""
    assert "--by" in ran("reports", "show", "--by", "nonsense", code=2)

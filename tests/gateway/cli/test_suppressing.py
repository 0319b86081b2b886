"""`wasl suppress`, in this process, on both engines."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wasl.cli import main

Ran = Callable[..., str]
FILE = "\ufeffaddress;reason;note\r\nann@example.com;bounce;اتصلت بنا\r\nnobody;;\r\n"


@pytest.fixture
def configured(folder: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    (folder / "wasl.toml").write_text(f'database = "{database}"\n[providers.mail]\nplugin = "log"\n', encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def ran(configured: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ran:
    """Runs `wasl suppress` in this process and returns what it printed: on stdout, and where it failed on stderr too."""

    def run(*words: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["wasl", "suppress", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert int(ended.value.code or 0) == code, err
        return str(out if code == 0 else out + err)

    return run


def test_an_address_is_added_shown_listed_and_removed(ran: Ran) -> None:
    added = json.loads(
        ran("add", "ann@example.com", "--reason", "complaint", "--scope", "promotional", "--note", "اتصلت", "--by", "support", "--json")
    )
    shown, listed = ran("show", "ann@example.com"), ran("list", "--reason", "complaint", "--channel", "email")
    removed = ran("remove", added["id"], "--reason", "She asked for it.")

    assert (added["data"][0]["actor"], added["data"][0]["source"]) == ("support", "cli")
    assert "added suppressed_complaint for promotional, cli by support: اتصلت" in shown
    assert "a•••@e•••.com" in listed
    assert "removed suppressed_complaint for promotional" in removed
    assert json.loads(ran("list", "--json"))["data"] == []


def test_a_phone_number_an_end_and_all_brands_are_told(ran: Ran) -> None:
    added = json.loads(ran("add", "+966501234567", "--until", "2199-01-01T00:00:00+00:00", "--all-brands", "--json"))
    (row,) = json.loads(ran("list", "--address", "+966501234567", "--json"))["data"]

    assert (row["brand"], row["expires_at"]) == ("*", "2199-01-01T00:00:00Z")
    assert "of all brands" in ran("show", added["id"])
    assert "list of all brands" in ran("remove", added["id"], "--reason", "x", code=1)
    assert "Nothing holds" in ran("remove", "phone:+966501234567", "--reason", "x", "--all-brands")


def test_removing_needs_a_reason_and_warns_of_what_a_person_asked_for(ran: Ran) -> None:
    ran("add", "ann@example.com", "--reason", "unsubscribe")

    assert "--reason" in ran("remove", "ann@example.com", code=2)
    assert "Only they can subscribe again." in ran("remove", "ann@example.com", "--reason", "x", "--listed-for", "bounce", code=1)


def test_a_file_is_imported_after_a_dry_run(ran: Ran, configured: Path) -> None:
    (configured / "list.csv").write_text(FILE, encoding="utf-8")

    foretold = json.loads(ran("import", "list.csv", "--dry-run", "--json", code=4))
    assert json.loads(ran("list", "--json"))["data"] == []
    told = ran("import", "list.csv", code=4)

    assert (foretold["new"], foretold["invalid"]) == (1, 1)
    assert "2 lines: 1 new, 0 on the list for longer, 0 there already, 0 repeated, 1 invalid" in told
    assert "line 3, channel: needs its channel beside it" in told
    assert json.loads(ran("list", "--json"))["data"][0]["source"] == "import list.csv"
    assert "اتصلت بنا" in ran("show", "ann@example.com")


def test_an_export_goes_to_stdout_or_a_file_and_can_be_imported(ran: Ran, configured: Path) -> None:
    ran("add", "+966501234567")

    text = ran("export")
    ran("export", "--output", "out.csv")
    again = json.loads(ran("import", "out.csv", "--json"))

    assert text.splitlines() == (configured / "out.csv").read_text(encoding="utf-8").splitlines()
    assert "'+9665•••••67" in text
    assert (again["lines"], again["already_there"]) == (1, 1)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["show", "ann@example.com"], 1),
        (["remove", "ann@example.com", "--reason", "x"], 1),
        (["add", "nobody"], 2),
        (["add", "fax:1"], 2),
        (["add", "ann@example.com", "--reason", "spam"], 2),
        (["add", "ann@example.com", "--scope", "news"], 2),
        (["list", "--cursor", "x"], 2),
        (["import", "missing.csv"], 2),
    ],
)
def test_what_cannot_be_done_is_said_with_its_exit_code(ran: Ran, words: list[str], code: int) -> None:
    assert ran(*words, code=code)


def test_nothing_that_others_wrote_gives_orders_to_the_terminal(ran: Ran) -> None:
    evil = "\x1b]0;owned\x07 \x9b31m \u202eevil\u202c می\u200cخواهم"

    ran("add", "ann@example.com", "--note", evil, "--by", "bo")
    shown, told = ran("show", "ann@example.com"), ran("show", "ann@example.com", "--json")

    assert set(shown + told).isdisjoint("\x1b\x07\x9b\u202e\u202c")
    assert "\\x1b]0;owned\\x07 \\x9b31m \\u202eevil\\u202c می\u200cخواهم" in shown
    assert json.loads(told)["history"][0]["note"] == evil


def test_a_reason_that_is_none_is_told_with_the_six_that_there_are(ran: Ran) -> None:
    said = ran("add", "ann@example.com", "--reason", "nonsense", code=2)

    assert "suppressed_bounce, suppressed_complaint" in said
    assert "provider_paused" not in said

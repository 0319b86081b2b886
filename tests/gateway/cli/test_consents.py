"""`wasl consent`, in this process, on a ledger of its own."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wasl.api import Gateway
from wasl.cli import main
from wasl_contracts import Address, Recipient

WASL_TOML = 'database = "{}"\n[providers.desk]\nplugin = "log"\n[topics.offers]\ncategory = "promotional"\n'


@pytest.fixture
async def shop(folder: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder whose ledger knows Ann."""
    (folder / "wasl.toml").write_text(WASL_TOML.format(database), encoding="utf-8")
    monkeypatch.chdir(folder)
    async with Gateway.from_config(worker=False) as gateway:
        await gateway.put_recipient(Recipient(id="ann", addresses=(Address(channel="log", kind="any", value="desk"),)))


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs `wasl consent` in this process and returns what it printed."""

    def run(*words: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["wasl", "consent", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert int(ended.value.code or 0) == code, err
        return str(err if code else out)

    return run


@pytest.mark.usefixtures("shop")
def test_consent_is_granted_withdrawn_and_shown(ran: Callable[..., str]) -> None:
    granted = ran("grant", "ann", "--topic", "offers", "--channel", "log", "--wording", "Offers?", "--ip", "203.0.113.7", "--actor", "bo")
    at = json.loads(ran("show", "ann", "--json"))["at"]
    withdrawn = ran("withdraw", "ann", "--channel", "log")
    shown, before = ran("show", "ann"), json.loads(ran("show", "ann", "--at", at, "--json"))

    row = before["rows"][0]
    assert granted == f"{row['id']} granted\n"
    assert withdrawn.endswith(" withdrawn\n")
    assert (row["actor"], row["source"], row["wording"], row["ip"]) == ("bo", "support", "Offers?", "203.0.•••")
    assert "no: opted_out" in shown
    assert row["id"] in shown
    assert next(one for one in before["effective"] if one["topic"] == "offers")["allowed"] is True


@pytest.mark.usefixtures("shop")
def test_a_double_opt_in_is_asked_and_confirmed(ran: Callable[..., str]) -> None:
    token = ran("ask", "ann", "--topic", "offers", "--channel", "log", "--wording", "Offers?", "--locale", "en").strip()
    confirmed = ran("confirm", token, "--ip", "203.0.113.7")
    rows = json.loads(ran("confirm", token, "--json"))["rows"]

    assert confirmed == "ann confirmed\n"
    assert [row["state"] for row in rows] == ["pending", "granted"]
    assert set(json.loads(ran("ask", "ann", "--topic", "*", "--channel", "*", "--json"))) == {"token"}


@pytest.mark.usefixtures("shop")
def test_what_is_wrong_is_said(ran: Callable[..., str]) -> None:
    assert "does not know" in ran("withdraw", "nobody", code=2)
    assert "There is no recipient" in ran("show", "nobody", code=1)
    assert "/ip" in ran("grant", "ann", "--topic", "*", "--channel", "*", "--ip", "home", code=2)
    assert "/token" in ran("confirm", "abc", code=2)


@pytest.mark.usefixtures("shop")
def test_what_others_wrote_is_no_markup_and_no_order_to_the_terminal(ran: Callable[..., str]) -> None:
    ran("withdraw", "ann", "--channel", "log", "--actor", "[/x] [red]bo[/red] :boom:")

    assert "[/x] [red]bo[/red] :boom:" in ran("show", "ann")


@pytest.mark.usefixtures("shop")
def test_a_mistyped_topic_is_told_with_what_was_meant(ran: Callable[..., str]) -> None:
    assert 'did you mean "offers"?' in ran("withdraw", "ann", "--topic", "ofers", code=2)

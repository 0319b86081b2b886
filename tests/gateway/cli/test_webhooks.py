"""`wasl webhooks`, in this process."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wasl.cli import main
from wasl_contracts.conformance import Response
from wasl_contracts.conformance.http_fake import HttpFake

Ran = Callable[..., str]
URL = "https://shop.acme.example/hook"


@pytest.fixture
def app() -> Iterator[HttpFake]:
    with HttpFake(lambda request: Response.text(204 if request.path == "/hook" else 500), lambda _: None) as fake:
        yield fake


@pytest.fixture
def ran(folder: Path, app: HttpFake, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ran:
    """Runs `wasl webhooks` in this process and returns what it printed."""
    port = app.url.rpartition(":")[2]
    (folder / "wasl.toml").write_text(
        f'database = "sqlite:///{folder}/wasl.db"\n[providers.mail]\nplugin = "log"\n'
        f'[outbound]\nallow = ["127.0.0.1"]\nhttp = true\nports = [443, {port}]\n'
    )
    monkeypatch.chdir(folder)

    def run(*words: str, code: int = 0, command: str = "webhooks") -> str:
        monkeypatch.setattr(sys, "argv", ["wasl", command, *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert int(ended.value.code or 0) == code, err
        return str(out + err)

    return run


def test_a_webhook_is_added_listed_shown_rotated_disabled_enabled_and_removed(ran: Ran) -> None:
    webhook, secret = ran("add", URL, "--type", "message.failed", "--topic", "orders").splitlines()[:2]
    listed, shown = ran("list"), json.loads(ran("show", webhook, "--json"))
    rotated = json.loads(ran("rotate", webhook, "--json"))
    disabled, doctor, enabled = ran("disable", webhook), ran(command="doctor"), ran("enable", webhook)
    removed, after = ran("remove", webhook), ran("list")

    assert secret.startswith("whsec_")
    assert (URL in listed, secret in listed) == (True, False)
    assert (shown["types"], shown["topics"], shown["secret"], shown["tries"]) == (["message.failed"], ["orders"], None, [])
    assert rotated["secret"] != secret
    assert "disabled since" in disabled
    assert webhook in doctor
    assert (f"{webhook} is enabled." in enabled, "removed" in removed, "none" in after) == (True, True, True)


def test_a_test_is_posted_and_fails_where_it_is_not_taken(ran: Ran, app: HttpFake) -> None:
    good, bad = (json.loads(ran("add", f"{app.url}/{path}", "--json"))["id"] for path in ("hook", "broken"))

    took, failed = ran("test", good), ran("test", bad, code=1)

    assert "204 after" in took
    assert "500 after" in failed
    assert [request.json()["type"] for request in app.sent] == ["webhook.test"] * 2


def test_what_is_wrong_names_the_argument(ran: Ran) -> None:
    assert "leads to an address that is not public" in ran("add", "https://10.0.0.1/hook", code=2)
    assert "'message.sent', 'message.delivered'" in ran("add", URL, "--type", "message.send", code=2)
    assert "There is no webhook" in ran("show", "wh_0", code=1)
    assert "name either one event" in ran("replay", json.loads(ran("add", URL, "--json"))["id"], code=2)
    assert "no event with this id" in ran("replay", json.loads(ran("add", URL, "--json"))["id"], "--event", "evt_1-0-1-0", code=1)


def test_what_is_wrong_is_told_in_the_words_of_the_command(ran: Ran) -> None:
    webhook = ran("add", URL).splitlines()[0]

    scheme, kind = ran("add", "ftp://acme.example", code=2), ran("add", URL, "--type", "message.snet", code=2)
    event = ran("replay", webhook, "--event", "x", code=2)

    assert scheme.startswith("URL is not a URL that is fetched")
    assert kind.startswith("--type must be one of 'message.scheduled'")
    assert event.startswith("--event must match")

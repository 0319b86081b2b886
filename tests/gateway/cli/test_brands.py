"""`wasl brand`, and `--brand` of the commands that look at or do something for one."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.databases import changed
from tests.gateway.brands.faces import written
from wasl.api import Gateway
from wasl.checkup import examine
from wasl.cli import main

Wasl = Callable[..., tuple[int, str, str]]
TO_ANN = ("--to", "any:desk", "--body", "Hello")
CONFIG = """
[providers.mail]
plugin = "log"
[providers.acme-mail]
plugin = "log"
brands = ["acme"]
"""


@pytest.fixture
def wasl(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Wasl:
    (folder / "wasl.toml").write_text(CONFIG, encoding="utf-8")
    written(folder / "brands", {"acme": 'title = { en = "Acme", ar = "أكمي" }', "kids": 'parent = "acme"\n[colours]\nmuted = "#dddddd"\n'})
    monkeypatch.chdir(folder)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["wasl", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(str(ended.value.code or 0)), told.out, told.err

    return call


def test_brands_are_listed_and_shown_with_what_they_inherit(wasl: Wasl) -> None:
    listed, as_json = wasl("brand", "list"), wasl("brand", "list", "--json")
    shown, missing = wasl("brand", "show", "kids"), wasl("brand", "show", "kid")

    assert "Acme · أكمي" in listed[1]
    assert [one["name"] for one in json.loads(as_json[1])] == ["acme", "default", "kids"]
    assert "title.ar = أكمي\n" in shown[1]
    assert "colours.muted = #dddddd\n" in shown[1]
    assert (missing[0], "no brand is called 'kid'; there are: acme, default, kids" in " ".join(missing[2].split())) == (2, True)


def test_lint_tells_what_is_hard_to_read_and_mistakes_with_their_place(wasl: Wasl, folder: Path) -> None:
    warned, as_json = wasl("brand", "lint"), wasl("brand", "lint", "--json")
    (folder / "brands" / "acme" / "brand.toml").write_text('titel = "x"', encoding="utf-8")
    mistaken = wasl("brand", "lint")

    assert warned[0] == as_json[0] == 1
    assert warned[1].startswith("brands/kids/brand.toml:3:1: colours.muted: muted on card has a contrast of 1.4")
    assert json.loads(as_json[1])[0]["line"] == 3
    assert mistaken == (3, "", "brands/acme/brand.toml:1:1: titel: unknown setting (did you mean 'title'?)\n")


def test_lint_needs_no_secret_of_the_configuration(wasl: Wasl, folder: Path) -> None:
    (folder / "wasl.toml").write_text('[providers.sms]\nplugin = "twilio"\nauth_token = { env = "NOT_HERE" }\n', encoding="utf-8")
    (folder / "brands" / "kids" / "brand.toml").write_text('parent = "acme"', encoding="utf-8")

    assert wasl("brand", "lint") == (0, "", "3 brands, 0 warnings.\n")


def test_settings_are_shown_by_their_way_and_counted_as_people_count(wasl: Wasl, folder: Path) -> None:
    shutil.rmtree(folder / "brands")
    (folder / "wasl.toml").write_text('brand = "acme"\n', encoding="utf-8")
    written(
        folder / "brands", {"acme": '[senders.email]\naddress = "a@acme.example"\nname = { ar = "أكمي" }\n[colours]\nmuted = "#dddddd"\n'}
    )

    shown, linted = wasl("brand", "show", "acme")[1], wasl("brand", "lint")

    assert "senders.email.address = a@acme.example\nsenders.email.name.ar = أكمي\n" in shown
    assert "None" not in shown
    assert linted[2].startswith("1 brand, ")


def test_commands_look_at_and_do_things_for_the_brand_that_they_name(wasl: Wasl) -> None:
    sent = json.loads(wasl("send", *TO_ANN, "--brand", "acme", "--json", "--unsafe-durability")[1])
    listed = {brand: wasl("messages", "list", "--brand", brand, "--json")[1].count(sent["id"]) for brand in ("acme", "kids", "default")}
    shown, hidden = wasl("messages", "show", sent["id"], "--brand", "acme"), wasl("messages", "show", sent["id"])
    explained = json.loads(wasl("explain", *TO_ANN, "--brand", "acme", "--json")[1])

    assert listed == {"acme": 1, "kids": 0, "default": 0}
    assert (shown[0], hidden[0]) == (0, 1)
    assert sent["deliveries"][0]["provider"] == explained["provider"] == "acme-mail"


def test_a_brand_that_is_not_there_is_told_with_those_that_are(wasl: Wasl) -> None:
    told = wasl("people", "show", "u_1", "--brand", "gamma")

    assert told == (2, "", "--brand is not a brand of this installation; there are: acme, default, kids\n")


def test_an_api_key_is_made_for_a_brand(wasl: Wasl) -> None:
    code, key, _ = wasl("apikey", "create", "shop", "--brand", "acme")

    assert (code, key[:5]) == (0, "wasl_")


def test_the_doctor_and_the_list_of_providers_tell_whom_each_serves(wasl: Wasl, folder: Path) -> None:
    (folder / "brands" / "kids" / "brand.toml").write_text('parent = "acme"', encoding="utf-8")
    healthy, providers = wasl("doctor"), wasl("providers", "list")
    (folder / "wasl.toml").write_text(CONFIG.replace('[providers.mail]\nplugin = "log"\n', ""), encoding="utf-8")
    lacking = wasl("doctor")

    assert "channel log: mail (log), then acme-mail (log, for acme only)" in healthy[1]
    assert "brands: acme, default, kids" in healthy[1]
    assert "acme" in next(line for line in providers[1].splitlines() if line.startswith("acme-mail"))
    assert "brands: no provider serves kids; let one in wasl.toml, by its `brands` or by having none" in lacking[1]


def test_a_provider_for_a_brand_that_is_not_there_is_a_mistake(wasl: Wasl, folder: Path) -> None:
    (folder / "wasl.toml").write_text(CONFIG.replace('["acme"]', '["acme", "acne"]'), encoding="utf-8")

    told = wasl("providers", "list")

    assert told == (3, "", "wasl.toml:6:19: providers.acme-mail.brands.1: there is no brand acne (did you mean 'acme'?)\n")


def configured(brand: str) -> None:
    Path("wasl.toml").write_text(f'brand = "{brand}"\n[providers.screen]\nplugin = "log"\n', encoding="utf-8")


async def test_doctor_names_brands_whose_messages_nobody_sends(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for brand in ("other", "default"):
        configured(brand)
        async with Gateway.from_config(worker=False) as gateway:
            await gateway.send(to={"addresses": [{"channel": "log", "kind": "any", "value": "ann"}]}, content={"body": "Hello"})
    await changed(f"sqlite:///{folder}/wasl.db", "UPDATE deliveries SET due_at = due_at - 61000000")

    (found,) = [one for one in await examine(None) if one.what.startswith("brand ")]

    assert (found.what, found.ok) == ("brand other", False)
    assert "this configuration does not serve it" in found.said

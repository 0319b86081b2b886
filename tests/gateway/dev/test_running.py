"""`wasl dev`: with no configuration, with one, with one that breaks; and its inbox for programs."""

import asyncio
import shlex
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import aiohttp
import pytest
from filelock import FileLock

from tests.gateway.dev.conftest import Dev, eventually
from wasl.config.mistakes import ConfigMistakes
from wasl.dev.place import Place, free_port, is_loopback
from wasl.errors import Unusable
from wasl.ids import made_at

SHOP = """\
brand = "shop"
[providers.mail]
plugin = "smtp"
host = "mail.shop.example"
username = "hello@shop.example"
password = { env = "NOWHERE_TO_BE_FOUND" }
sender = "Shop <hello@shop.example>"
[topics.orders]
category = "transactional"
"""
ANN = {"to": {"email": "ann@example.com"}, "content": {"title": "On its way", "body": "Order **1042** left."}}


async def test_with_no_configuration_it_says_all_that_one_needs_and_a_message_lies_in_the_inbox(dev: Dev) -> None:
    await dev.start()

    (first,) = await dev.inbox(1)
    assert first["channel"] == "email"
    assert first["message"] == dev.told("Sent a first message:").split()[-1]
    assert dev.lines[0] == "Nothing leaves this machine: providers only keep what they get."
    assert dev.told("inbox") == f"{dev.workshop.place.url}/console/inbox"
    assert dev.told("console").startswith(f"{dev.workshop.place.url}/console/dev/")


async def test_the_line_to_try_works_as_it_is_printed(dev: Dev) -> None:
    await dev.start()
    words = shlex.split(dev.told("try it"))
    headers = dict(word.split(": ", 1) for flag, word in pairwise(words) if flag == "-H")

    async with aiohttp.ClientSession() as plain, plain.post(words[1], headers=headers, data=words[-1].encode()) as response:
        status = response.status

    assert (words[0], status) == ("curl", 202)
    assert len(await dev.inbox(2)) == 2


async def test_what_was_captured_is_told_with_headers_and_checks_and_can_be_chosen(dev: Dev) -> None:
    await dev.start()
    both = {**ANN, "to": {"email": "amina@example.com", "phone": "+966551234567"}, "channels": ["email", "sms"], "mode": "all"}
    await dev.json("POST", "/v1/messages", both, 202)

    (mail,) = await dev.inbox(1, "?channel=email&to=amina&text=1042")
    (sms,) = await dev.inbox(1, "?channel=sms")

    assert mail["headers"]["Subject"] == "On its way"
    assert mail["content"]["format"] == "mail"
    assert {check["code"] for check in sms["checks"]} == {"segments"}
    assert sms["to"]["value"] == "+966551234567"


async def test_a_provider_is_made_to_tell_of_what_it_got(dev: Dev) -> None:
    await dev.start()
    message = (await dev.json("POST", "/v1/messages", ANN, 202))["id"]
    (mail, _) = await dev.inbox(2)

    for told in ({"kind": "opened"}, {"kind": "replied", "text": "Thanks"}, {"kind": "bounced", "dead": True}):
        await dev.json("POST", f"/console/inbox/{mail['id']}/events.json", told)

    seen = await dev.json("GET", f"/v1/messages/{message}")
    assert (seen["state"], seen["marks"]) == ("bounced", ["opened", "replied"])
    again = (await dev.json("POST", "/v1/messages", ANN, 202))["id"]
    await dev.message(again, "withheld")


async def test_chaos_is_changed_while_it_runs(dev: Dev) -> None:
    await dev.start()
    await dev.inbox(1)

    told = await dev.json("PUT", "/console/chaos.json", {"refused": 1, "channels": ["email"], "next": ["lost"]})
    assert told == await dev.json("GET", "/console/chaos.json")
    await dev.json("PUT", "/console/chaos.json", {"refused": 1})
    message = (await dev.json("POST", "/v1/messages", ANN, 202))["id"]

    seen = await dev.message(message, "failed")
    assert seen["reason"]["code"] == "provider_rejected"


async def test_bad_input_is_told_with_its_field(dev: Dev) -> None:
    await dev.start()

    for method, path, body, pointer in (
        ("PUT", "/console/chaos.json", {"down": 0.6, "lost": 0.6}, ""),
        ("PUT", "/console/chaos.json", {"dwon": 0.6}, "/dwon"),
        ("PUT", "/console/chaos.json", {"next": ["explode"]}, "/next/0"),
        ("GET", "/console/inbox.json?chanel=sms", None, "/chanel"),
    ):
        told = await dev.json(method, path, body, 422)
        assert [one["pointer"] for one in told["errors"]] == [pointer]
    await dev.json("POST", "/console/inbox/att_unknown/events.json", {"kind": "opened"}, 404)


async def test_the_inbox_for_programs_asks_for_a_key_and_for_a_host_of_this_machine(dev: Dev) -> None:
    await dev.start()
    url = f"{dev.workshop.place.url}/console/inbox.json"

    async with aiohttp.ClientSession() as plain:
        async with plain.get(url) as keyless:
            pass
        async with dev.http.get("/console/inbox.json", headers={"Host": "evil.example"}) as foreign:
            pass

    assert (keyless.status, foreign.status) == (401, 421)


async def test_a_configuration_keeps_its_rules_and_loses_its_providers(dev: Dev, here: Path) -> None:
    (here / "wasl.toml").write_text(SHOP)
    await dev.start()

    (first,) = await dev.inbox(1)

    assert "in place of its providers stand captures: mail." in dev.lines[1]
    assert (first["brand"], first["provider"]) == ("shop", "mail")
    assert first["headers"]["From"] == "Shop <hello@shop.example>"


async def test_a_change_of_the_configuration_holds_at_once_and_a_mistake_does_not(dev: Dev, here: Path) -> None:
    (here / "wasl.toml").write_text(SHOP)
    await dev.start()
    about = {**ANN, "topic": "news"}
    await dev.json("POST", "/v1/messages", about, 422)

    (here / "wasl.toml").write_text(SHOP + '[topics.news]\ncategory = "servce"\n')
    mistake = await dev.says("wasl.toml:11:1: topics.news.category")
    await dev.json("POST", "/v1/messages", ANN, 202)
    (here / "wasl.toml").write_text(SHOP + '[topics.news]\ncategory = "service"\n')
    await dev.says("read again")

    assert "did you mean 'service'" in mistake
    await dev.json("POST", "/v1/messages", about, 202)
    assert len(await dev.inbox(3)) == 3  # what was captured before is still there


async def test_a_new_brand_is_served_at_once(dev: Dev, here: Path) -> None:
    (here / "wasl.toml").write_text(SHOP)
    (here / "brands").mkdir()
    await dev.start()

    (here / "brands" / "nour").mkdir()
    await asyncio.sleep(0.05)  # looked at meanwhile
    (here / "brands" / "nour" / "brand.toml").write_text('title = "Nour"\n')
    await dev.says("read again")

    assert len(await dev.inbox(1)) == 1


async def test_a_page_that_follows_the_inbox_holds_up_neither_a_new_configuration_nor_the_end(dev: Dev, here: Path) -> None:
    (here / "wasl.toml").write_text(SHOP)
    await dev.start()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(dev.told("console")) as signed_in:
            assert signed_in.status == 200
        async with asyncio.timeout(5), browser.get(f"{dev.workshop.place.url}/console/inbox/live") as followed:
            assert b"1" in await followed.content.readline()
            (here / "wasl.toml").write_text(SHOP + '[topics.news]\ncategory = "service"\n')
            await dev.says("read again")
        async with asyncio.timeout(5), browser.get(f"{dev.workshop.place.url}/console/inbox/live") as followed:
            assert b"1" in await followed.content.readline()
            await dev.close()


async def test_the_console_is_opened_where_that_is_asked(dev: Dev, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)

    await dev.start(shown=True)

    await eventually(lambda: _first(opened))
    assert opened == [dev.told("console")]


async def _first(found: list[str]) -> str | None:
    return next(iter(found), None)


async def test_a_file_that_is_no_toml_is_told_with_its_place(dev: Dev, here: Path) -> None:
    (here / "wasl.toml").write_text("brand = shop\n")

    with pytest.raises(ConfigMistakes, match=r"wasl\.toml:1:9: "):
        await dev.start()
    dev.task = asyncio.create_task(asyncio.sleep(0))


async def test_two_do_not_send_from_one_folder(dev: Dev, here: Path) -> None:
    with FileLock(here / ".wasl" / "dev.db.worker"), pytest.raises(Unusable, match="Another wasl dev sends from"):
        await dev.start()

    dev.task = asyncio.create_task(asyncio.sleep(0))


async def test_the_key_stays_the_same_and_is_for_its_owner_alone(dev: Dev, here: Path) -> None:
    await dev.start()
    key = dev.told("API key")
    await dev.close()

    dev.end.clear()
    dev.lines.clear()
    await dev.start()

    assert dev.told("API key") == key
    assert (here / ".wasl" / "api-key").stat().st_mode & 0o777 == 0o600
    assert (here / ".wasl" / ".gitignore").read_text() == "*\n"


@pytest.mark.usefixtures("short_day")
async def test_a_day_is_made_up_once(dev: Dev) -> None:
    await dev.start(seeded=True)
    await dev.close()
    dev.end.clear()

    await dev.start(seeded=True)

    await dev.says("There are messages here already, so none were made up.")
    assert [line for line in dev.lines if "Made up" in line] == ["Made up a day of 12 messages."]


async def test_a_made_up_day_has_something_for_every_screen(dev: Dev) -> None:
    await dev.start(seeded=True)

    listed = (await dev.json("GET", "/v1/messages?limit=200"))["data"]

    states = {one["state"] for one in listed}
    assert {"delivered", "sent", "bounced", "failed", "withheld", "scheduled", "cancelled"} <= states
    kept = dev.workshop.tray.sent
    assert {one.channel for one in kept} == {"email", "sms", "push", "chat", "social", "inapp"}
    assert any("طلبك" in one.text for one in kept)
    assert len({one.delivery.created_at.hour for one in kept}) > 12
    assert dev.workshop.tray.chaos.share == 0


@pytest.mark.usefixtures("short_day")
async def test_the_ids_of_a_made_up_day_carry_its_time_so_that_search_and_histogram_show_a_day(dev: Dev) -> None:
    await dev.start(seeded=True)

    found = (await dev.json("GET", "/v1/messages:search?q=before:1m"))["data"]
    apart = [abs(datetime.fromisoformat(one["created_at"]).timestamp() - made_at(one["id"]) / 1e6) for one in found]
    hours = {datetime.fromisoformat(one["created_at"]).hour for one in found}
    early = await dev.json("GET", "/v1/messages:search?q=before:12h")

    assert max(apart) < 1
    assert len(hours) > 5
    assert 0 < len(early["data"]) < len(found)


@pytest.mark.usefixtures("short_day")
async def test_a_day_is_made_up_of_an_applications_own_templates(dev: Dev, here: Path, templates: Path) -> None:
    (here / "wasl.toml").write_text(SHOP)
    await dev.start(seeded=True)

    listed = (await dev.json("GET", "/v1/messages?limit=200"))["data"]

    assert {one["template"] for one in listed} == {"order_shipped"}
    assert len(listed) == 12


async def test_where_others_can_reach_it_a_password_signs_in_and_no_link(dev: Dev, here: Path) -> None:
    dev.workshop = Dev(here, host="0.0.0.0").workshop
    await dev.start()

    assert dev.told("console") == f"{dev.workshop.place.url}/console"
    assert not [line for line in dev.lines if "/console/dev/" in line]
    assert len(dev.told("password")) == 16


def test_a_port_that_something_has_is_left_to_it() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        found = free_port("127.0.0.1", 0)

        assert found not in (0, port)
        assert free_port("127.0.0.1", port) == port  # asked for: then who listens says that it is taken


@pytest.mark.parametrize(
    ("host", "alone"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("example.com", False)]
)
def test_only_this_machine_counts_as_alone(host: str, alone: bool) -> None:
    assert is_loopback(host) is alone
    assert Place(Path(), host, 8080).url.startswith("http://")

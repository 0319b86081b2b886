"""The dev inbox: what was captured is seen, checked and told of; faults are switched; nothing of it is there without `wasl dev`."""

import json
from collections.abc import AsyncIterator
from email import message_from_bytes
from pathlib import Path
from random import Random

import aiohttp
import pytest
from playwright.async_api import Page, expect

from tests.gateway.console.conftest import Browsing, Console
from wasl.api import Gateway
from wasl.assembly import World
from wasl.capturing.capture import Captured, Tray
from wasl.capturing.checks import SENTENCES
from wasl.capturing.configuration import captured_specs
from wasl.capturing.mishaps import Mishap
from wasl.capturing.telling import Telling
from wasl.clock import SystemClock
from wasl.console.captured import DEVELOPER, WayIn
from wasl.console.screens.chaos import MISHAPS
from wasl.console.words import catalogue
from wasl.dev.operations import equipped
from wasl.dev.workshop import SHOP
from wasl.server.app import listening
from wasl.users import Role

Served = tuple[str, Gateway, aiohttp.ClientSession]
ATTACK = '<img src=x onerror="document.title=1"><script>document.title=1</script>'
ORDER = {"template": "order_shipped", "topic": "orders", "data": {
    "order": "1042", "name": "آمنة", "carrier": "Aramex", "arrives": "2026-12-03", "tracking_url": "http://shop.example/track",
}}  # fmt: skip
CODE = {"template": "sign_in_code", "topic": "sign-in", "data": {"code": "482913", "minutes": 5}}


@pytest.fixture
def tray() -> Tray:
    return Tray(most=500, patience=0.2)


@pytest.fixture
def links() -> list[str]:
    """The links of the way in, as a terminal shows them: the newest is last."""
    return []


@pytest.fixture
async def served(folder: Path, database: str, brisk: None, tray: Tray, links: list[str]) -> AsyncIterator[Served]:
    """The made-up shop, as `wasl dev` serves it."""
    specs = captured_specs(SHOP, {}, tray, lambda config: config.model_copy(update={"database": database}))
    gateway = Gateway(specs, unsafe_durability=True, world=World(SystemClock(), Random(7), {}))
    faults: list[Exception] = []
    telling = Telling(gateway, tray, faults.append)
    tray.tell = telling.soon
    way_in = WayIn(lambda: links.append(way_in.path))
    links.append(way_in.path)
    async with gateway, listening(gateway, "127.0.0.1", 0, equipped(gateway, tray, telling, way_in)) as url:
        await gateway.add_user(DEVELOPER, "correct horse battery", Role.ADMIN)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            yield url, gateway, http
        gateway.closing = True
        await telling.close()
    assert faults == []


@pytest.fixture
async def sent(console: Console, tray: Tray) -> list[Captured]:
    """A mail in Arabic, a mail with an attack in it, a code by SMS, and the other brand's mail."""
    gateway = console.gateway
    ids = [
        await gateway.send(to={"email": "amina@example.com", "locale": "ar"}, **ORDER),  # type: ignore[arg-type]
        await gateway.send(to={"email": "ann@example.com"}, content={"title": ATTACK, "body": f"Hello {ATTACK}"}),
        await gateway.send(to={"phone": "+966501234567"}, **CODE),  # type: ignore[arg-type]
        await gateway.send(to={"email": "noor@example.com"}, content={"title": "Lamp", "body": "On."}, brand="nour"),
    ]
    for one in ids:
        await gateway.of("nour" if one is ids[-1] else "cedar").wait(one.id)
    order = [one.id for one in ids]
    return sorted(tray.sent, key=lambda one: order.index(one.delivery.message_id))


async def test_everything_that_was_captured_is_listed_with_what_is_to_be_looked_at(console: Console, sent: list[Captured]) -> None:
    seen = await console.get("/inbox")

    assert seen.status == 200
    assert "طلبك رقم 1042 في الطريق إليك" in seen.text
    assert all(f"/console/inbox/{one.id}" in seen.text for one in sent)
    assert "1 to look at" in seen.text.replace("\u2068", "").replace("\u2069", "")  # a link without https
    assert ATTACK not in seen.text


async def test_the_list_is_narrowed_by_what_is_asked(console: Console, sent: list[Captured]) -> None:
    asked: dict[str, set[int]] = {
        "channel=sms": {2},
        "to=AMINA": {0},
        "text=lamp": {3},
        "text=nothing": set(),
        "from=50": set(),
        "from=x": {0, 1, 2, 3},
    }
    for query, those in asked.items():
        seen = await console.get(f"/inbox?{query}")

        assert {number for number, one in enumerate(sent) if f"/console/inbox/{one.id}" in seen.text} == those, query


async def test_one_message_shows_its_checks_its_headers_and_its_source(console: Console, sent: list[Captured]) -> None:
    seen = await console.get(f"/inbox/{sent[0].id}")
    source = await console.get(f"/inbox/{sent[0].id}/source")
    card = await console.get(f"/inbox/{sent[2].id}/source")

    assert "A link is not encrypted (http)" in seen.text
    assert "X-Wasl-Attempt" in seen.text
    assert f"/console/messages/{sent[0].delivery.message_id}?brand=cedar" in seen.text
    assert message_from_bytes(source.text.encode())["To"] == "amina@example.com"
    assert source.headers["Content-Disposition"] == f'attachment; filename="{sent[0].id}.eml"'
    assert json.loads(card.text)["format"] == "sms"


async def test_what_is_shown_runs_nothing_and_fetches_nothing(console: Console, sent: list[Captured]) -> None:
    for one in sent:
        seen = await console.get(f"/inbox/{one.id}/preview")

        assert seen.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert "onerror" not in seen.text.replace("&lt;img src=x onerror", "")
        assert "<script" not in seen.text


async def test_a_provider_tells_and_a_person_answers_as_if_they_were_real(console: Console, sent: list[Captured]) -> None:
    sms, gateway = sent[2], console.gateway.of("cedar")
    said = await console.follow(await console.post(f"/inbox/{sms.id}/events", {"kind": "delivered"}))
    await console.post(f"/inbox/{sms.id}/events", {"text": "STOP"})

    seen = await gateway.get(sms.delivery.message_id)

    assert "The provider told" in said.text
    assert (seen.state, list(seen.marks)) == ("delivered", ["replied"])
    again = await gateway.send(to={"phone": "+966501234567"}, content={"body": "News"}, channels=["sms"], topic="news")
    assert (await gateway.wait(again.id)).state == "withheld"


async def test_what_nobody_tells_is_refused(console: Console, sent: list[Captured]) -> None:
    wrong: tuple[dict[str, str], ...] = ({}, {"kind": "exploded"}, {"text": "  "})
    for fields in wrong:
        assert (await console.post(f"/inbox/{sent[0].id}/events", fields)).status == 422


async def test_what_is_cleared_is_gone_from_the_inbox_and_not_from_the_ledger(console: Console, sent: list[Captured], tray: Tray) -> None:
    of_nour = await console.as_("developer", "nour")

    await of_nour.post("/inbox/clear")
    said = await console.follow(await console.post("/inbox/clear"))

    assert "3 messages were thrown away." in said.text.replace("\u2068", "").replace("\u2069", "")
    assert "Nothing was sent yet." in said.text
    assert len(tray.sent) == 0
    assert (await console.gateway.of("cedar").get(sent[0].delivery.message_id)).state in ("sent", "delivered")


async def test_another_brands_messages_are_not_there(console: Console, sent: list[Captured]) -> None:
    of_nour = await console.as_("developer", "nour")

    listed = await of_nour.get("/inbox")

    assert [one.id in listed.text for one in sent] == [False, False, False, True]
    for path in ("", "/preview", "/source"):
        assert (await of_nour.get(f"/inbox/{sent[0].id}{path}")).status == 404
    assert (await of_nour.post(f"/inbox/{sent[0].id}/events", {"kind": "opened"})).status == 404


async def test_faults_are_switched_on_and_off(console: Console, tray: Tray) -> None:
    fields = [("down", "12,5"), ("lost", "2.5 %"), ("delay_ms", "40"), ("channel", "email"), ("channel", "sms"), ("reports", "on")]

    shown = await console.follow(await console.post("/inbox/chaos", fields))

    assert (tray.chaos.down, tray.chaos.lost, tray.chaos.delay_ms, tray.chaos.channels) == (0.125, 0.025, 40, ("email", "sms"))
    assert 'value="12.5"' in shown.text
    await console.post("/inbox/next", {"next": "lost"})
    await console.post("/inbox/next", {"next": "busy"})
    assert [*tray.next] == [Mishap.LOST, Mishap.BUSY]
    await console.post("/inbox/chaos", {"calm": "yes"})
    assert (tray.chaos.share, tray.chaos.reports, [*tray.next]) == (0, True, [])


async def test_faults_that_cannot_be_are_told_at_their_field(console: Console, tray: Tray) -> None:
    before = tray.chaos
    wrong: tuple[tuple[dict[str, str], str], ...] = (
        ({"down": "lots"}, "Write a number from 0 to 100."),
        ({"down": "101"}, "Write a number from 0 to 100."),
        ({"down": "nan"}, "Write a number from 0 to 100."),
        ({"down": "60", "lost": "60"}, "Together they are more than 100 percent."),
        ({"delay_ms": "5000"}, "Write a number from 0 to 4,000."),
    )
    for fields, told in wrong:
        seen = await console.post("/inbox/chaos", fields)

        assert (seen.status, told in seen.text, tray.chaos) == (422, True, before)
        assert all(f'value="{value}"' in seen.text for value in fields.values())


async def test_no_more_faults_are_planned_than_anybody_means(console: Console, tray: Tray) -> None:
    tray.strike([Mishap.DOWN] * 20)

    assert (await console.post("/inbox/next", {"next": "lost"})).status == 422
    assert (await console.post("/inbox/next", {"next": "explode"})).status == 422


async def test_the_link_of_the_terminal_signs_in_once(console: Console, links: list[str]) -> None:
    nobody = await console.as_(None)
    first = await nobody.get(links[0])
    again = await nobody.get(links[0])

    assert (first.status, "wasl_session=" in first.headers["Set-Cookie"], "HttpOnly" in first.headers["Set-Cookie"]) == (303, True, True)
    assert (again.status, "Set-Cookie" in again.headers and "wasl_session" in again.headers["Set-Cookie"]) == (403, False)
    assert links[1] != links[0]
    assert (await nobody.get(links[1])).status == 303


async def test_newer_messages_are_announced_and_not_put_above(console: Console, sent: list[Captured], page: Page) -> None:
    await page.goto("/console/inbox")
    rows = await page.locator("tr[data-row]").count()
    await console.gateway.send(to={"email": "new@example.com"}, content={"title": "New", "body": "x"})

    await expect(page.locator("#inbox-news a")).to_be_visible(timeout=10_000)

    assert await page.locator("tr[data-row]").count() == rows
    await page.locator("#inbox-news a").click()
    await expect(page.get_by_text("new@example.com")).to_be_visible()


async def test_it_works_without_scripts(sent: list[Captured], browsing: Browsing, tray: Tray) -> None:
    tab = await browsing(java_script_enabled=False)
    await tab.goto("/console/inbox?channel=sms")
    await tab.locator("tr[data-row] a").first.click()
    await tab.get_by_role("button", name="Read", exact=True).click()

    assert await tab.get_by_text("The provider told").is_visible()
    await tab.goto("/console/inbox/chaos")
    await tab.get_by_label("Refuses").fill("100")
    await tab.get_by_role("button", name="Let it go wrong").click()
    assert tray.chaos.refused == 1


def test_every_check_and_every_fault_has_arabic_words() -> None:
    said = catalogue("ar")

    wanted = [*SENTENCES.values(), *(word for pair in MISHAPS.values() for word in pair)]
    assert [sentence for sentence in wanted if sentence not in said] == []


class TestWithoutWaslDev:
    """The same pages as `wasl serve` has them."""

    @pytest.fixture
    async def served(self, folder: Path, database: str, brisk: None, tray: Tray) -> AsyncIterator[Served]:
        specs = captured_specs(SHOP, {}, tray, lambda config: config.model_copy(update={"database": database}))
        gateway = Gateway(specs, worker=False, unsafe_durability=True, world=World(SystemClock(), Random(7), {}))
        async with gateway, listening(gateway, "127.0.0.1", 0) as url, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            yield url, gateway, http

    async def test_nobody_may_look_and_no_link_signs_in(self, console: Console) -> None:
        for path in ("/inbox", "/inbox/chaos", "/inbox/live", "/inbox/att_1", "/inbox/att_1/preview"):
            assert (await console.get(path)).status == 403
        assert (await console.post("/inbox/clear")).status == 403
        assert (await (await console.as_(None)).get("/dev/anything")).status == 404
        assert "/console/inbox" not in (await console.get("/profile")).text

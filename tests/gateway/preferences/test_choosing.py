"""The preference page: what it shows, in whose language, and what its form does."""

import io
import re
import time
from collections.abc import Awaitable, Callable
from html.parser import HTMLParser
from pathlib import Path

import aiohttp
import pytest

from tests.gateway.preferences.conftest import ANN, Page
from tests.gateway.scripted import FakeClock
from wasl import log, tokens
from wasl.consent import ConsentChange
from wasl.errors import Conflict, Refused
from wasl.server.pages import languages, words
from wasl_contracts import Address, Recipient

ALWAYS = {"codes|email", "codes|sms"}


@pytest.fixture
def database(folder: Path) -> str:
    """One engine: what the page shows is the same on both, and the rows that it writes have tests of their own."""
    return f"sqlite:///{folder}/wasl.db"


EVERY = {f"{topic}|{channel}" for topic in ("default", "orders", "offers") for channel in ("email", "sms")}


class Tree(HTMLParser):
    """Checks that every element is closed in order, and keeps what tests look at."""

    VOID = frozenset({"meta", "input", "link", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.tags if found == tag]

    def boxes(self) -> dict[str, str]:
        boxes = [box for box in self.of("input") if box["type"] == "checkbox"]
        return {str(box["value"]): ("on" if "checked" in box else "off") + (" fixed" if "disabled" in box else "") for box in boxes}


async def test_it_shows_what_holds(page: Page) -> None:
    _, html = await page.get(page.path())

    tree = Tree(html)
    assert tree.boxes() == {
        **dict.fromkeys(ALWAYS, "on fixed"), "orders|email": "on", "orders|sms": "on", "default|email": "on", "default|sms": "on",
        "offers|email": "off", "offers|sms": "off",
    }  # fmt: skip
    assert tree.of("html") == [{"lang": "en", "dir": "ltr"}]
    assert len(tree.of("h1")) == len(tree.of("main")) == len(tree.of("title")) == 1
    assert "a•••@e•••.com" in html
    assert "ann@example.com" not in html
    assert "Offers &amp; news" in html


async def test_saving_makes_it_so_and_says_nothing_twice(page: Page) -> None:
    status, html = await page.save("orders|email", "default|email", "default|sms", "offers|sms")
    again = await page.save("orders|email", "default|email", "default|sms", "offers|sms")

    assert (status, again[0]) == (200, 200)
    assert "Your choices are saved." in html
    assert await page.allowed() == {"orders|email", "default|email", "default|sms", "offers|sms", *ALWAYS}
    assert sorted(await page.rows()) == [
        ("offers", "sms", "granted", "preference_page"), ("orders", "sms", "withdrawn", "preference_page")
    ]  # fmt: skip


async def test_a_row_keeps_what_they_saw_and_whence_they_came(page: Page) -> None:
    await page.gateway.put_recipient(ANN.model_copy(update={"locale": "ar-SA"}))

    await page.save(*EVERY)

    row = (await page.gateway.consent("u_1")).rows[0]
    assert row.wording is not None
    assert row.wording.endswith("العروض والأخبار: البريد الإلكتروني")
    assert (row.locale, row.wording_version, row.ip, row.actor) == ("ar", words("ar").version, "127.0.•••", "recipient")


@pytest.mark.parametrize("stopped", [("*", "*"), ("*", "email")])
async def test_a_channel_that_was_turned_off_comes_back_with_just_what_they_chose(page: Page, stopped: tuple[str, str]) -> None:
    await page.gateway.record_consent("u_1", [ConsentChange(topic=stopped[0], channel=stopped[1], state="withdrawn")])
    before = await page.allowed()

    await page.save("orders|email", shown=("orders|email", "offers|email"))  # the page of a day before `default` had a title

    assert "orders|email" not in before
    assert await page.allowed() == {"orders|email", *ALWAYS, *({"orders|sms", "default|sms"} if stopped == ("*", "email") else ())}


async def test_stopping_everything_leaves_what_cannot_be_stopped(page: Page) -> None:
    status, html = await page.post(page.path(), b"everything=off")

    assert status == 200
    assert {name for name, state in Tree(html).boxes().items() if state.startswith("on")} == ALWAYS
    assert await page.allowed() == ALWAYS
    assert await page.rows() == [("*", "*", "withdrawn", "preference_page")]


async def test_only_what_the_page_offers_can_be_chosen(page: Page) -> None:
    await page.save("codes|push", "nothing|email", "*|*", shown=("codes|email", "nothing|email", "*|*", "orders", "|", "orders|push"))

    assert await page.rows() == []


@pytest.mark.parametrize(
    ("locale", "accepted", "lang", "direction", "heading"),
    [
        ("ar-SA", "fr", "ar", "rtl", "تفضيلات رسائلك"),
        ("ur_PK", "", "ur", "rtl", "آپ کے پیغامات کی ترجیحات"),
        ("fr-CA", "ar", "fr", "ltr", "Vos préférences de messages"),
        ("de", "fr-CH;q=0.5, ur;q=0.9, nonsense;q=x, *", "ur", "rtl", "آپ کے پیغامات کی ترجیحات"),
        (None, "ar", "ar", "rtl", "تفضيلات رسائلك"),
        (None, "de, fr;q=0", "en", "ltr", "Your message preferences"),
        ("de", "", "en", "ltr", "Your message preferences"),
    ],
)  # fmt: skip
async def test_it_speaks_their_language(page: Page, locale: str | None, accepted: str, lang: str, direction: str, heading: str) -> None:
    await page.gateway.put_recipient(ANN.model_copy(update={"locale": locale}))

    _, html = await page.get(page.path(), **{"Accept-Language": accepted})

    assert Tree(html).of("html") == [{"lang": lang, "dir": direction}]
    assert f"<h1>{heading}</h1>" in html


async def test_a_brand_of_another_language_speaks_it_where_they_did_not_say(visiting: Callable[..., Awaitable[Page]]) -> None:
    page = await visiting(locale="fr")
    await page.gateway.put_recipient(ANN.model_copy(update={"locale": None}))

    assert "Vos préférences" in (await page.get(page.path()))[1]


def test_every_language_says_everything() -> None:
    english = words("en")
    holes = {name: sorted(re.findall(r"{\w+}", text)) for name, text in english.text.items()}

    assert {"en", "ar", "fr", "ur"} <= set(languages())
    for tag in languages():
        found = words(tag)
        assert {name: sorted(re.findall(r"{\w+}", text)) for name, text in found.text.items()} == holes
        assert found.channels.keys() == english.channels.keys()
        assert all(found.text.values())
        assert all(found.channels.values())


async def test_titles_and_addresses_are_shown_literally(visiting: Callable[..., Awaitable[Page]]) -> None:
    page = await visiting(topics={"evil": {"title": {"en": "<script>alert(1)</script>{{ 7*7 }}{x}"}}})

    _, html = await page.get(page.path(topic="evil"))

    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}{x}") == 2


async def test_nothing_keeps_the_page_frames_it_or_learns_its_address(page: Page) -> None:
    async with page.http.get(page.base + page.path()) as answer:
        headers, html = answer.headers, await answer.text()

    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert policy.endswith("form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "Set-Cookie" not in headers
    assert not re.search(r"https?://|<script|\bsrc=|\bon\w+=|style=", html)
    assert page.path() not in html


async def test_somebody_without_an_address_is_told_so(page: Page) -> None:
    await page.gateway.put_recipient(Recipient(id="u_2", email="b@example.com"))
    await page.gateway.put_recipient(Recipient(id="u_2"))

    assert "We have no address of yours" in (await page.get(page.path("u_2")))[1]


@pytest.mark.usefixtures("own_log")
async def test_the_token_stands_in_no_log(page: Page) -> None:
    lines = io.StringIO()
    log.configure({"WASL_LOG": "debug"}, lines)

    link = page.path(topic="orders")
    await page.get(link)
    await page.post(link)
    await page.get(f"{link}x")

    assert link.removeprefix("/u/")[:20] not in lines.getvalue()


async def test_a_link_names_what_is_wrong(visiting: Callable[..., Awaitable[Page]]) -> None:
    page = await visiting(server={"public_url": None})

    with pytest.raises(Conflict, match="no public URL") as missing:
        page.gateway.preference_url("u_1")
    with pytest.raises(Refused, match="/topic is not a topic of the configuration; there are: codes, default, offers, orders"):
        page.gateway.preference_url("u_1", topic="ofers")
    with pytest.raises(Refused, match="/channel is not a channel"):
        page.gateway.preference_url("u_1", channel="fax")
    with pytest.raises(Refused, match="/recipient"):
        page.gateway.preference_url("")

    assert "public_url under [server]" in missing.value.suggested_action


async def test_a_link_fits_a_header_and_does_not_expire(visiting: Callable[..., Awaitable[Page]]) -> None:
    page = await visiting(server={"public_url": "https://messages.acme.example/m/"})

    link = page.gateway.preference_url("0198c7a1-b2c3-7d4e-8f90-a1b2c3d4e5f6", topic="orders", channel="email")

    assert link.startswith("https://messages.acme.example/m/u/")
    assert len(link) < 300
    assert await page.gateway.preferences(page.gateway.preference_url("ي" * 255).rpartition("/")[2]) is None


async def test_a_channel_stopped_by_a_keyword_is_shown_as_such(page: Page) -> None:
    await page.gateway.inbound_text("sms", "+966501234567", "إيقاف")

    _, html = await page.get(page.path())

    boxes = Tree(html).boxes()
    assert (boxes["orders|sms"], boxes["orders|email"]) == ("off fixed", "on")
    assert "You replied STOP" in html


async def test_everybody_has_their_own_addresses(page: Page) -> None:
    await page.gateway.put_recipient(Recipient(id="u_3", addresses=(Address(channel="sms", kind="phone", value="+966551234567"),)))

    boxes = Tree((await page.get(page.path("u_3")))[1]).boxes()

    assert {name.partition("|")[2] for name in boxes} == {"sms"}


def many(count: int) -> dict[str, dict[str, str]]:
    return {f"topic-{number:05}-{'x' * 40}": {"category": "service"} for number in range(count)}


def shown_on(html: str) -> list[str]:
    return [str(box["value"]) for box in Tree(html).of("input") if box.get("name") == "shown"]


async def filled(page: Page, path: str, html: str, *on: str) -> tuple[int, str]:
    """Send the form that is on this page, with these boxes checked."""
    return await page.post(path, aiohttp.FormData([*(("shown", pair) for pair in shown_on(html)), *(("on", pair) for pair in on)])())


async def test_many_topics_come_in_pages_that_can_be_saved(visiting: Callable[..., Awaitable[Page]]) -> None:
    page, topics = await visiting(topics=many(450)), list(many(450))
    path = page.path(topic=topics[449])

    begun = time.process_time()
    first, second, beyond = [(await page.get(f"{path}{query}"))[1] for query in ("", "?page=2", "?page=99")]
    assert time.process_time() - begun < 2

    assert [len(Tree(html).boxes()) for html in (first, second, beyond)] == [400, 400, 102]
    assert shown_on(first)[:3:2] == [f"{topics[449]}|email", f"{topics[0]}|email"]
    assert "Page 2 of 3" in second
    assert [link["href"] for link in Tree(second).of("a")] == ["?page=1", "?page=3"]

    status, html = await filled(page, f"{path}&page=2".replace("&", "?"), second, *shown_on(second)[1:])

    assert (status, "Your choices are saved." in html) == (200, True)
    assert [row[:3] for row in await page.rows()] == [(shown_on(second)[0].partition("|")[0], "email", "withdrawn")]
    assert shown_on(html)[2] == shown_on(second)[0]  # what they spoke of comes first, after the topic of the link


async def test_what_holds_is_told_in_time_linear_in_topics_and_rows(visiting: Callable[..., Awaitable[Page]]) -> None:
    page = await visiting(topics=many(2000))
    off = [ConsentChange(topic=topic, channel=channel, state="withdrawn") for topic in many(2000) for channel in ("email", "sms")]
    await page.gateway.record_consent("u_1", off)

    begun = time.process_time()
    assert len(await page.allowed()) == 2  # the topic `default`
    assert (await page.get(page.path()))[0] == 200

    assert time.process_time() - begun < 3  # each word about each topic took 20 s


@pytest.mark.parametrize("body", [b"shown=gone%7Cemail&on=gone%7Cemail", b"", b"\xff"])
async def test_a_form_that_chooses_nothing_is_told_so(page: Page, body: bytes) -> None:
    status, html = await page.post(page.path(), body)

    assert (status, "Nothing was saved" in html, await page.rows()) == (200, True, [])


@pytest.mark.parametrize("body", [b"&".join([b"shown=orders%7Cemail"] * 4097), b"shown=" + b"x" * 600_000])
async def test_a_form_without_end_is_told_so_on_a_page(page: Page, body: bytes) -> None:
    status, html = await page.post(page.path(), body)

    assert (status, "Nothing was saved" in html, html.startswith("<!doctype html>")) == (413, True, True)


async def test_a_link_that_is_cut_off_says_so_and_not_whether_there_is_such_a_person(page: Page) -> None:
    erased = page.path("u_9")

    pages = {(await page.get(path))[1] for path in (page.path()[:-3], "/u/nonsense", erased)}

    (html,) = pages
    assert "This link does not work" in html
    assert "choice is saved" not in html


async def test_a_link_of_a_life_before_erasure_is_nobodys_when_the_id_comes_back(visiting: Callable[..., Awaitable[Page]]) -> None:
    clock = FakeClock()
    page = await visiting(clock=clock)
    old = page.path()
    clock.advance(seconds=5)
    await page.gateway.erase_recipient("u_1")
    clock.advance(seconds=5)
    await page.gateway.put_recipient(Recipient(id="u_1", email="zoe@other.example"))

    _, looked = await page.get(old)
    await page.post(old)
    before, new = await page.rows(), page.path()
    await page.post(new)

    assert ("This link does not work" in looked, "z•••@" in looked, before) == (True, False, [])
    assert ("z•••@" in (await page.get(new))[1], [row[2] for row in await page.rows()]) == (True, ["withdrawn"])


async def test_a_link_without_a_moment_as_an_older_wasl_made_it_still_works(page: Page) -> None:
    token = tokens.issue(page.gateway._open.ring, "preferences", {"brand": "default", "recipient": "u_1", "topic": "orders"})

    await page.post(f"/u/{token}")

    assert await page.rows() == [("orders", "*", "withdrawn", "one_click")]

"""Opens and clicks of topics that ask for it: links that lead where the author's did, what people and machines do with them."""

import asyncio
from datetime import timedelta

import pytest

from tests.gateway.tracking.conftest import PUBLIC, Tracked, happened, links, picture
from wasl.errors import LedgerUnavailable
from wasl.showing.seen import Glimpse
from wasl_contracts import Content, Mark, Message, Recipient, State

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


async def test_a_link_leads_where_the_authors_did_and_a_click_is_noted_once(tracked: Tracked) -> None:
    message, mail = await tracked.sent()
    first, again, arabic, *others = links(mail)

    answer = await tracked.get(first)
    await tracked.get(first)
    target = (await tracked.get(arabic, method="HEAD")).headers["Location"]
    seen = await tracked.seen(message)

    assert (answer.status, answer.headers["Location"]) == (302, "https://shop.example/a?b=1&c=2")
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "Set-Cookie" not in answer.headers
    assert first == again
    assert others == []
    assert target == "https://shop.example/%D8%B9%D8%B1%D8%B6"
    assert happened(seen) == [("clicked", None)]
    assert (seen.state, Mark.CLICKED in seen.marks) == (State.DELIVERED, True)


async def test_a_picture_that_is_loaded_is_an_open_and_never_a_reading(tracked: Tracked) -> None:
    message, mail = await tracked.sent()

    answer = await tracked.get(picture(mail))
    await tracked.get(picture(mail))
    seen = await tracked.seen(message)

    assert (answer.status, answer.content_type, (await answer.read())[:6]) == (200, "image/gif", b"GIF89a")
    assert happened(seen) == [("opened", None)]
    assert set(seen.marks) == {Mark.OPENED}


@ON_SQLITE
async def test_what_is_not_tracked_stays_as_the_author_wrote_it(tracked: Tracked) -> None:
    _, quiet = await tracked.sent("quiet")
    _, clicks = await tracked.sent("clicks")
    _, news = await tracked.sent()

    assert "/t/" not in quiet.html + quiet.text + clicks.text + news.text
    assert links(clicks)
    assert "/t/o/" not in clicks.html
    assert f'href="{PUBLIC}/u/' in news.html


@ON_SQLITE
async def test_a_preview_is_not_tracked(tracked: Tracked) -> None:
    given = Glimpse(topic="news", content=Content(title="News", body="[Shop](https://shop.example/)"))

    preview = await tracked.gateway.show(given)

    assert "/t/" not in preview.model_dump_json()


@ON_SQLITE
@pytest.mark.parametrize("change", ["swap", "cut", "add", "number", "other"])
async def test_a_changed_token_leads_nowhere(tracked: Tracked, change: str) -> None:
    message, mail = await tracked.sent()
    link = links(mail)[0]
    changed = {
        "swap": link[:-1] + ("A" if link[-1] != "A" else "B"),
        "cut": link[:-1],
        "add": link + "A",
        "number": link.replace("/t/c/", "/t/c/A"),
        "other": picture(mail).replace("/t/o/", "/t/c/").removesuffix(".gif"),
    }[change]

    answer = await tracked.get(changed + "?url=https://evil.example/")
    seen = await tracked.seen(message)

    assert (answer.status, "Location" in answer.headers) == (404, False)
    assert happened(seen) == []


@ON_SQLITE
async def test_guessing_is_counted_by_caller(tracked: Tracked) -> None:
    statuses = [(await tracked.get(f"/t/c/{number}")).status for number in range(25)]

    assert (statuses[0], statuses[-1]) == (404, 429)


@ON_SQLITE
@pytest.mark.parametrize(
    ("agent", "headers", "code"),
    [
        (GMAIL, {}, "image_proxy"),
        ("Mozilla/5.0", {}, "privacy_proxy"),
        ("", {}, "privacy_proxy"),
        ("Mozilla/5.0 (compatible; bingbot/2.0)", {}, "bot"),
        ("Mozilla/5.0 Firefox/140.0", {"Sec_Purpose": "prefetch;prerender"}, "prefetch"),
        ("Mozilla/5.0 Firefox/140.0", {"Purpose": "prefetch"}, "prefetch"),
    ],
)
async def test_what_a_machine_does_is_noted_as_such_and_proves_nothing(
    tracked: Tracked, agent: str, headers: dict[str, str], code: str
) -> None:
    message, mail = await tracked.sent()

    await tracked.get(picture(mail), agent=agent, **headers)
    await tracked.get(links(mail)[0], agent=agent, **headers)
    seen = await tracked.seen(message)

    assert sorted(happened(seen), key=str) == [("clicked", code), ("opened", code)]
    assert (seen.state, seen.marks) == (State.SENT, (Mark.UNCONFIRMED,) if Mark.UNCONFIRMED in seen.marks else ())


async def test_who_follows_several_links_within_a_second_is_a_machine_the_first_click_too(tracked: Tracked) -> None:
    message, mail = await tracked.sent()
    first, _, other = links(mail)

    await tracked.get(first)
    await tracked.get(other)
    seen = await tracked.seen(message)

    assert happened(seen) == [("clicked", "several_at_once")] * 2
    assert Mark.CLICKED not in seen.marks


@ON_SQLITE
async def test_what_is_followed_as_soon_as_it_was_handed_over_is_a_machines(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    message, mail = await tracked.sent()
    monkeypatch.setattr("wasl.tracking.machines._AT_ONCE", timedelta(seconds=2))

    await tracked.get(links(mail)[0])
    seen = await tracked.seen(message)

    assert happened(seen) == [("clicked", "at_once")]


@ON_SQLITE
@pytest.mark.parametrize("how", [{"method": "HEAD"}, {"Sec_GPC": "1"}])
async def test_who_only_looks_or_asks_not_to_be_counted_leaves_no_trace(tracked: Tracked, how: dict[str, str]) -> None:
    message, mail = await tracked.sent()

    answers = [await tracked.get(links(mail)[0], **how), await tracked.get(picture(mail), **how)]
    seen = await tracked.seen(message)

    assert [answer.status for answer in answers] == [302, 200]
    assert happened(seen) == []


async def test_an_erasure_takes_the_links_with_it(tracked: Tracked) -> None:
    _, mail = await tracked.sent()

    await tracked.gateway.erase_recipient("u_1")
    answers = [(await tracked.get(url)).status for url in (links(mail)[0], picture(mail))]

    assert answers == [404, 404]


@ON_SQLITE
async def test_nobody_waits_for_a_database_that_is_away_and_the_click_is_written_when_it_is_back(
    tracked: Tracked, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, mail = await tracked.sent()
    callbacks = tracked.gateway._open.visits._callbacks
    put, failed = callbacks.put, asyncio.Event()
    monkeypatch.setattr("wasl.tracking.visits._AWAY", 0.01)

    async def away(arrival: object) -> None:
        failed.set()
        monkeypatch.setattr(callbacks, "put", put)
        raise LedgerUnavailable("The database is away.")

    monkeypatch.setattr(callbacks, "put", away)
    answer = await tracked.get(links(mail)[0])
    await tracked.gateway._open.visits.close()
    seen = await tracked.seen(message)

    assert (answer.status, failed.is_set()) == (302, True)
    assert happened(seen) == [("clicked", None)]


@ON_SQLITE
async def test_only_tracked_topics_have_a_row(tracked: Tracked) -> None:
    await tracked.sent("quiet")
    found = await tracked.gateway.accept(Message(to=Recipient(id="u_2", email="bo@example.com"), topic="news", content=Content(body="Hi")))
    await tracked.gateway.wait(found.id)

    rows = tracked.rows("SELECT message_id, opens, clicks, targets FROM tracked")

    assert rows == [(found.id, 1, 1, None)]


@ON_SQLITE
async def test_a_click_says_nothing_of_how_well_the_provider_reports(tracked: Tracked) -> None:
    confirmations = tracked.gateway._open.ledger.confirmations
    await confirmations.add(["mail"])
    message, mail = await tracked.sent()

    await tracked.get(links(mail)[0])
    seen = await tracked.seen(message)

    assert seen.state is State.DELIVERED
    assert (await confirmations.records())["mail"].heard_at == 0

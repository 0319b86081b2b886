"""One-click unsubscribing (RFC 8058): a mail program's POST acts at once and alone; looking changes nothing."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from tests.gateway.preferences.conftest import ONE_CLICK, Page
from tests.gateway.scripted import Carrier
from wasl.answers import Accepted
from wasl.api import Submission
from wasl_contracts import Content, Delivery, Message, Receipt, State

MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
    "multipart/form-data; boundary=b",
)
ORDER = Message.model_validate({"to": {"id": "u_1"}, "topic": "orders", "content": Content(body="Hello")})


@pytest.mark.parametrize(
    ("scope", "row", "left"),
    [
        ({"topic": "orders", "channel": "email"}, ("orders", "email"), {"orders|sms", "default|email", "default|sms"}),
        ({"topic": "orders"}, ("orders", "*"), {"default|email", "default|sms"}),
        ({"channel": "email"}, ("*", "email"), {"orders|sms", "default|sms"}),
        ({}, ("*", "*"), set()),
    ],
)
async def test_it_stops_just_what_the_link_names(page: Page, scope: dict[str, str], row: tuple[str, str], left: set[str]) -> None:
    status, text = await page.post(page.path(**scope))

    assert status == 200
    assert "<h1>Done</h1>" in text
    assert await page.rows() == [(*row, "withdrawn", "one_click")]
    assert await page.allowed() == left | {"codes|email", "codes|sms"}  # one-time codes cannot be turned off


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (ONE_CLICK, "application/x-www-form-urlencoded"),
        (ONE_CLICK, "application/x-www-form-urlencoded; charset=utf-8"),
        (b"list-unsubscribe=one-click", "text/plain"),
        MULTIPART,
    ],
)
async def test_every_form_of_the_request_is_understood(page: Page, body: bytes, kind: str) -> None:
    status, _ = await page.post(page.path(topic="orders", channel="email"), body, **{"Content-Type": kind})

    assert (status, await page.rows()) == (200, [("orders", "email", "withdrawn", "one_click")])


async def test_again_is_as_good_as_once_until_they_turn_it_on_again(page: Page) -> None:
    link = page.path(topic="orders", channel="email")

    await page.post(link)
    await page.post(link)
    once = await page.rows()
    await page.save("orders|email", "orders|sms", "default|email", "default|sms")
    await page.post(link)

    assert once == [("orders", "email", "withdrawn", "one_click")]
    assert [row[2] for row in await page.rows()] == ["withdrawn", "granted", "withdrawn"]


async def test_a_scanner_that_follows_links_changes_nothing(page: Page) -> None:
    link = page.path(topic="orders", channel="email")

    answers = []
    for method in ("GET", "HEAD", "GET", "OPTIONS", "PUT", "DELETE"):
        async with page.http.request(method, page.base + link, data=ONE_CLICK if method == "GET" else None) as answer:
            answers.append(answer.status)
    await page.get(f"{link}?List-Unsubscribe=One-Click")
    await page.post(link, b"")
    await page.post(link, b"List-Unsubscribe=Perhaps&something=else")
    await page.post(link, b"\xff\xfe\x00")
    await page.post(link, b"--b\r\nnot a part", **{"Content-Type": "multipart/form-data; boundary=b"})
    await page.post(link, b"", **{"Content-Type": "multipart/form-data"})

    assert answers == [200, 200, 200, 405, 405, 405]
    assert await page.rows() == []


async def test_a_wrong_token_looks_the_same_and_writes_nothing(page: Page) -> None:
    right = page.path(topic="orders", channel="email")
    stranger = page.path(recipient="u_nobody", topic="orders", channel="email")
    wrong = [f"{right[:-3]}AAA", "/u/x", f"/u/{'A' * 3000}", "/u/%D9%88%D8%B5%D9%84", stranger, right + "x"]

    wrongly, looked = {await page.post(link) for link in wrong}, {await page.get(link) for link in wrong}
    unwritten = await page.rows()

    assert wrongly == {await page.post(right)}
    assert [(status, "This link does not work" in html) for status, html in looked] == [(200, True)]
    assert unwritten == []
    assert await page.rows() == [("orders", "email", "withdrawn", "one_click")]


async def test_a_large_body_is_refused(page: Page) -> None:
    status, text = await page.post(page.path(), ONE_CLICK + b"&x=" + b"x" * 262_144)

    assert (status, "Nothing was saved" in text) == (413, True)
    assert await page.rows() == []


async def test_who_tries_tokens_is_stopped_and_opt_outs_are_not(page: Page) -> None:
    statuses = []
    for number in range(22):
        async with page.http.get(f"{page.base}/u/{number}") as answer:
            statuses.append((answer.status, answer.headers.get("Retry-After")))

    assert statuses == [(200, None)] * 20 + [(429, "60")] * 2
    assert (await page.post(page.path(topic="orders")))[0] == 200
    assert await page.rows() == [("orders", "*", "withdrawn", "one_click")]


async def test_who_has_a_link_cannot_write_without_end(page: Page) -> None:
    statuses = [(await page.get(page.path()))[0] for _ in range(21)]
    form = (await page.post(page.path(), b"everything=off"))[0]
    one_click = (await page.post(page.path()))[0]

    assert statuses == [200] * 20 + [429]
    assert (form, one_click) == (429, 200)
    assert await page.rows() == [("*", "*", "withdrawn", "one_click")]


async def test_nothing_of_a_queue_leaves_a_second_after_the_click(
    visiting: Callable[..., Awaitable[Page]], carriers: dict[str, Carrier]
) -> None:
    calls: list[float] = []

    async def slowly(_: Delivery) -> Receipt:
        calls.append(time.monotonic())
        await asyncio.sleep(0.005)
        return Receipt()

    carriers["mail"].script.then = slowly
    page = await visiting(worker=True, providers={"mail": {"plugin": "scripted", "concurrency": 4}, "text": {"plugin": "scripted"}})
    queued = await page.gateway.accept_many([Submission(ORDER) for _ in range(300)])
    while len(calls) < 10:  # noqa: ASYNC110 - what is awaited happens in the worker
        await asyncio.sleep(0.002)

    begun = time.monotonic()
    await page.post(page.path(topic="orders"))
    done = time.monotonic()
    states = [(await page.gateway.wait(one.id)).state for one in queued if isinstance(one, Accepted)]

    assert done - begun < 1
    assert Counter(states) == {State.SENT: len(calls), State.WITHHELD: 300 - len(calls)}
    assert len(calls) < 290
    assert [moment for moment in calls if moment > done + 0.5] == []
    assert sum(moment > done for moment in calls) <= 4  # those whose intent was committed before
    last = await page.gateway.wait((await page.gateway.accept(ORDER)).id)
    assert last.reason is not None
    assert (last.state, last.reason.code) == (State.WITHHELD, "opted_out")

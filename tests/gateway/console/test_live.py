"""The stream of a list: what changed, what is new, where it goes on, and when it ends."""

import asyncio
import re
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientResponse

from tests.gateway.console.conftest import Console
from tests.gateway.scripted import ANN, message

Parts = tuple[str, str]


async def later(console: Console, brand: str = "default") -> str:
    """A message that waits for its time."""
    return (await console.gateway.of(brand).accept(message(ANN, send_at=datetime.now(UTC) + timedelta(days=1)))).id


async def stream_of(console: Console, query: str = "") -> str:
    """Where the list says that its stream is."""
    found = re.search(r'hx-sse:connect="([^"]+)"', (await console.get(f"/messages{query}")).text)
    assert found is not None
    return found[1].replace("&amp;", "&").removeprefix("/console")


async def told(answer: ClientResponse) -> Parts:
    """The next event: its id and data."""
    place, data = "", []
    async with asyncio.timeout(3):
        while True:
            read = await answer.content.readline()
            assert read, "it ended"
            line = read.decode().rstrip("\r\n")
            name, _, value = line.partition(": ")
            if name == "id":
                place = value
            elif name == "data":
                data.append(value)
            elif not line and data:
                return place, "\n".join(data)


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.console.screens.live._GATHER", 0.02)
    monkeypatch.setattr("wasl.console.screens.live._TURN", 0.1)


def following(console: Console, path: str, **headers: str):  # type: ignore[no-untyped-def]  # aiohttp's own
    return console.http.get(f"{console.url}/console{path}", cookies=console.cookies, headers={"Accept": "text/event-stream", **headers})


async def test_what_changes_is_told_in_place_and_what_is_new_as_a_number(console: Console) -> None:
    shown = await later(console)
    path = await stream_of(console)

    async with following(console, path) as answer:
        await console.gateway.cancel(shown)
        _, changed = await told(answer)
        new = await later(console)
        _, news = await told(answer)

    assert answer.headers["Content-Type"] == "text/event-stream"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert f'hx-target="#s-{shown}"' in changed
    assert "Cancelled" in changed
    assert ("1 new" in news, new in news) == (True, False)


async def test_only_what_fits_the_query_is_new(console: Console) -> None:
    await later(console)
    path = await stream_of(console, "?q=brand:acme,default+is:scheduled")

    async with following(console, path) as answer:
        await later(console, "beta")
        await later(console, "acme")
        _, news = await told(answer)

    assert "1 new" in news


async def test_who_comes_back_goes_on_where_they_were(console: Console) -> None:
    shown = await later(console)
    path = await stream_of(console)
    async with following(console, path) as answer:
        await later(console)
        place, _ = await told(answer)

    await console.gateway.cancel(shown)
    async with following(console, path, **{"Last-Event-ID": place}) as again:
        _, missed = await told(again)
    async with following(console, path, **{"Last-Event-ID": "no,place"}) as lost:
        _, anew = await told(lost)

    assert place.count(",") == 2  # one place for each brand
    assert f"#s-{shown}" in missed
    assert f"#s-{shown}" in anew


async def test_it_ends_when_they_sign_out(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.console.screens.live._SESSION", 0.05)
    await later(console)
    path = await stream_of(console)

    async with following(console, path) as answer, asyncio.timeout(3):
        await console.post("/sign-out")
        rest = await answer.content.read()

    assert b"hx-partial" not in rest


async def test_nothing_of_another_brand_is_followed_by_naming_it(console: Console) -> None:
    hidden = await later(console, "beta")
    acme = await console.as_("support", "acme")
    rows = f"0.{hidden[4:]}.00000000,1.{hidden[4:]}.00000000,junk"

    async with following(acme, f"/live?rows={rows}&brand=beta&top=1") as named, following(acme, f"/live?rows={rows}&top=1") as own:
        await later(console, "beta")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.25):
                await told(own)

    assert (named.status, own.status) == (200, 200)


async def test_one_user_follows_twenty_pages_and_leaves_places_for_others(console: Console) -> None:
    path, other = await stream_of(console), await console.as_("viewer")

    async with AsyncExitStack() as stack:
        own = [await stack.enter_async_context(following(console, path)) for _ in range(21)]
        theirs = await stack.enter_async_context(following(other, path))

        assert [answer.status for answer in own] == [200] * 20 + [503]
        assert theirs.status == 200


async def test_the_page_of_a_message_tells_that_it_went_on(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.console.progress._LOOK", 0.02)
    shown = await later(console)
    path = await stream_of(console, f"/{shown}")

    async with following(console, path) as answer:
        await console.gateway.cancel(shown)
        _, changed = await told(answer)
        rest = await asyncio.wait_for(answer.content.read(), 3)

    assert path.startswith(f"/messages/{shown}/live?look=")
    assert ("was cancelled" in changed, "It went on · Show" in changed, rest.strip()) == (True, True, b"")
    async with following(console, path) as late:  # told at once what was missed
        assert "was cancelled" in (await told(late))[1]
    ended = await console.get(f"/messages/{shown}")
    assert "hx-sse:connect" not in ended.text


async def test_a_query_that_cannot_be_read_has_no_stream(console: Console) -> None:
    assert (await console.get("/live?q=statsu:x&top=1")).status in (200, 204)
    await later(console)
    path = (await stream_of(console)).replace("/live?", "/live?q=statsu:x&")
    assert (await console.get(path)).status == 204


async def test_whoever_is_not_signed_in_follows_nothing(console: Console) -> None:
    nobody = await console.as_(None)

    assert (await nobody.get("/live", Accept="text/event-stream")).status == 401

"""Those who listen: each gets all that it wants, once and in order, however it comes and goes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from random import Random
from typing import Any

import pytest

from tests.gateway.scripted import Carrier, Desk
from wasl.api import Gateway
from wasl.errors import Gone, LedgerUnavailable, Refused
from wasl.feed.listeners import Listener, Listeners
from wasl.feed.seen import FeedEvent, Wanted
from wasl.ledger.feed import START, Cursor, Entry, Feed, Told, tell

ALL = Wanted()


class CountingFeed(Feed):
    """Counts how often it is read, and can be away."""

    reads = 0
    away = 0

    async def after(self, brand: str, cursor: Cursor, limit: int) -> list[Entry]:
        self.reads += 1
        if self.away:
            self.away -= 1
            raise LedgerUnavailable("away")
        return await super().after(brand, cursor, limit)


@pytest.fixture
def feed(desk: Desk) -> CountingFeed:
    return CountingFeed(desk.store, desk.clock)


@pytest.fixture
async def listeners(feed: CountingFeed) -> AsyncIterator[Listeners]:
    made = Listeners(feed, 50)
    yield made
    await made.close()


async def write(desk: Desk, feed: Feed, *numbers: int, kind: Any = "message.sent") -> None:
    async def work(tx: Any) -> None:
        tell(tx, [Told("default", kind, number + 1, f"msg_{number:05}", 1) for number in numbers])

    await desk.store.writer.run(work)
    feed.wake()


async def taken(listener: Listener, count: int) -> list[int]:
    found: list[FeedEvent] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            found += await listener.take(1)
    return [int((event.message or "")[4:]) for event in found]


async def test_everybody_gets_everything_once_whenever_they_come(
    desk: Desk, feed: CountingFeed, listeners: Listeners, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.feed.listeners._PAGE", 7)
    monkeypatch.setattr("wasl.feed.listeners._MOST_WAITING", 20)
    monkeypatch.setattr("wasl.feed.listeners._GATHER", 0.001)
    chance, places, total = Random(11), [START], 300

    async def tells() -> None:
        for first in range(0, total, 10):
            await write(desk, feed, *range(first, first + 10))
            places.append(await feed.newest("default"))
            await asyncio.sleep(chance.random() * 0.004)

    async def listens(number: int) -> tuple[int, list[int]]:
        await asyncio.sleep(chance.random() * 0.05)
        passed = chance.randrange(len(places))
        found: list[int] = []
        async with listeners.listening("default", ALL, places[passed]) as listener:
            while len(found) < total - passed * 10:
                found += await taken(listener, 1)
                await asyncio.sleep(chance.random() * 0.003 * (number % 5))  # some are slow, and fall behind
        return passed, found

    _, *heard = await asyncio.gather(tells(), *(listens(number) for number in range(12)))

    for passed, found in heard:
        assert found == list(range(passed * 10, total))


async def test_one_reads_for_all(desk: Desk, feed: CountingFeed, listeners: Listeners) -> None:
    async with aclosing(joined(listeners, 20)) as opened:
        everybody = await anext(opened)
        feed.reads = 0

        await write(desk, feed, 1, 2, 3)
        found = await asyncio.gather(*(taken(listener, 3) for listener in everybody))

    assert found == [[1, 2, 3]] * 20
    assert feed.reads < 6


async def joined(listeners: Listeners, count: int) -> AsyncIterator[list[Listener]]:
    """So many who have caught up."""
    if count == 0:
        yield []
        return
    async with listeners.listening("default", ALL) as listener:
        assert await listener.take(0.001) == ()
        async with aclosing(joined(listeners, count - 1)) as others:  # type: ignore[type-var]  # an async generator
            yield [listener, *await anext(others)]


async def test_who_falls_behind_reads_by_itself_and_loses_nothing(
    desk: Desk, feed: CountingFeed, listeners: Listeners, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.feed.listeners._PAGE", 3)
    monkeypatch.setattr("wasl.feed.listeners._MOST_WAITING", 4)
    async with listeners.listening("default", ALL) as slow, listeners.listening("default", ALL) as quick:
        assert [await slow.take(0.001), await quick.take(0.001)] == [(), ()]
        for number in range(12):
            await write(desk, feed, number)
            assert await taken(quick, 1) == [number]

        assert not slow.joined
        assert await taken(slow, 12) == list(range(12))
        assert slow.place == quick.place


async def test_what_is_not_wanted_moves_the_place_all_the_same(desk: Desk, feed: CountingFeed, listeners: Listeners) -> None:
    async with listeners.listening("default", Wanted(types=frozenset({"message.read"}))) as listener:
        assert await listener.take(0.001) == ()
        await write(desk, feed, 1, 2)
        await write(desk, feed, 3, kind="message.read")
        assert await taken(listener, 1) == [3]
        await write(desk, feed, 4)
        while listener.place != await feed.newest("default"):
            assert await listener.take(0.01) == ()


async def test_while_the_database_is_away_nothing_is_lost(
    desk: Desk, feed: CountingFeed, listeners: Listeners, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.feed.listeners._AWAY", 0.001)
    async with listeners.listening("default", ALL) as listener:
        assert await listener.take(0.001) == ()
        feed.away = 3
        await write(desk, feed, 1, 2)

        assert await taken(listener, 2) == [1, 2]


async def test_what_another_process_told_is_seen_without_a_word(desk: Desk, listeners: Listeners, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.feed.listeners._POLL", 0.02)
    async with listeners.listening("default", ALL) as listener:
        assert await listener.take(0.001) == ()
        await write(desk, desk.ledger.feed, 1)

        assert await taken(listener, 1) == [1]


async def test_who_is_so_slow_that_it_is_not_kept_any_more_is_told(desk: Desk, feed: CountingFeed, listeners: Listeners) -> None:
    await write(desk, feed, 1)
    async with listeners.listening("default", ALL, await feed.newest("default")) as listener:
        await write(desk, feed, 2)
        desk.clock.advance(days=10)
        await feed.clear()
        with pytest.raises(Gone):
            await listener.take(1)


async def test_the_gateway_tells_what_becomes_of_a_message(opened: Any) -> None:
    gateway: Gateway = await opened({"mail": Carrier("email")})
    events = gateway.events(types=["message.sent"])
    async with aclosing(events):
        first = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.05)
        sent = await gateway.send(to={"id": "u_1", "email": "ann@example.com"}, content={"body": "Hello"})
        event = await asyncio.wait_for(first, 5)

    assert (event.type, event.message, event.recipient, event.channel, event.provider) == ("message.sent", sent.id, "u_1", "email", "mail")
    async with aclosing(gateway.events(after="start")) as again:
        assert await asyncio.wait_for(anext(again), 5) == event
    assert "ann@example.com" not in event.model_dump_json()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"types": ["message.snet"]}, '/type has a type that does not exist; did you mean "message.sent"?'),
        ({"types": ["x"]}, "/type has a type that does not exist; there are: message.scheduled, "),
        ({"after": "msg_1"}, "/after is not the id of an event"),
    ],
)
async def test_the_gateway_refuses_what_is_not_there(opened: Any, asked: dict[str, Any], told: str) -> None:
    gateway: Gateway = await opened({"mail": Carrier("email")}, worker=False)

    with pytest.raises(Refused) as refused:
        await anext(gateway.events(**asked))

    assert refused.value.message.startswith(told)


async def test_a_gateway_that_closes_lets_them_end(opened: Any) -> None:
    gateway: Gateway = await opened({"mail": Carrier("email")}, worker=False)
    heard = asyncio.ensure_future(_all(gateway))
    await asyncio.sleep(0.05)

    gateway.end_listening()

    assert await asyncio.wait_for(heard, 5) == []
    assert await asyncio.wait_for(_all(gateway), 5) == []


async def _all(gateway: Gateway) -> list[FeedEvent]:
    return [event async for event in gateway.events()]

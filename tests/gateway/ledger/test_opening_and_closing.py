import asyncio

import pytest

from tests.gateway.scripted import Desk, message
from wasl.errors import Unusable
from wasl.keys import KeyRing
from wasl.ledger.ledger import Ledger


async def test_the_key_ring_of_another_database_is_refused(desk: Desk) -> None:
    await desk.ledger.check_keys()
    stranger = Ledger(desk.store, KeyRing({1: b"x" * 32}, 1), desk.routing, desk.policies, desk.clock)

    with pytest.raises(Unusable, match="key ring does not belong"):
        await stranger.check_keys()
    with pytest.raises(Unusable, match="key ring does not belong"):
        await Ledger(desk.store, KeyRing({2: b"x" * 32}, 2), desk.routing, desk.policies, desk.clock).check_keys()

    await desk.ledger.check_keys()


async def test_a_key_may_be_added_to_the_ring_but_none_taken_away(desk: Desk) -> None:
    old, new = b"a" * 32, b"b" * 32

    await Ledger(desk.store, KeyRing({1: old}, 1), desk.routing, desk.policies, desk.clock).check_keys()
    await Ledger(desk.store, KeyRing({1: old, 2: new}, 2), desk.routing, desk.policies, desk.clock).check_keys()

    with pytest.raises(Unusable):
        await Ledger(desk.store, KeyRing({2: new}, 2), desk.routing, desk.policies, desk.clock).check_keys()


async def test_two_that_start_at_once_agree_on_the_key_ring(desk: Desk) -> None:
    await asyncio.gather(*(desk.ledger.check_keys() for _ in range(4)))

    assert desk.rows("SELECT count(*) FROM key_checks") == [(1,)]


async def test_closing_the_ledger_keeps_what_was_handed_over(desk: Desk) -> None:
    waiting = [desk.ledger.accept(desk.drafting.draft(message(), None, desk.clock.now())) for _ in range(5)]

    await desk.close()

    assert len({one.result().id for one in waiting}) == 5
    assert desk.rows("SELECT count(*) FROM messages") == [(5,)]

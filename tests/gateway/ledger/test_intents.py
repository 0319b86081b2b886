from typing import Any

import pytest

from tests.gateway.scripted import Desk, message
from wasl.ledger.claims import LEASE
from wasl.ledger.intents import Intent
from wasl_contracts import Address, State

TOKENS = [{"channel": "push", "kind": "fcm_token", "value": token} for token in ("one", "two", "three")]


async def planned(desk: Desk, **fields: Any) -> Intent:
    await desk.accept(message(**fields))
    (claimed,) = await desk.claim()
    return await desk.plan(claimed)


async def suppress(desk: Desk, intent: Intent) -> None:
    await desk.suppress("email", intent.candidate.address_hash)


def attempts(desk: Desk) -> int:
    return int(desk.rows("SELECT count(*) FROM attempts")[0][0])


async def test_an_intent_is_a_row_before_the_call(desk: Desk) -> None:
    intent = await planned(desk)

    assert await desk.ledger.commit_intents([intent]) == [True]

    assert desk.rows("SELECT delivery, number, provider, ended_at, outcome FROM attempts") == [(1, 1, "mail", None, None)]
    assert desk.rows("SELECT state, channel, provider, attempts, address FROM deliveries") == [
        ("sending", "email", "mail", 1, "a•••@e•••.com")
    ]


async def test_no_intent_commits_after_a_suppression(desk: Desk) -> None:
    intent = await planned(desk)
    await suppress(desk, intent)

    assert await desk.ledger.commit_intents([intent]) == [False]

    assert (attempts(desk), desk.state(intent.claimed)) == (0, "accepted")


async def test_no_intent_commits_after_a_cancel(desk: Desk) -> None:
    intent = await planned(desk)
    await desk.ledger.cancel("default", intent.claimed.message_id)

    assert await desk.ledger.commit_intents([intent]) == [False]

    assert (attempts(desk), desk.state(intent.claimed)) == (0, "cancelled")


async def test_no_intent_commits_after_its_expiry(desk: Desk) -> None:
    intent = await planned(desk, expires_in="10s")
    desk.clock.advance(seconds=10)

    assert await desk.ledger.commit_intents([intent]) == [False]

    assert (attempts(desk), desk.state(intent.claimed)) == (0, "accepted")


async def test_until_its_expiry_an_intent_commits(desk: Desk) -> None:
    intent = await planned(desk, expires_in="10s")
    desk.clock.advance(seconds=9, microseconds=999_999)

    assert await desk.ledger.commit_intents([intent]) == [True]


async def test_no_intent_commits_with_an_old_fence(desk: Desk) -> None:
    intent = await planned(desk)
    desk.clock.advance(microseconds=LEASE)
    (again,) = await desk.claim()

    assert await desk.ledger.commit_intents([intent]) == [False]
    assert await desk.ledger.commit_intents([await desk.plan(again)]) == [True]
    assert attempts(desk) == 1


async def test_one_intent_does_not_commit_twice(desk: Desk) -> None:
    intent = await planned(desk)

    await desk.ledger.commit_intents([intent])
    with pytest.raises(Exception, match=r"(?i)unique"):
        await desk.ledger.commit_intents([intent])

    assert attempts(desk) == 1


async def test_of_a_batch_only_those_go_that_still_may(desk: Desk) -> None:
    people = [{"id": f"u_{n}", "email": f"p{n}@example.com"} for n in range(4)]
    for to in people:
        await desk.accept(message(to))
    intents = [await desk.plan(claimed) for claimed in await desk.claim()]
    await suppress(desk, intents[1])
    await desk.ledger.cancel("default", intents[2].claimed.message_id)

    assert await desk.ledger.commit_intents(intents) == [True, False, False, True]

    sending = {row[0] for row in desk.rows("SELECT message_id FROM attempts")}
    assert sending == {intents[0].claimed.message_id, intents[3].claimed.message_id}


async def test_the_lease_of_a_call_ends_without_a_sign_of_life_and_lasts_with_one(desk: Desk) -> None:
    held, lost = await planned(desk), await planned(desk, to={"id": "u_2", "email": "bo@example.com"})
    await desk.ledger.commit_intents([held, lost])

    desk.clock.advance(seconds=50)
    await desk.ledger.renew([held.claimed])
    desk.clock.advance(seconds=50)
    (found,) = await desk.claim()

    assert (found.message_id, found.state, found.strikes) == (lost.claimed.message_id, State.SENDING, 1)
    await desk.ledger.renew([lost.claimed])  # too late: its fence has grown
    assert await desk.claim() == []
    desk.clock.advance(seconds=61)
    assert len(await desk.claim()) == 2


async def test_a_push_opens_a_delivery_for_every_other_device_once(desk: Desk) -> None:
    await desk.accept(message({"id": "u_1", "addresses": TOKENS}, channels=["push"]))
    (claimed,) = await desk.claim("push")
    intent = await desk.plan(claimed, "device")

    await desk.ledger.commit_intents([intent])

    siblings = await desk.claim("push")
    assert sorted(one.number for one in siblings) == [101, 102]
    assert {intent.candidate.address_hash} | {one.address_hash for one in siblings} == {
        desk.ledger.address_hash(Address(channel="push", kind="fcm_token", value=token)) for token in ("one", "two", "three")
    }
    plans = [await desk.plan(one, "device") for one in siblings]
    assert [(plan.candidate.address_hash, plan.siblings) for plan in plans] == [(one.address_hash, ()) for one in siblings]


async def test_a_push_that_is_tried_again_opens_no_device_twice(desk: Desk) -> None:
    await desk.accept(message({"id": "u_1", "addresses": TOKENS}, channels=["push"]))
    (claimed,) = await desk.claim("push")
    await desk.ledger.commit_intents([await desk.plan(claimed, "device")])
    await desk.ledger.settle(desk.settlement(claimed, State.SCHEDULED, due_at=desk.now))

    again = next(one for one in await desk.claim("push") if one.number == 1)

    assert await desk.ledger.commit_intents([await desk.plan(again, "device")]) == [True]
    assert desk.rows("SELECT count(*) FROM deliveries") == [(3,)]


@pytest.mark.parametrize("withdrawn", ["suppression", "cancel", "expiry", "fence"])
async def test_an_intent_that_does_not_commit_opens_no_devices(desk: Desk, withdrawn: str) -> None:
    await desk.accept(message({"id": "u_1", "addresses": TOKENS}, channels=["push"], expires_in="2m"))
    (claimed,) = await desk.claim("push")
    intent = await desk.plan(claimed, "device")
    if withdrawn == "suppression":
        await desk.suppress("push", intent.candidate.address_hash)
    elif withdrawn == "cancel":
        await desk.ledger.cancel("default", claimed.message_id)
    elif withdrawn == "expiry":
        desk.clock.advance(minutes=2)
    else:
        desk.clock.advance(minutes=1)
        await desk.claim("push")

    assert await desk.ledger.commit_intents([intent]) == [False]

    assert desk.rows("SELECT count(*) FROM deliveries") == [(1,)]

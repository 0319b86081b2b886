"""Double opt-in, on each engine: asked, confirmed by a token, and what such a token cannot do."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.gateway.scripted import FakeClock
from tests.gateway.test_consent import IP, change, holds, shop
from wasl import tokens
from wasl.api import Gateway
from wasl.errors import Conflict, Refused

Opened = Callable[..., Awaitable[Gateway]]


async def test_a_token_confirms_what_was_asked(opened: Opened) -> None:
    gateway, _ = await shop(opened)
    token = await gateway.ask_consent("u_1", "offers", "email", wording="Offers?", wording_version="v1", locale="en")
    pending = await gateway.consent("u_1")

    seen = await gateway.confirm_consent(token, ip=IP)

    assert (pending.rows[0].state, holds(pending)["offers", "email"]) == ("pending", False)
    assert (holds(seen)["offers", "email"], holds(seen)["offers", "sms"]) == (True, False)
    granted = seen.rows[1]
    assert (granted.state, granted.source, granted.actor, granted.confirms) == ("granted", "double_opt_in", "recipient", pending.rows[0].id)
    assert (granted.wording, granted.wording_version, granted.locale, granted.ip) == ("Offers?", "v1", "en", "203.0.•••")


async def test_confirming_again_is_as_good_as_once_also_after_its_time(opened: Opened, clock: FakeClock) -> None:
    gateway, _ = await shop(opened, clock)
    token = await gateway.ask_consent("u_1", "offers", "email")

    first = await gateway.confirm_consent(token)
    clock.advance(days=30)
    second = await gateway.confirm_consent(token)

    assert second.rows == first.rows
    assert len(second.rows) == 2


async def test_a_token_that_was_not_used_in_time_is_refused(opened: Opened, clock: FakeClock) -> None:
    gateway, _ = await shop(opened, clock, consent={"confirm_within": "1h"})
    token, late = [await gateway.ask_consent("u_1", "offers", "email") for _ in range(2)]
    clock.advance(minutes=59)
    await gateway.confirm_consent(token)
    clock.advance(minutes=1)

    with pytest.raises(Refused) as refused:
        await gateway.confirm_consent(late)

    assert (refused.value.errors[0].pointer, refused.value.code) == ("/token", "token_expired")
    assert [row.state for row in (await gateway.consent("u_1")).rows] == ["pending", "pending", "granted"]


@pytest.mark.parametrize(("topic", "channel"), [("offers", "email"), ("offers", "*"), ("*", "email"), ("*", "*")])
@pytest.mark.parametrize("confirmed", [False, True])
async def test_an_old_link_does_not_turn_on_again_what_they_turned_off(opened: Opened, topic: str, channel: str, confirmed: bool) -> None:
    gateway, _ = await shop(opened)
    token = await gateway.ask_consent("u_1", "offers", "email")
    if confirmed:
        await gateway.confirm_consent(token)
    await gateway.record_consent("u_1", [change("withdrawn", topic, channel)])

    with pytest.raises(Conflict) as conflict:
        await gateway.confirm_consent(token)

    assert conflict.value.code == "withdrawn_since"
    assert not holds(await gateway.consent("u_1"))["offers", "email"]


async def test_a_no_to_something_else_does_not_spoil_a_token(opened: Opened) -> None:
    gateway, _ = await shop(opened)
    token = await gateway.ask_consent("u_1", "offers", "email")
    await gateway.record_consent("u_1", [change("withdrawn", "news"), change("withdrawn", "offers", "sms")])

    assert holds(await gateway.confirm_consent(token))["offers", "email"]


async def test_a_token_of_another_purpose_brand_or_hand_is_refused(opened: Opened) -> None:
    gateway, _ = await shop(opened)
    token = await gateway.ask_consent("u_1", "offers", "email")
    ring = gateway._open.ring
    told = tokens.read(ring, "consent", token)
    assert told is not None
    (row,) = (await gateway.record_consent("u_1", [change("granted", "news")])).rows[1:]
    foreign = [
        "abc",
        token[:-2],
        tokens.issue(ring, "unsubscribe", told),
        tokens.issue(ring, "consent", {**told, "brand": "other"}),
        tokens.issue(ring, "consent", {**told, "recipient": "u_2"}),
        tokens.issue(ring, "consent", {**told, "row": row.id}),
    ]

    for one in foreign:
        with pytest.raises(Refused) as refused:
            await gateway.confirm_consent(one)
        assert (refused.value.errors[0].pointer, refused.value.code) == ("/token", "bad_token")
    assert not holds(await gateway.consent("u_1"))["offers", "email"]


async def test_two_clicks_at_once_add_one_row(opened: Opened) -> None:
    gateway, _ = await shop(opened)
    token = await gateway.ask_consent("u_1", "offers", "email")

    await asyncio.gather(*(gateway.confirm_consent(token) for _ in range(5)))

    assert [row.state for row in (await gateway.consent("u_1")).rows] == ["pending", "granted"]

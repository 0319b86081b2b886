import asyncio

from tests.gateway.scripted import OFFERS, Desk, message
from wasl.ledger.claims import LEASE, Release
from wasl.ledger.settle import Ended
from wasl_contracts import Mark, Reason, State


async def test_a_claim_brings_the_whole_envelope(desk: Desk) -> None:
    sent = message(about="order-7", metadata={"ref": "x"}, expires_in="2h")
    stored = await desk.accept(sent)

    (claimed,) = await desk.claim("email")

    envelope = claimed.envelope
    assert (claimed.message_id, claimed.number, claimed.state, claimed.fence) == (stored.id, 1, State.ACCEPTED, 1)
    assert (envelope.content, envelope.about, envelope.metadata) == (sent.content, "order-7", {"ref": "x"})
    assert [address.value for address in envelope.addresses] == ["ann@example.com", "+966501234567"]
    assert envelope.expires_at.timestamp() * 1_000_000 == stored.expires_at


async def test_what_is_claimed_is_not_claimed_again_before_its_lease_ends(desk: Desk) -> None:
    await desk.accept(message())
    (first,) = await desk.claim()
    assert await desk.claim() == []
    desk.clock.advance(microseconds=LEASE - 1)
    assert await desk.claim() == []
    desk.clock.advance(microseconds=1)

    (second,) = await desk.claim()

    assert (first.fence, second.fence) == (1, 2)


async def test_two_claims_at_once_share_nothing(desk: Desk) -> None:
    for _ in range(30):
        await desk.accept(message())

    claims = await asyncio.gather(*(desk.claim("email", room=10) for _ in range(4)))

    ids = [claimed.message_id for batch in claims for claimed in batch]
    assert (len(ids), len(set(ids)), [len(batch) for batch in claims]) == (30, 30, [10, 10, 10, 0])


async def test_no_more_are_claimed_than_there_is_room_in_each_lane(desk: Desk) -> None:
    for _ in range(5):
        await desk.accept(message(mode="all"))

    claimed = await desk.ledger.claim({"email": 2, "sms": 3})

    assert sorted(one.lane for one in claimed) == ["email", "email", "sms", "sms", "sms"]


async def test_the_urgent_come_first(desk: Desk) -> None:
    desk.drafting._config = desk.drafting._config.model_validate(
        {**desk.drafting._config.model_dump(), "topics": {"code": {"category": "otp"}, "offers": OFFERS}}
    )
    for topic in ("offers", "default", "code"):
        await desk.accept(message(topic=topic, channels=["email"]))

    order = [(await desk.claim("email", room=1))[0].envelope.category for _ in range(3)]

    assert order == ["otp", "transactional", "promotional"]


async def test_a_new_worker_takes_over_what_a_dead_one_had_claimed_at_once(desk: Desk) -> None:
    await desk.sending()
    await desk.accept(message())
    await desk.claim()
    assert await desk.claim() == []

    await desk.ledger.take_over(("email", "sms", "push"))
    if not desk.store.exclusive:
        assert await desk.claim() == []  # the one who holds them may live
        desk.clock.advance(seconds=60)

    taken = await desk.claim()
    assert sorted(one.state for one in taken) == [State.ACCEPTED, State.SENDING]
    assert [one.fence for one in taken] == [2, 2]


async def test_taking_over_leaves_alone_what_is_over_or_waits_for_its_time(desk: Desk) -> None:
    sent = await desk.sending()
    await desk.ledger.settle(desk.settlement(sent, State.SENT))
    await desk.accept(message(send_at=desk.clock.now().replace(hour=20).isoformat()))

    await desk.ledger.take_over(("email", "sms", "push"))

    assert await desk.claim() == []


async def test_deliveries_of_a_channel_that_is_gone_move_to_another_lane(desk: Desk) -> None:
    await desk.accept(message(channels=["sms"]))

    await desk.ledger.take_over(("email",))
    if not desk.store.exclusive:
        assert await desk.claim("email") == []  # another worker may know that channel
        desk.clock.advance(minutes=11)
        await desk.ledger.take_over(("email",))

    (claimed,) = await desk.claim("email")
    assert claimed.envelope.channels == ("sms",)


async def test_a_release_makes_it_due_again_by_its_lane(desk: Desk) -> None:
    await desk.accept(message())
    (claimed,) = await desk.claim("email")

    await desk.ledger.release([Release(claimed, "sms", desk.now)])

    assert await desk.claim("email") == []
    assert len(await desk.claim("sms")) == 1


async def test_a_release_without_a_moment_waits_for_an_event(desk: Desk) -> None:
    claimed = await desk.sending()
    await desk.ledger.settle(desk.settlement(claimed, State.UNKNOWN, due_at=desk.now))
    (unknown,) = await desk.claim()

    await desk.ledger.release([Release(unknown, unknown.lane, None)])

    desk.clock.advance(days=30)
    assert await desk.claim() == []


async def test_what_is_known_of_earlier_tries_comes_with_the_claim(desk: Desk) -> None:
    claimed = await desk.sending()
    again = desk.settlement(
        claimed, State.SCHEDULED, due_at=desk.now, reason=Reason.RETRYING, marks=(Mark.POSSIBLE_DUPLICATE,), refused=("mail",)
    )
    await desk.ledger.settle(again)

    (second,) = await desk.claim()

    assert (second.state, second.reason, second.marks, second.refused) == (
        State.SCHEDULED, Reason.RETRYING, (Mark.POSSIBLE_DUPLICATE,), ("mail",),
    )  # fmt: skip
    assert (second.channel, second.provider, second.attempts, second.unproven) == ("email", "mail", 1, False)


async def test_an_earlier_unknown_outcome_stays_in_mind(desk: Desk) -> None:
    claimed = await desk.sending()
    await desk.ledger.settle(
        desk.settlement(claimed, State.UNKNOWN, due_at=desk.now, ended=Ended(1, desk.now, "unknown", Reason.OUTCOME_UNKNOWN))
    )

    (unknown,) = await desk.claim()
    await desk.ledger.settle(desk.settlement(unknown, State.SCHEDULED, due_at=desk.now))
    (again,) = await desk.claim()

    assert (unknown.unproven, again.unproven) == (True, True)

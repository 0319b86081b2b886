import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.gateway.scripted import OFFERS, Carrier, Script, calls, message, outcome, types
from wasl.answers import Accepted
from wasl.api import Gateway, Submission
from wasl.errors import NotFound
from wasl.writing import Writing
from wasl_contracts import Address, Capabilities, Delivery, Mark, Reason, Receipt, Rejected, State, Unavailable, Unknown

Opened = Callable[..., Awaitable[Gateway]]
TOPICS = {"codes": {"category": "otp"}, "offers": OFFERS, "default": {}}
DEAD = Rejected(Reason.INVALID_ADDRESS, "address", "5.1.1")
REFUSED = Rejected(Reason.CONTENT_REJECTED, "content", "554")
WRONG_KEY = Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", "401")


async def test_what_is_unavailable_is_tried_again(opened: Opened) -> None:
    mail = Carrier("email", Script(Unavailable(code="503"), Unavailable()))
    gateway = await opened({"mail": mail})

    seen = await outcome(gateway, message())

    assert (seen.state, calls(mail)) == (State.SENT, [3])
    assert types(seen) == ["accepted", *["sending", "answer.unavailable", "scheduled"] * 2, "sending", "answer.receipt"]
    assert {delivery.id for delivery in mail.script.calls} == {seen.deliveries[0].id}
    assert len({delivery.attempt_id for delivery in mail.script.calls}) == 3


async def test_a_refusing_provider_is_followed_by_the_next_of_its_channel(opened: Opened) -> None:
    for refusal in (Unavailable(), REFUSED, WRONG_KEY):
        mail, spare, text = Carrier("email", Script(refusal)), Carrier("email"), Carrier("sms")
        gateway = await opened({"mail": mail, "spare": spare, "text": text})

        seen = await outcome(gateway, message())

        assert (seen.state, seen.deliveries[0].provider, calls(mail, spare, text)) == (State.SENT, "spare", [1, 1, 0])
        await gateway.__aexit__(None, None, None)


async def test_after_the_last_provider_the_next_channel_takes_over(opened: Opened) -> None:
    mail, text = Carrier("email", Script(REFUSED)), Carrier("sms")
    gateway = await opened({"mail": mail, "text": text})

    seen = await outcome(gateway, message())

    assert [(one.channel, one.state, one.reason) for one in seen.deliveries] == [
        ("email", State.FAILED, Reason.CONTENT_REJECTED),
        ("sms", State.SENT, Reason.NO_RECEIPTS),
    ]
    assert seen.state is State.SENT


async def test_a_dead_address_is_never_used_again(opened: Opened) -> None:
    mail = Carrier("email", Script(DEAD))
    gateway = await opened({"mail": mail})

    first, second = await outcome(gateway, message()), await outcome(gateway, message())

    assert (first.state, second.state, calls(mail)) == (State.FAILED, State.WITHHELD, [1])
    assert second.reason is not None
    assert second.reason.code is Reason.SUPPRESSED_INVALID
    (candidate,) = second.decisions[0].candidates
    assert [verdict.source for verdict in candidate.verdicts if verdict.verdict == "withhold"] == ["mail 5.1.1"]


async def test_every_channel_of_all_has_its_own_end(opened: Opened) -> None:
    mail, text = Carrier("email", Script(REFUSED)), Carrier("sms")
    gateway = await opened({"mail": mail, "text": text})

    seen = await outcome(gateway, message(mode="all"), lambda seen: all(one.state is not State.ACCEPTED for one in seen.deliveries))

    assert {(one.channel, one.state) for one in seen.deliveries} <= {
        ("email", State.FAILED), ("email", State.SENDING), ("sms", State.SENT), ("sms", State.SENDING),
    }  # fmt: skip
    assert len(seen.deliveries) == 2
    assert calls(mail, text) == [1, 1]


@pytest.mark.parametrize(
    ("topic", "sends", "state", "marked"),
    [("codes", 2, State.SENT, True), ("default", 2, State.SENT, True), ("offers", 1, State.UNKNOWN, False)],
)
async def test_an_unknown_outcome_never_goes_another_way_and_is_marked_where_it_goes_again(
    opened: Opened, topic: str, sends: int, state: State, marked: bool
) -> None:
    mail, spare, text = Carrier("email", Script(Unknown("timeout"))), Carrier("email"), Carrier("sms")
    gateway = await opened({"mail": mail, "spare": spare, "text": text}, topics=TOPICS)

    seen = await outcome(gateway, message(topic=topic), lambda seen: seen.state in (State.SENT, State.UNKNOWN) and calls(mail) == [sends])
    await asyncio.sleep(0.1)
    seen = await gateway.get(seen.id)

    assert (seen.state, calls(mail, spare, text)) == (state, [sends, 0, 0])
    assert (Mark.POSSIBLE_DUPLICATE in seen.marks) == marked


async def test_a_second_unknown_outcome_is_left_to_people(opened: Opened) -> None:
    mail, text = Carrier("email", Script(then=Unknown("reset"))), Carrier("sms")
    gateway = await opened({"mail": mail, "text": text})

    seen = await outcome(gateway, message(), lambda _: calls(mail) == [2])
    await asyncio.sleep(0.15)
    seen = await gateway.get(seen.id)

    assert (seen.state, calls(mail, text), seen.marks) == (State.UNKNOWN, [2, 0], (Mark.POSSIBLE_DUPLICATE,))


@pytest.mark.parametrize("then", [Unavailable(), REFUSED, DEAD])
async def test_after_an_unknown_outcome_a_refusal_proves_nothing_of_the_first_call(opened: Opened, then: Exception) -> None:
    mail, spare, text = Carrier("email", Script(Unknown("timeout"), then)), Carrier("email"), Carrier("sms")
    gateway = await opened({"mail": mail, "spare": spare, "text": text})

    seen = await outcome(gateway, message(), lambda seen: seen.state in (State.SENT, State.FAILED))

    assert calls(spare, text) == [0, 0]
    assert len(seen.deliveries) == 1
    assert Reason.FAILOVER not in {entry.facts.get("reason") for entry in seen.timeline}
    assert Mark.POSSIBLE_DUPLICATE in seen.marks


async def test_under_a_key_that_the_provider_recognises_the_same_call_is_made_again_unmarked(opened: Opened) -> None:
    mail = Carrier("email", Script(Unknown("timeout"), Unavailable()), Capabilities(idempotency_seconds=900, receipts=True))
    gateway = await opened({"mail": mail}, topics=TOPICS)

    seen = await outcome(gateway, message(topic="offers"))

    assert (seen.state, calls(mail), seen.marks) == (State.SENT, [3], ())
    assert len({delivery.id for delivery in mail.script.calls}) == 1


async def test_a_call_that_takes_too_long_is_unknown(opened: Opened) -> None:
    async def hang(_: Delivery) -> Receipt:
        await asyncio.sleep(30)
        return Receipt()

    mail = Carrier("email", Script(hang), Capabilities(timeout_seconds=0.02))
    gateway = await opened({"mail": mail}, topics=TOPICS)

    seen = await outcome(gateway, message(topic="offers"), lambda seen: seen.state is State.UNKNOWN)

    assert seen.deliveries[0].attempts[0].code == "timeout"


async def test_a_provider_with_wrong_settings_rests_and_its_messages_are_kept(opened: Opened) -> None:
    mail = Carrier("email", Script(WRONG_KEY))
    gateway = await opened({"mail": mail})

    seen = await outcome(gateway, message())

    assert (seen.state, calls(mail)) == (State.SENT, [2])
    pause = next(entry for entry in seen.timeline if entry.type == "scheduled")
    assert pause.facts["reason"] == Reason.PROVIDER_MISCONFIGURED


async def test_what_is_cancelled_before_its_time_is_never_sent(opened: Opened) -> None:
    mail = Carrier("email")
    gateway = await opened({"mail": mail})
    accepted = await gateway.accept(message(send_at=datetime.now(UTC) + timedelta(seconds=0.5)))

    cancelled = await gateway.cancel(accepted.id)
    await asyncio.sleep(0.6)

    assert (accepted.state, cancelled.state, calls(mail)) == (State.SCHEDULED, State.CANCELLED, [0])
    assert (await gateway.cancel(accepted.id)).state is State.CANCELLED
    with pytest.raises(NotFound):
        await gateway.cancel("msg_unknown")


async def test_what_expires_between_two_tries_is_not_sent(opened: Opened) -> None:
    mail = Carrier("email", Script(Unavailable(0.5), then=Receipt()))
    gateway = await opened({"mail": mail}, retry={"base": "1ms"})

    seen = await outcome(gateway, message(expires_in="400ms"))

    assert (seen.state, calls(mail)) == (State.FAILED, [1])


async def test_what_waited_too_long_for_a_worker_expires(opened: Opened) -> None:
    waiting = await opened({"mail": Carrier("email")}, worker=False)
    accepted = await waiting.accept(message(expires_in="20ms"))
    await asyncio.sleep(0.03)
    mail = Carrier("email")
    gateway = await opened({"mail": mail})

    seen = await gateway.wait(accepted.id)

    assert (seen.state, calls(mail)) == (State.EXPIRED, [0])


async def test_an_exception_in_one_message_stops_neither_the_others_nor_leaks_a_place(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, poison = Writing.delivery, "u_poison"

    def delivery(self: Writing, intent: Any, *rest: Any) -> Any:
        if intent.claimed.envelope.recipient_id == poison:
            raise RecursionError
        return real(self, intent, *rest)

    monkeypatch.setattr(Writing, "delivery", delivery)
    mail = Carrier("email", capabilities=Capabilities(concurrency=3))
    gateway = await opened({"mail": mail})
    people = [{"id": poison if n == 4 else f"u_{n}", "email": f"p{n}@example.com"} for n in range(12)]

    accepted = await gateway.accept_many([Submission(message(to)) for to in people])
    good = [one for one, to in zip(accepted, people, strict=True) if to["id"] != poison and isinstance(one, Accepted)]
    seen = [await gateway.wait(one.id) for one in good]

    assert {one.state for one in seen} == {State.SENT}
    assert len(seen) == 11
    kept = await gateway.list()
    assert [one.state for one in kept.data if one.to.id == poison] == [State.ACCEPTED]


async def test_under_a_key_an_unknown_outcome_is_asked_ever_less_often_and_at_last_left(opened: Opened) -> None:
    hook = Carrier("email", Script(then=Unknown()), Capabilities(idempotency_seconds=3600))
    gateway = await opened({"hook": hook}, retry={"base": "1ms", "attempts": 4})

    seen = await outcome(gateway, message())

    assert (seen.state, calls(hook)) == (State.UNKNOWN, [4])


async def test_a_suppressed_mailbox_is_found_in_any_case(opened: Opened) -> None:
    mail = Carrier("email")
    gateway = await opened({"mail": mail})
    await gateway.suppress(Address(channel="email", kind="email", value="Ann.Smith@example.com"))

    seen = await outcome(gateway, message(to={"email": "ann.SMITH@Example.com"}))

    assert (seen.state, calls(mail)) == (State.WITHHELD, [0])


async def test_a_refusal_after_an_unknown_outcome_does_not_prove_that_nothing_was_sent(opened: Opened) -> None:
    hook, text = Carrier("email", Script(Unknown(), REFUSED), Capabilities(idempotency_seconds=3600)), Carrier("sms")
    gateway = await opened({"hook": hook, "text": text})

    seen = await outcome(gateway, message())

    assert (seen.state, calls(hook, text)) == (State.UNKNOWN, [2, 0])


@pytest.mark.parametrize("end", [SystemExit(3), KeyboardInterrupt()])
async def test_a_plugin_that_ends_the_process_does_not_end_it(opened: Opened, end: BaseException) -> None:
    async def quit_all(_: Delivery) -> Receipt:
        raise end

    mail = Carrier("email", Script(quit_all))
    gateway = await opened({"mail": mail}, topics=TOPICS)

    ended = await outcome(gateway, message(topic="offers"), lambda seen: seen.state is State.UNKNOWN)
    following = await outcome(gateway, message())

    assert ended.deliveries[0].attempts[0].code == type(end).__name__
    assert (following.state, calls(mail)) == (State.SENT, [2])

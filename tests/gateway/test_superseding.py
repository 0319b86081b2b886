"""Superseding and facts through the whole pipeline, with real providers' answers."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.gateway.scripted import Carrier, Script, calls, message, outcome, types
from wasl.answers import Accepted, MessageSeen
from wasl.api import Gateway, Submission
from wasl.errors import Conflict, Refused
from wasl_contracts import Capabilities, Delivery, Reason, Receipt, Rejected, State, Unavailable, Unknown

Opened = Callable[..., Awaitable[Gateway]]
ORDER = "order-1042"
REFUSED = Rejected(Reason.CONTENT_REJECTED, "content", "554")


async def waits(gateway: Gateway, until: Callable[[MessageSeen], bool], message_id: str) -> MessageSeen:
    async with asyncio.timeout(5):
        while not until(seen := await gateway.get(message_id)):  # noqa: ASYNC110 - what is awaited happens in the ledger
            await asyncio.sleep(0.005)
    return seen


async def test_what_is_tried_again_and_again_is_not_tried_after_the_newer_one(opened: Opened) -> None:
    mail = Carrier("email", Script(then=Unavailable()))
    gateway = await opened({"mail": mail})
    older = await outcome(gateway, message(about=ORDER), lambda seen: len(seen.deliveries[0].attempts) > 2)

    mail.script.then = Receipt()
    newer = await outcome(gateway, message(about=ORDER, supersedes=True))

    ended = await waits(gateway, lambda seen: seen.state is State.SUPERSEDED or seen.state is State.SENT, older.id)
    later = [one for one in mail.script.calls if one.message_id == older.id][len(ended.deliveries[0].attempts) :]
    assert (newer.state, ended.superseded_by, later) == (State.SENT, newer.id, [])
    assert all(attempt.started_at <= newer.created_at for attempt in ended.deliveries[0].attempts)


@pytest.mark.parametrize("keyed", [None, 3600])
async def test_a_call_without_proof_stays_unknown_and_is_never_made_again(opened: Opened, keyed: int | None) -> None:
    """Not even under a key that the provider recognises: if it had not taken it, it would now."""
    answered = asyncio.Event()

    async def slowly(_: Delivery) -> Receipt:
        await answered.wait()
        raise Unknown("reset")

    mail = Carrier("email", Script(slowly), Capabilities(idempotency_seconds=keyed))
    gateway = await opened({"mail": mail, "text": Carrier("sms")}, topics={"default": {"unknown": "until_expiry"}})
    older = await outcome(gateway, message(about=ORDER), lambda seen: seen.state is State.SENDING)
    newer = await outcome(gateway, message(about=ORDER, supersedes=True))

    answered.set()
    left = await gateway.wait(older.id)

    assert (left.state, left.superseded_by, newer.state) == (State.UNKNOWN, newer.id, State.SENT)
    assert [entry.facts.get("rule") for entry in left.timeline if entry.type == "left_unknown"] == ["superseded"]
    assert [one.message_id for one in mail.script.calls] == [older.id, newer.id]


async def test_no_provider_and_no_channel_takes_over_from_what_was_replaced(opened: Opened) -> None:
    answered = asyncio.Event()

    async def slowly(_: Delivery) -> Receipt:
        await answered.wait()
        raise REFUSED

    mail, spare, text = Carrier("email", Script(slowly)), Carrier("email"), Carrier("sms")
    gateway = await opened({"mail": mail, "spare": spare, "text": text})
    older = await outcome(gateway, message(about=ORDER), lambda seen: seen.state is State.SENDING)
    await outcome(gateway, message(about=ORDER, supersedes=True))

    answered.set()
    ended = await gateway.wait(older.id)

    assert (ended.state, ended.reason and ended.reason.code) == (State.SUPERSEDED, Reason.SUPERSEDED)
    assert calls(mail, spare, text) == [2, 0, 0]
    assert types(ended)[-1] == "superseded"
    (candidate,) = {(one.reason, one.chosen) for one in ended.decisions[0].candidates}
    assert candidate == (Reason.SUPERSEDED, False)


async def test_an_operator_who_retries_it_is_told_why_not(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email", Script(REFUSED))})
    older = await outcome(gateway, message(about=ORDER))
    newer = await outcome(gateway, message(about=ORDER, supersedes=True))

    with pytest.raises(Conflict) as refused:
        await gateway.retry(older.id)

    assert (refused.value.code, (await gateway.get(older.id)).superseded_by) == ("superseded", newer.id)


async def test_a_newer_message_must_say_what_it_is_about(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)

    with pytest.raises(Refused) as refused:
        await gateway.send(to={"email": "ann@example.com"}, content={"body": "Hello"}, supersedes=True)

    assert [problem.code for problem in refused.value.errors] == ["supersedes_without_about"]


async def test_a_fact_that_was_told_is_withheld_and_the_decision_names_who_told_it(opened: Opened) -> None:
    mail = Carrier("email")
    gateway = await opened({"mail": mail})
    to = {"email": "ann@example.com"}
    first = await gateway.send(to=to, content={"body": "It left"}, fact="1042 left")
    await gateway.wait(first.id)

    second = await gateway.send(to=to, content={"body": "It left!"}, fact="1042 left")
    seen = await gateway.wait(second.id)

    assert (seen.state, seen.fact, seen.reason and seen.reason.code) == (State.WITHHELD, "1042 left", Reason.DUPLICATE)
    against = next(verdict for verdict in seen.decisions[0].candidates[0].verdicts if verdict.verdict == "withhold")
    assert (against.policy, against.source, against.inputs["message"]) == ("duplicate", f"message {first.id}", first.id)
    assert calls(mail) == [1]


async def test_a_fact_that_certainly_was_not_told_is_told_by_the_next(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email", Script(REFUSED))})
    first = await outcome(gateway, message(fact="1042 left"))

    second = await outcome(gateway, message(fact="1042 left"))

    assert (first.state, second.state) == (State.FAILED, State.SENT)


async def test_of_many_at_once_with_one_fact_one_goes(opened: Opened) -> None:
    mail = Carrier("email")
    gateway = await opened({"mail": mail})

    accepted = await gateway.accept_many([Submission(message(fact="1042 left", metadata={"n": n})) for n in range(20)])

    ids = [one.id for one in accepted if isinstance(one, Accepted)]
    seen = [await waits(gateway, lambda seen: seen.state is not State.ACCEPTED, one) for one in ids]
    reasons = {one.reason.code for one in seen if one.reason is not None and one.id != min(ids)}
    assert (len(ids), calls(mail), reasons) == (20, [1], {Reason.DUPLICATE})
    assert {one.state for one in seen if one.id != min(ids)} <= {State.SCHEDULED, State.WITHHELD}

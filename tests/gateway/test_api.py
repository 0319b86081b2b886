import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.gateway.scripted import ANN, EMAIL, NOON, Carrier, FakeClock, Script, calls, message, outcome, specs, types
from wasl.answers import Accepted
from wasl.api import Gateway, Submission
from wasl.errors import IdempotencyMismatch, NotFound, Refused
from wasl_contracts import Address, Capabilities, Delivery, Receipt, Recipient, State

Opened = Callable[..., Awaitable[Gateway]]
BODY = {"body": "Your order left our store."}


async def test_one_call_sends_and_its_story_is_told(opened: Opened) -> None:
    mail = Carrier("email", Script(Receipt(provider_ref="abc")))
    gateway = await opened({"mail": mail})

    accepted = await gateway.send(to=Recipient(id="u_1", email="ann@example.com"), content=BODY, idempotency_key="k")
    seen = await gateway.wait(accepted.id)

    assert (accepted.state, seen.state, types(seen)) == (State.ACCEPTED, State.SENT, ["accepted", "sending", "answer.receipt"])
    (call,) = mail.script.calls
    assert (call.address.value, call.message_id, call.attempt_id) == (
        "ann@example.com",
        accepted.id,
        f"att_{accepted.id[4:]}_1_1",
    )
    assert seen.deliveries[0].provider_ref == "abc"


async def test_calls_that_are_out_end_before_the_gateway_closes(opened: Opened) -> None:
    begun = asyncio.Event()

    async def slow(_: Delivery) -> Receipt:
        begun.set()
        await asyncio.sleep(0.05)
        return Receipt()

    gateway = await opened({"mail": Carrier("email", Script(slow))})
    accepted = await gateway.accept(message())
    await begun.wait()

    await gateway.__aexit__(None, None, None)

    reader = await opened({"mail": Carrier("email")}, worker=False)
    assert (await reader.get(accepted.id)).state is State.SENT


async def test_no_more_calls_are_out_than_a_provider_has_places(opened: Opened) -> None:
    out, most = 0, 0

    async def count(_: Delivery) -> Receipt:
        nonlocal out, most
        out += 1
        most = max(most, out)
        await asyncio.sleep(0.002)
        out -= 1
        return Receipt()

    gateway = await opened({"mail": Carrier("email", Script(then=count), Capabilities(concurrency=4))})
    accepted = await gateway.accept_many([Submission(message({"id": f"u_{n}", "email": f"p{n}@example.com"})) for n in range(60)])

    seen = [await gateway.wait(one.id) for one in accepted if isinstance(one, Accepted)]

    assert ({one.state for one in seen}, len(seen), most) == ({State.SENT}, 60, 4)


async def test_another_process_may_accept_and_one_of_those_that_may_sends(opened: Opened, database: str) -> None:
    mail, idle = Carrier("email"), Carrier("email")
    sender = await opened({"mail": mail})
    other = await opened({"mail": idle})

    accepted = await other.accept(message())
    seen = await other.wait(accepted.id)

    assert (sender.sends, other.sends, seen.state) == (True, database.startswith("postgres"), State.SENT)
    assert sum(calls(mail, idle)) == 1
    assert other.sends or calls(idle) == [0]


async def test_twins_at_the_same_time_are_one_message(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)

    answers = await asyncio.gather(*(gateway.accept(message(), "k") for _ in range(10)))

    assert len({answer.id for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 9
    with pytest.raises(IdempotencyMismatch):
        await gateway.accept(message(about="other"), "k")


async def test_in_a_batch_each_line_has_its_own_answer(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)
    lines = [message(), message({"id": "nobody"}), message(topic="unheard_of"), message()]

    answers = await gateway.accept_many([Submission(line) for line in lines])

    assert [type(answer) for answer in answers] == [Accepted, Refused, Refused, Accepted]
    assert len((await gateway.list()).data) == 2


async def test_a_caller_that_gives_up_does_not_undo_what_is_stored(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)
    sending = asyncio.create_task(gateway.accept(message(), "k"))
    await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    again = await gateway.accept(message(), "k")

    assert len((await gateway.list()).data) == 1
    assert again.id


async def test_a_suppressed_address_gets_nothing_whatever_its_spelling(opened: Opened) -> None:
    mail, text = Carrier("email"), Carrier("sms")
    gateway = await opened({"mail": mail, "text": text})
    await gateway.suppress(Address(channel="email", kind="email", value="ann@EXAMPLE.com"))

    mailed = await outcome(gateway, message(channels=["email"]))
    texted = await outcome(gateway, message())

    assert (mailed.state, texted.state, calls(mail, text)) == (State.WITHHELD, State.SENT, [0, 1])
    with pytest.raises(Refused):
        await gateway.suppress(EMAIL.model_copy(update={"value": "nobody"}))


async def test_wait_tells_when_nothing_came_in_time(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)
    accepted = await gateway.accept(message())

    with pytest.raises(TimeoutError):
        await gateway.wait(accepted.id, timeout=0.03)
    with pytest.raises(NotFound):
        await gateway.wait("msg_unknown", timeout=1)


async def test_a_key_opens_its_brand_until_it_is_revoked(opened: Opened) -> None:
    clock = FakeClock(NOON)
    gateway = await opened({}, worker=False, clock=clock)
    key = await gateway.create_api_key("shop", ["send"])

    found = await gateway.authenticate(key.encode())
    assert found is not None
    assert (found.name, found.scopes) == ("shop", frozenset({"send"}))
    assert await gateway.authenticate(b"wasl_live_nonsense") is None
    assert await gateway.authenticate((await gateway.create_api_key("other", ["read"])).encode()[:-1] + b"x") is None

    await gateway.revoke_api_key(found.id)
    clock.advance(seconds=5)
    assert await gateway.authenticate(key.encode()) is None


async def test_a_stored_recipient_is_replaced_as_a_whole_and_found_by_id_alone(opened: Opened) -> None:
    mail = Carrier("email")
    gateway = await opened({"mail": mail, "text": Carrier("sms")})
    await gateway.put_recipient(Recipient.model_validate(ANN))
    await gateway.put_recipient(Recipient(id="u_1", email="new@example.com"))

    seen = await outcome(gateway, message({"id": "u_1"}))

    assert (seen.to.addresses, mail.script.calls[0].address.value) == (("email n•••@e•••.com",), "new@example.com")
    with pytest.raises(Refused):
        await gateway.put_recipient(Recipient(email="ann@example.com"))


async def test_health_says_who_sends(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")})

    assert (await gateway.health()).checks == {"ledger": "ok", "durability": "ok", "worker": "here"}
    gateway.closing = True
    assert not (await gateway.health()).ready


async def test_what_is_used_unopened_says_so(folder: Any) -> None:
    with pytest.raises(RuntimeError, match="not open"):
        await Gateway(specs(folder, {})).get("msg_1")

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from tests.gateway.scripted import Carrier, Script, calls, message, outcome
from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl_contracts import Capabilities, Mark, Reason, Rejected, State, Unknown

Opened = Callable[..., Awaitable[Gateway]]
WRONG_KEY = Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", "401")


async def test_a_refused_account_sends_by_the_next_channel_and_so_does_what_comes_while_it_rests(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.watch.PAUSE", timedelta(seconds=60))
    text, mail = Carrier("sms", Script(WRONG_KEY)), Carrier("email")
    gateway = await opened({"text": text, "mail": mail})

    first = await outcome(gateway, message(channels=("sms", "email")))
    second = await outcome(gateway, message(channels=("sms", "email")))

    assert [(one.channel, one.state) for one in first.deliveries] == [("sms", State.FAILED), ("email", State.SENT)]
    assert [(one.channel, one.state) for one in second.deliveries] == [("email", State.SENT)]
    assert calls(text, mail) == [1, 2]


async def test_what_comes_while_its_only_provider_rests_says_so_and_until_when(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("watch", "assembly"):
        monkeypatch.setattr(f"wasl.{module}.PAUSE", timedelta(seconds=60))
    mail = Carrier("email", Script(WRONG_KEY))
    gateway = await opened({"mail": mail})
    refused = await gateway.accept(message())
    await _seen(gateway, refused.id, State.SCHEDULED)

    accepted = await gateway.accept(message())
    seen = await _seen(gateway, accepted.id, State.SCHEDULED)

    assert seen.reason is not None
    assert seen.reason.code is Reason.PROVIDER_PAUSED
    assert seen.created_at < seen.due_at


async def _seen(gateway: Gateway, message_id: str, state: State) -> MessageSeen:
    for _ in range(300):
        seen = await gateway.get(message_id)
        if seen.state is state:
            break
        await asyncio.sleep(0.002)
    return seen


async def test_what_may_have_been_sent_is_marked_if_its_key_has_ended_while_the_provider_rested(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("watch", "assembly"):
        monkeypatch.setattr(f"wasl.{module}.PAUSE", timedelta(seconds=1.1))
    hook = Carrier("email", Script(Unknown(), WRONG_KEY), Capabilities(idempotency_seconds=1))
    gateway = await opened({"hook": hook})

    seen = await outcome(gateway, message())

    assert (seen.state, calls(hook)) == (State.SENT, [3])
    assert Mark.POSSIBLE_DUPLICATE in seen.marks


async def test_a_long_pause_is_told_once(opened: Opened) -> None:
    mail = Carrier("email", Script(then=WRONG_KEY), Capabilities(concurrency=1))
    gateway = await opened({"mail": mail})
    accepted = [await gateway.accept(message()) for _ in range(10)]

    await asyncio.sleep(0.8)  # some forty pauses, in each of which one message is tried

    for one in accepted:
        seen = await gateway.get(one.id)
        paused = [entry for entry in seen.timeline if entry.facts.get("reason") == Reason.PROVIDER_PAUSED]
        assert len(paused) <= 1 + len(seen.deliveries[0].attempts)


async def test_all_devices_get_a_push_that_steps_in_for_a_resting_provider(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.watch.PAUSE", timedelta(seconds=60))
    mail, phones = Carrier("email", Script(then=WRONG_KEY)), Carrier("push")
    gateway = await opened({"mail": mail, "phones": phones})
    tokens = [{"channel": "push", "kind": "fcm_token", "value": f"device-{n}"} for n in range(3)]
    to = {"id": "u_devices", "email": "ann@example.com", "addresses": tokens}
    mail_rests = await outcome(gateway, message(to=to, channels=("email", "push")))

    seen = await outcome(gateway, message(to=to, channels=("email", "push")))

    assert mail_rests.state is seen.state is State.SENT
    assert sorted(delivery.address.value for delivery in phones.script.calls) == sorted(2 * [f"device-{n}" for n in range(3)])

"""What may have been sent never ends, or waits, with a sentence that denies it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from tests.gateway.scripted import Carrier, Script, calls, message, outcome, types
from wasl.api import Gateway
from wasl.ledger.reads import Filters
from wasl_contracts import Address, Capabilities, Mark, Reason, Rejected, State, Unknown

Opened = Callable[..., Awaitable[Gateway]]
WRONG_KEY = Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", "401")


async def test_what_may_have_been_sent_says_so_while_it_waits_and_when_its_life_ends(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.watch.PAUSE", timedelta(seconds=60))
    hook = Carrier("email", Script(Unknown(), WRONG_KEY), Capabilities(idempotency_seconds=3600))
    gateway = await opened({"hook": hook})

    ended = await outcome(gateway, message(expires_in="1500ms"), lambda seen: seen.state is State.FAILED)
    preview = await gateway.retry_all(Filters(state=State.FAILED), dry_run=True)

    assert ended.reason is not None
    assert ended.reason.code is Reason.OUTCOME_UNKNOWN
    assert {entry.facts["reason"] for entry in ended.timeline if entry.type == "scheduled"} == {Reason.OUTCOME_UNKNOWN}
    assert preview.left_alone == {"may_have_arrived": 1}
    assert (ended.state, ended.marks, calls(hook)) == (State.FAILED, (Mark.POSSIBLE_DUPLICATE,), [2])
    assert ended.timeline[-1].facts["rule"] == Reason.EXPIRED


async def test_an_unknown_outcome_stays_unknown_when_its_life_ends(opened: Opened) -> None:
    mail = Carrier("email", Script(Unknown("reset")))
    gateway = await opened({"mail": mail}, retry={"reconcile_after": "800ms"})

    seen = await outcome(gateway, message(expires_in="700ms"), lambda seen: "left_unknown" in types(seen))

    assert seen.reason is not None
    assert (seen.state, seen.reason.code, calls(mail)) == (State.UNKNOWN, Reason.OUTCOME_UNKNOWN, [1])
    assert [one.id for one in (await gateway.list(Filters(state=State.UNKNOWN))).data] == [seen.id]


async def test_what_may_have_been_sent_does_not_become_withheld(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.watch.PAUSE", timedelta(milliseconds=300))
    hook = Carrier("email", Script(Unknown(), WRONG_KEY), Capabilities(idempotency_seconds=3600))
    gateway = await opened({"hook": hook})
    waiting = await outcome(gateway, message(), lambda seen: seen.state is State.SCHEDULED and calls(hook) == [2])

    await gateway.suppress(Address(channel="email", kind="email", value="ann@example.com"))
    ended = await gateway.wait(waiting.id, timeout=5)

    assert (ended.state, ended.marks, calls(hook)) == (State.FAILED, (Mark.POSSIBLE_DUPLICATE,), [2])
    assert ended.timeline[-1].facts["rule"] == Reason.SUPPRESSED_MANUAL

"""An operator pauses a provider: nothing calls it until somebody resumes it, and nothing is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.brands.faces import written
from tests.gateway.scripted import Carrier, FakeClock, Script, calls, message, outcome
from wasl.api import Gateway
from wasl.audited import Actor, AuditFilters
from wasl.config import ProviderSection
from wasl.errors import Conflict, NotFound
from wasl.ledger.providers import Providers
from wasl.standing import Standing
from wasl_contracts import Reason, Rejected, State

Opened = Callable[..., Awaitable[Gateway]]
ANN = Actor("user", "usr_1", "ann", "operator")


@pytest.fixture
def two_brands(tmp_path: Path) -> dict[str, Any]:
    """Two brands, a provider for all and one for acme."""
    providers = {"mail": ProviderSection(plugin="scripted"), "acme-mail": ProviderSection(plugin="scripted", brands=("acme",))}
    return {"brands": written(tmp_path / "brands", {"acme": "", "beta": ""}), "providers": providers}


async def learned(gateway: Gateway, name: str, state: str) -> None:
    """Wait until the worker knows."""
    worker = gateway._open.worker
    assert worker is not None
    async with asyncio.timeout(5):
        while worker._slots.standings[name].state != state:  # noqa: ASYNC110 - it looks by itself
            await asyncio.sleep(0.005)


async def test_a_paused_provider_is_not_called_whatever_time_passes_and_its_messages_say_why(opened: Opened, clock: FakeClock) -> None:
    mail = Carrier("email")
    gateway = await opened({"mail": mail}, clock=clock)
    await gateway.by(ANN, "its invoice is wrong").pause_provider("mail")
    await learned(gateway, "mail", "paused")

    waiting = await outcome(gateway, message(), lambda seen: seen.state is State.SCHEDULED)
    clock.advance(hours=2)
    await asyncio.sleep(0.1)
    told = (await gateway.providers()).data[0]

    assert calls(mail) == [0]
    assert waiting.reason is not None
    assert waiting.reason.code is Reason.OPERATOR_PAUSED
    assert (told.state, told.reason and told.reason.code, told.until) == ("paused", Reason.OPERATOR_PAUSED, None)


async def test_resuming_sends_what_waited(opened: Opened) -> None:
    mail = Carrier("email")
    gateway = await opened({"mail": mail})
    await gateway.pause_provider("mail")
    await learned(gateway, "mail", "paused")
    waiting = await outcome(gateway, message(), lambda seen: seen.state is State.SCHEDULED)

    await gateway.resume_provider("mail")

    assert (await gateway.wait(waiting.id)).state is State.SENT


async def test_the_next_provider_of_the_channel_takes_over(opened: Opened) -> None:
    mail, spare = Carrier("email"), Carrier("email")
    gateway = await opened({"mail": mail, "spare": spare}, channels={"email": ("mail", "spare")})
    await gateway.pause_provider("mail")
    await learned(gateway, "mail", "paused")

    seen = await gateway.wait((await gateway.accept(message())).id)

    assert (seen.state, calls(mail), calls(spare)) == (State.SENT, [0], [1])


async def test_what_a_worker_finds_afterwards_does_not_end_the_pause(opened: Opened, clock: FakeClock) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False, clock=clock)
    rows: Providers = gateway._open.providers
    await gateway.pause_provider("mail")
    late = Standing("mail", "paused", Reason.PROVIDER_MISCONFIGURED, "401", clock.now(), clock.now() + timedelta(minutes=1))

    await rows.record([("pause", late), ("close", late), ("slow", late), ("open", late)])
    tried = await rows.admit({}, {"mail": clock.now() + timedelta(minutes=1)})

    (standing,) = await rows.seen()
    assert (standing.by_operator, tried[1]) == (True, set())


async def test_a_pause_takes_the_place_of_a_fault_and_is_told_and_audited_once(opened: Opened, clock: FakeClock) -> None:
    refusing = Script(then=Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", "401"))
    gateway = await opened({"mail": Carrier("email", refusing)}, clock=clock)
    await outcome(gateway, message(), lambda seen: seen.state is State.SCHEDULED)
    await learned(gateway, "mail", "paused")

    for _ in range(2):
        await gateway.by(ANN, "its key was stolen").pause_provider("mail")

    kept = (await gateway._open.ledger.audit.page(AuditFilters(), limit=10, cursor=None)).data
    assert [(one.action, one.object, one.reason, one.actor.name) for one in kept] == [
        ("provider.paused", "mail", "its key was stolen", "ann")
    ]
    assert (await gateway.providers()).data[0].reason.code is Reason.OPERATOR_PAUSED  # type: ignore[union-attr]


async def test_one_brand_does_not_pause_what_serves_others(opened: Opened, two_brands: dict[str, Any]) -> None:
    gateway = await opened({"mail": Carrier("email"), "acme-mail": Carrier("email")}, **two_brands)
    acme, beta = gateway.of("acme"), gateway.of("beta")

    with pytest.raises(Conflict):
        await acme.pause_provider("mail")
    with pytest.raises(NotFound):
        await beta.pause_provider("acme-mail")
    await acme.pause_provider("acme-mail")
    await gateway.pause_provider("mail")
    with pytest.raises(Conflict):
        await beta.resume_provider("mail")

    assert {one.name: one.state for one in (await gateway.providers()).data} == {"acme-mail": "paused", "mail": "paused"}

"""Providers that serve some brands only: who carries what, what is told, and that a full one holds up its own brand alone."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.databases import rows
from tests.gateway.brands.faces import written
from tests.gateway.scripted import ANN, Carrier, FakeClock, Script, message
from wasl.api import Gateway
from wasl.config import ProviderSection
from wasl.errors import NotFound
from wasl_contracts import Capabilities, Delivery, Reason, Receipt, State, Unavailable

Opened = Callable[..., Awaitable[Gateway]]


@pytest.fixture
def two_brands(tmp_path: Path) -> dict[str, Any]:
    """Two brands, a provider for all and one for acme."""
    providers = {"mail": ProviderSection(plugin="scripted"), "acme-mail": ProviderSection(plugin="scripted", brands=("acme",))}
    return {"brands": written(tmp_path / "brands", {"acme": "", "beta": ""}), "providers": providers}


async def test_a_brand_goes_by_its_own_provider_and_the_others_by_that_of_all(opened: Opened, two_brands: dict[str, Any]) -> None:
    all_, acmes = Script(), Script()
    gateway = await opened({"mail": Carrier("email", all_), "acme-mail": Carrier("email", acmes)}, **two_brands)

    for brand in gateway.brands:
        seen = gateway.of(brand)
        await seen.wait((await seen.accept(message())).id)

    assert [call.brand for call in acmes.calls] == ["acme"]
    assert [call.brand for call in all_.calls] == ["beta", "default"]


async def test_a_brands_own_provider_that_cannot_hands_over_to_that_of_all(opened: Opened, two_brands: dict[str, Any]) -> None:
    all_, away = Script(), Script(then=Unavailable(reason=Reason.PROVIDER_UNAVAILABLE))
    gateway = await opened({"mail": Carrier("email", all_), "acme-mail": Carrier("email", away)}, **two_brands)
    acme = gateway.of("acme")

    seen = await acme.wait((await acme.accept(message())).id)

    assert (seen.state, seen.deliveries[-1].provider) == (State.SENT, "mail")


async def test_where_only_other_brands_are_served_the_decision_says_so(opened: Opened, two_brands: dict[str, Any]) -> None:
    only_acme = {**two_brands, "providers": {"acme-mail": two_brands["providers"]["acme-mail"]}}
    gateway = await opened({"acme-mail": Carrier("email")}, **only_acme)
    beta = gateway.of("beta")

    explained = await beta.explain(content={"body": "Hello"}, to=ANN)
    seen = await beta.wait((await beta.accept(message())).id)

    assert seen.reason is not None
    assert (seen.state, seen.reason.code) == (State.FAILED, Reason.OTHER_BRAND)
    for decision in (seen.decisions[-1], explained.deliveries[0].decision):
        (candidate,) = decision.candidates
        assert candidate.reason is Reason.OTHER_BRAND
        assert candidate.counterfactual is not None
        assert candidate.counterfactual.sentences["en"] == "Allowed if a provider of email serves this brand."
    assert "acme" not in seen.model_dump_json()


async def test_a_full_provider_of_one_brand_holds_up_no_other(opened: Opened, two_brands: dict[str, Any]) -> None:
    going = asyncio.Event()

    async def slow(delivery: Delivery) -> Receipt:
        await going.wait()
        return Receipt(provider_ref="late")

    one_place = Carrier("email", Script(then=slow), Capabilities(concurrency=1))
    channels = {"channels": {"email": ("acme-mail", "mail")}}
    gateway = await opened({"acme-mail": one_place, "mail": Carrier("email")}, **two_brands, **channels)
    waiting = [await gateway.of("acme").accept(message()) for _ in range(5)]

    beta = gateway.of("beta")
    seen = await beta.wait((await beta.accept(message())).id)
    still = [(await gateway.of("acme").get(one.id)).state for one in waiting]
    going.set()
    later = [await gateway.of("acme").wait(one.id) for one in waiting]

    assert seen.state is State.SENT
    assert State.SENT not in still
    assert {one.state for one in later} == {State.SENT}


async def test_a_brand_is_shown_the_providers_that_serve_it(opened: Opened, two_brands: dict[str, Any]) -> None:
    gateway = await opened({"mail": Carrier("email"), "acme-mail": Carrier("email")}, **two_brands)

    shown = {
        brand: {one.name: one.brands for one in (await seen.providers()).data}
        for brand, seen in (("", gateway), ("acme", gateway.of("acme")), ("beta", gateway.of("beta")))
    }
    with pytest.raises(NotFound):
        await gateway.of("beta").resume_provider("acme-mail")

    assert shown == {"": {"acme-mail": ("acme",), "mail": ()}, "acme": {"acme-mail": ("acme",), "mail": ()}, "beta": {"mail": ()}}


async def test_a_worker_sends_only_for_brands_of_its_configuration(opened: Opened, clock: FakeClock, folder: Path) -> None:
    ours, script = Carrier("email"), Script()
    others = await opened({"mail": Carrier("email")}, worker=False, clock=clock, brand="other")
    waiting = await others.accept(message())
    sending = await opened({"mail": ours}, clock=clock)
    sent = await sending.accept(message())

    await sending.wait(sent.id)
    clock.advance(minutes=11)
    await sending._open.ledger.tidy(("email",))
    health, strangers = await sending.health(), await sending.strangers()

    assert ([call.brand for call in ours.script.calls], (await others.get(waiting.id)).state) == (["default"], State.ACCEPTED)
    assert (health.ready, strangers, await sending.of("default").strangers()) == (True, ["other"], ())
    assert health.checks["brands"] == "1 other(s) have messages due that nobody sends; wasl doctor names them"

    await sending.__aexit__(None, None, None)
    serving = await opened({"mail": Carrier("email", script)}, clock=clock, brand="other")
    await serving.wait(waiting.id)

    assert ([call.brand for call in script.calls], list(await serving.strangers())) == (["other"], [])


async def test_a_lane_that_is_gone_is_left_only_by_what_is_of_ones_own_brands(opened: Opened, clock: FakeClock, database: str) -> None:
    both = {"mail": Carrier("email"), "text": Carrier("sms")}
    for brand in ("other", "default"):
        await (await opened(both, worker=False, clock=clock, brand=brand)).accept(message(channels=["sms"]))
    clock.advance(minutes=11)

    await (await opened({"mail": Carrier("email")}, worker=False, clock=clock))._open.ledger.tidy(("email",))

    assert rows(database, "SELECT brand, lane FROM deliveries ORDER BY brand") == [("default", "email"), ("other", "sms")]

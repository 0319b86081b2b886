"""The screen of channels and providers: cards, one provider, and what operators do to it."""

from datetime import timedelta
from typing import Any

import pytest

from tests.gateway.console.conftest import Console
from tests.gateway.scripted import Carrier, Script, message
from wasl.audited import Audited, AuditFilters
from wasl.config import ProviderSection
from wasl.rate import Limit
from wasl.standing import Standing
from wasl_contracts import Reason, Rejected, Unavailable

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def carriers() -> dict[str, Carrier]:
    failing = Script(Unavailable(code=EVIL), Rejected(Reason.INVALID_ADDRESS, "address", "550"))
    return {"mail": Carrier("email", failing), "spare": Carrier("email"), "text": Carrier("sms"), "acme-text": Carrier("sms")}


@pytest.fixture
def config() -> dict[str, Any]:
    scripted = {name: ProviderSection(plugin="scripted") for name in ("mail", "spare", "text")}
    limited = {**scripted, "spare": ProviderSection(plugin="scripted", rate=Limit(10, "s"))}
    own = ProviderSection(plugin="scripted", brands=("acme",))
    return {"providers": {**limited, "acme-text": own}, "channels": {"email": ("mail", "spare"), "sms": ("text", "acme-text")}}


async def told(console: Console) -> list[Audited]:
    """What the audit tells of providers, newest first."""
    page = await console.gateway._open.ledger.audit.page(AuditFilters(), limit=20, cursor=None)
    return [one for one in page.data if one.action.startswith("provider.")]


async def found(console: Console, change: Any, state: Any, reason: Reason) -> None:
    """As a worker finds it."""
    rows, now = console.gateway._open.providers, console.gateway._open.ledger.clock.now()
    await rows.add(["mail"])
    await rows.record([(change, Standing("mail", state, reason, "401", now, now + timedelta(seconds=60)))])


async def test_each_provider_has_a_card_with_its_state_queue_and_rate(console: Console) -> None:
    for number in range(3):
        await console.gateway.accept(message({"id": f"u_{number}", "email": f"a{number}@example.com"}))

    seen = await console.get("/channels")

    assert seen.status == 200
    for name in ("mail", "spare", "text", "acme-text"):
        assert f'href="/console/channels/{name}"' in seen.text
    assert "Healthy" in seen.text
    assert "3 wait, 3 of them due" in seen.text.replace("\u2068", "").replace("\u2069", "")
    assert "10/s" in seen.text


async def test_the_state_of_a_provider_is_told_with_reason_and_next_try(console: Console) -> None:
    words = {}
    for change, state, reason in (
        ("open", "open", Reason.PROVIDER_FAILING),
        ("pause", "paused", Reason.PROVIDER_MISCONFIGURED),
    ):
        await found(console, change, state, reason)
        words[state] = (await console.get("/channels/mail")).text

    assert "Down" in words["open"]
    assert Reason.PROVIDER_FAILING.sentence in words["open"]
    assert "The next call tries it" in words["open"]
    assert "Reset the breaker" in words["open"]
    assert "Paused" in words["paused"]
    assert Reason.PROVIDER_MISCONFIGURED.next_step in words["paused"]


class TestOneThatSends:
    @pytest.fixture
    def worker(self) -> bool:
        return True

    async def test_a_provider_tells_why_calls_failed_and_who_stepped_in_and_runs_no_script_of_it(self, console: Console) -> None:
        for number in range(3):
            accepted = await console.gateway.accept(message({"id": f"u_{number}", "email": f"a{number}@example.com"}))
            await console.gateway.wait(accepted.id)

        seen = await console.get("/channels/mail")

        assert EVIL not in seen.text
        assert "_script_alert_1_" in seen.text
        assert "Who stepped in" in seen.text
        assert Reason.INVALID_ADDRESS.sentence in seen.text

    async def test_a_test_goes_as_a_message_by_the_channel_once_and_is_audited_without_its_address(self, console: Console) -> None:
        fields = {"to": "ops@example.com", "reason": "is the new key right?", "once": "twice-clicked-0001"}

        first = await console.post("/channels/spare/test", fields)
        again = await console.post("/channels/spare/test", fields)
        sent = await console.gateway.wait(first.location.rpartition("/")[2])

        assert first.status == again.status == 303
        assert again.location == first.location
        assert sent.deliveries[0].channel == "email"
        (entry,) = await told(console)
        assert (entry.action, entry.object, entry.reason) == ("provider.tested", "spare", "is the new key right?")
        assert "ops@example.com" not in repr(entry)


async def test_pausing_shows_first_what_waits_and_who_takes_over_and_asks_a_reason(console: Console) -> None:
    await console.gateway.accept(message())

    asked = await console.get("/channels/mail/pause")
    refused = await console.post("/channels/mail/pause", {"reason": " "})

    assert asked.status == 200
    assert "1 waits" in asked.text.replace("\u2068", "").replace("\u2069", "")
    assert "spare" in asked.text
    assert refused.status == 422
    assert (await console.gateway.providers()).data[1].state == "closed"


async def test_pausing_and_resuming_are_done_told_and_audited(console: Console) -> None:
    operator = await console.as_("operator")

    paused = await operator.post("/channels/mail/pause", {"reason": "its bill was not paid"})
    page = await operator.follow(paused)
    resumed = await operator.post("/channels/mail/resume", {"reason": "it was paid"})

    assert (paused.status, paused.location) == (303, "/console/channels/mail")
    assert Reason.OPERATOR_PAUSED.sentence in page.text
    assert "its bill was not paid" in page.text
    assert resumed.status == 303
    entries = [(one.action, one.object, one.reason, one.actor.role) for one in await told(console)]
    assert entries == [
        ("provider.resumed", "mail", "it was paid", "operator"),
        ("provider.paused", "mail", "its bill was not paid", "operator"),
    ]


async def test_a_breaker_that_is_open_is_reset(console: Console) -> None:
    await found(console, "open", "open", Reason.PROVIDER_FAILING)

    asked = await console.get("/channels/mail/resume")
    done = await console.post("/channels/mail/resume", {"reason": "they told us that it is over"})

    assert "Reset the breaker" in asked.text
    assert done.status == 303
    assert (await told(console))[0].action == "provider.reset"


async def test_whoever_sees_one_brand_pauses_only_what_serves_it_alone(console: Console) -> None:
    acme, beta = await console.as_("operator", "acme"), await console.as_("operator", "beta")

    asked = await acme.get("/channels/mail/pause")
    shared = await acme.post("/channels/mail/pause", {"reason": "x"})
    own = await acme.post("/channels/acme-text/pause", {"reason": "x"})
    foreign = await beta.get("/channels/acme-text")

    assert (asked.status, shared.status) == (409, 409)
    assert own.status == 303
    assert foreign.status == 404
    states = {one.name: one.state for one in (await console.gateway.providers()).data}
    assert (states["mail"], states["acme-text"]) == ("closed", "paused")


async def test_a_test_to_what_is_no_address_is_refused_in_the_form(console: Console) -> None:
    seen = await console.post("/channels/mail/test", {"to": "not an address", "reason": "x"})

    assert seen.status == 422
    assert "This is not an address" in seen.text
    assert 'value="not an address"' in seen.text


async def test_support_sees_the_cards_without_the_buttons(console: Console) -> None:
    support = await console.as_("support")

    seen, refused = await support.get("/channels"), await support.get("/channels/mail/pause")

    assert (seen.status, "/pause" in seen.text, refused.status) == (200, False, 403)


async def test_a_plugin_that_cannot_be_loaded_says_why(console: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "broken_one.py").write_text("raise RuntimeError('no such library')\n", encoding="utf-8")
    monkeypatch.setattr(console.gateway, "config", console.gateway.config.model_copy(update={"plugins": folder}))

    listed, seen = await console.get("/channels"), await console.get("/plugins/broken_one")

    assert 'href="/console/plugins/broken_one"' in listed.text
    assert "This plugin cannot be loaded" in seen.text
    assert "no such library" in seen.text


async def test_what_is_not_there_is_not_found(console: Console) -> None:
    for path in ("/channels/pigeon", "/channels/pigeon/pause", "/channels/pigeon/test", "/plugins/pigeon"):
        assert (await console.get(path)).status == 404, path

"""/metrics: what it tells, to whom, and what never stands in it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.gateway.brands.faces import written
from tests.gateway.scripted import Carrier, message
from tests.gateway.server.conftest import HELLO, Answer, Serving
from wasl.counters import BOUNDS, Counters
from wasl.measuring import Measuring
from wasl.server.app import listening
from wasl_contracts import Reason, Receipt, Rejected, State, Unavailable, Unknown

ELSEWHERE = {"X-Forwarded-For": "192.0.2.1"}


def samples(answer: Answer) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Each sample by its name and labels."""
    families = text_string_to_metric_families(answer.body.decode())
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def sample(answer: Answer, name: str, **labels: str) -> float | None:
    return samples(answer).get((name, frozenset(labels.items())))


@pytest.fixture
async def sending(opened: Callable[..., Any], tmp_path: Path) -> AsyncIterator[Serving]:
    """A gateway of two brands that sends, behind its face, with a key of each brand."""
    gateway = await opened({"mail": Carrier("email")}, brands=written(tmp_path / "brands", {"acme": ""}))
    keys = {brand: await gateway.of(brand).create_api_key(brand, ["read"]) for brand in ("default", "acme")}
    async with listening(gateway, "127.0.0.1", 0) as url, aiohttp.ClientSession() as http:
        yield Serving(url, gateway, keys, http)


async def sent(serving: Serving) -> None:
    """A message that was sent."""
    accepted = await serving.gateway.accept(message(topic="default"))
    await serving.gateway.wait(accepted.id)
    async with asyncio.timeout(2):
        while not serving.gateway.counters.settled:  # noqa: ASYNC110 - counted just after it is written
            await asyncio.sleep(0.005)


async def test_it_tells_what_was_accepted_and_what_became_of_it(sending):
    await sent(sending)

    answer = await sending.get("/metrics", key=None)

    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert sample(answer, "wasl_messages_accepted_total", brand="default", category="transactional") == 1
    told = {"brand": "default", "channel": "email", "state": "sent", "reason": "no_receipts"}
    assert sample(answer, "wasl_deliveries_settled_total", **told) == 1
    assert sample(answer, "wasl_call_seconds_count", provider="mail", outcome="receipt") == 1
    assert sample(answer, "wasl_database_up") == 1
    assert sample(answer, "wasl_queue_due", channel="email") == 0
    assert sample(answer, "wasl_provider_state", provider="mail", state="closed") == 1
    assert sample(answer, "wasl_provider_silent", provider="mail") == 0


async def test_labels_are_of_closed_lists(sending):
    await sent(sending)

    answer = await sending.get("/metrics", key=None)

    found = samples(answer)
    assert {name for _, of in found for name, _ in of} == {
        "version",
        "brand",
        "category",
        "channel",
        "state",
        "reason",
        "provider",
        "outcome",
        "le",
    }
    assert b"u_1" not in answer.body
    assert b"ann@" not in answer.body
    assert len(found) < 100


async def test_what_is_due_is_told_with_its_age(serving):
    await serving.post(HELLO)

    answer = await serving.get("/metrics", key=None)

    assert sample(answer, "wasl_queue_due", channel="log") == 1
    assert 0 <= sample(answer, "wasl_queue_oldest_due_seconds", channel="log") < 60


async def test_it_tells_of_all_brands_so_a_key_of_one_among_others_is_not_enough(sending):
    own = await sending.get("/metrics", key="default", headers=ELSEWHERE)
    another = await sending.get("/metrics", key="acme", headers=ELSEWHERE)

    assert own.status == 200
    assert another.problem == (403, "of_all_brands")


@pytest.mark.parametrize(
    "headers",
    [ELSEWHERE, {"Forwarded": "for=192.0.2.1"}, {"X-Real-IP": "192.0.2.1"}, {"Host": "evil.example"}],
    ids=["proxied", "forwarded", "real ip", "rebound name"],
)
async def test_from_elsewhere_it_asks_for_a_key(serving, headers):
    nobody = await serving.get("/metrics", key=None, headers=headers)
    unfit = await serving.get("/metrics", key="send", headers=headers)
    reader = await serving.get("/metrics", key="read", headers=headers)

    assert (nobody.problem, unfit.problem) == ((401, "unauthenticated"), (403, "scope_required"))
    assert reader.status == 200


async def test_a_wrong_key_in_the_url_is_refused_there_too(serving):
    answer = await serving.get(f"/metrics?key={serving.keys['read']}", key=None, headers=ELSEWHERE)

    assert answer.problem == (401, "key_in_url")


async def test_it_may_be_open_to_everybody(serving, monkeypatch):
    monkeypatch.setattr(serving.gateway, "config", serving.gateway.config.model_copy(update={"server": _open(serving)}))

    answer = await serving.get("/metrics", key=None, headers=ELSEWHERE)

    assert answer.status == 200


def _open(serving: Serving) -> Any:
    return serving.gateway.config.server.model_copy(update={"metrics": "open"})


async def test_without_the_database_it_says_just_that(serving):
    async with serving.gateway._open.ledger._store.engine.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE webhooks")

    answer = await serving.get("/metrics", key=None)

    assert (answer.status, sample(answer, "wasl_database_up")) == (200, 0)
    assert sample(answer, "wasl_queue_due", channel="log") is None


async def test_the_ledger_is_read_once_in_five_seconds(serving):
    time = [100.0]
    measuring = Measuring(Counters(), serving.gateway._open.measuring._measured, lambda: time[0])

    first, again = await asyncio.gather(measuring.known(), measuring.known())
    time[0] += 5
    later = await measuring.known()

    assert first is again
    assert later is not first


def test_calls_are_counted_by_outcome_and_by_how_long_they_took():
    counters = Counters()
    refused = Rejected(Reason.CONTENT_REJECTED, "content")

    for answer in (Receipt(), refused, Unavailable(), Unknown("reset")):
        counters.called("mail", answer, 0.25)
    counters.called("mail", Receipt(), 300)

    assert sorted(outcome for _, outcome in counters.calls) == ["receipt", "rejected", "unavailable", "unknown"]
    taken = counters.calls["mail", "receipt"]
    assert dict(taken.buckets) | {"0.1": 0, "0.25": 1, "30.0": 1, "+Inf": 2} == dict(taken.buckets)
    assert (len(taken.buckets), taken.seconds) == (len(BOUNDS) + 1, 300.25)


def test_so_many_brands_cannot_fill_the_memory():
    counters = Counters()

    for number in range(3000):
        counters.settle(f"brand{number}", "email", State.SENT, None)

    assert len(counters.settled) == 2001
    assert sum(counters.settled.values()) == 3000

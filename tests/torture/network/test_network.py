"""Every provider under every network fault: what it reports is true, nothing is left behind, and the next call works."""

import asyncio
from collections.abc import Callable

import pytest

from tests.torture.network import faults
from tests.torture.network.proxy import healthy
from tests.torture.network.subjects import LONG, SHORT, SUBJECTS, Subject, ended
from wasl_contracts import ProviderError, Receipt, Unavailable, Unknown
from wasl_contracts.conformance.loopback import refusing_port, unanswered_port

FIRST = {**faults.EVERY, **faults.HTTP}
_SENT_ALL_THE_SAME = {"begins_late", "drips_the_request", "drips_the_answer", "hints_before_the_answer"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each fault with each provider; in the sample each fault with one of them, in turn."""
    if "fault" not in metafunc.fixturenames:
        return
    full = metafunc.config.getoption("--torture", default=False)
    cases = []
    for position, fault in enumerate(faults.AGAIN if "again" in metafunc.function.__name__ else FIRST):
        subjects = [subject for subject in SUBJECTS if subject.speaks_http or fault not in faults.HTTP]
        if "again" in metafunc.function.__name__ or fault in _SENT_ALL_THE_SAME:
            subjects = [subject for subject in subjects if subject.calls_once]
        for subject in subjects if full else [subjects[position % len(subjects)]]:
            cases.append(pytest.param(subject, fault, id=f"{subject.name}-{fault}"))
    metafunc.parametrize(("subject", "fault"), cases)


def untrue(outcome: Receipt | ProviderError, took: int) -> str | None:
    """What is untrue about an outcome, given how often the server took the delivery; None where it is legal."""
    if took > 1:
        return f"one call was taken {took} times"
    if isinstance(outcome, Receipt) and not took:
        return "a receipt for what was never taken"
    if not isinstance(outcome, Receipt | Unknown) and took:
        return f"{type(outcome).__name__} for what was taken"
    return None


async def test_an_outcome_is_true_under_a_fault(subject: Subject, fault: str, counted: Callable[..., None]) -> None:
    before = asyncio.all_tasks()

    async with subject.behind(FIRST[fault]) as stage:
        outcome = await stage.send(1, LONG if fault in _SENT_ALL_THE_SAME else SHORT)
        await stage.proxy.play(healthy)
        after = await stage.send(2, LONG)
    await ended(stage)

    wrong = untrue(outcome, stage.took(1))
    plugin = subject.name.split(":")[0]
    counted(engine="—", fault=f"network, {plugin}", runs=1, unknown=isinstance(outcome, Unknown), findings=wrong is not None)
    assert wrong is None, repr(outcome)
    assert (type(after), stage.took(2)) == (Receipt, 1), repr(after)
    assert isinstance(outcome, Receipt) or fault not in _SENT_ALL_THE_SAME, repr(outcome)
    assert asyncio.all_tasks() == before


async def test_an_outcome_is_true_on_a_connection_that_is_used_again(subject: Subject, fault: str) -> None:
    async with subject.behind(faults.AGAIN[fault]) as stage:
        first = await stage.send(1, LONG)
        await asyncio.sleep(0.05)  # so that what the fault does meanwhile has arrived
        second = await stage.send(2, SHORT)
        await stage.proxy.play(healthy)
        after = await stage.send(3, LONG)
    await ended(stage)

    assert (type(first), stage.took(1)) == (Receipt, 1)
    assert untrue(second, stage.took(2)) is None, repr(second)
    assert (type(after), stage.took(3)) == (Receipt, 1), repr(after)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
async def test_a_server_that_refuses_to_connect_is_unavailable(subject: Subject) -> None:
    with refusing_port() as port:
        async with subject.behind(healthy, port) as stage:
            outcome = await stage.send(1, LONG)

    assert (type(outcome), stage.took(1)) == (Unavailable, 0), repr(outcome)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
async def test_a_connection_that_nobody_takes_is_unavailable(subject: Subject) -> None:
    with unanswered_port() as port:
        if port is None:
            pytest.skip("this system accepts connections that nobody takes")
        async with subject.behind(healthy, port) as stage:
            outcome = await stage.send(1, LONG)

    assert (type(outcome), stage.took(1)) == (Unavailable, 0), repr(outcome)


def test_every_provider_meets_at_least_twenty_faults() -> None:
    assert len(faults.EVERY) + len(faults.AGAIN) >= 20
    assert {subject.name.split(":")[0] for subject in SUBJECTS} >= {"smtp", "twilio", "fcm", "slack", "telegram", "mastodon", "webhook"}


def test_the_check_finds_what_is_untrue() -> None:
    assert untrue(Receipt(), 0) == "a receipt for what was never taken"
    assert untrue(Unavailable(), 1) == "Unavailable for what was taken"
    assert untrue(Receipt(), 2) == "one call was taken 2 times"
    assert [untrue(Unknown(), took) for took in (0, 1)] == [None, None]

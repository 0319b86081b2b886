"""How providers do: what their calls come to, what waits for them, and what operators are told of it."""

from collections.abc import Awaitable, Callable

import pytest

from tests.gateway.scripted import Carrier, FakeClock, Script, message, outcome
from wasl.api import Gateway
from wasl.errors import NotFound
from wasl.ledger.calls import Call
from wasl.provider_calls import alike, counted, stepped_in
from wasl_contracts import Reason, Rejected, State, Unavailable

Opened = Callable[..., Awaitable[Gateway]]


def call(number: int, outcome: str | None = "receipt", reason: str | None = None, *, provider: str = "mail", took: int = 10) -> Call:
    began = number * 1_000_000
    return Call(
        f"msg_{number}", 1, provider, began, None if outcome is None else began + took * 1000, outcome, reason, "503" if reason else None
    )


def test_faults_of_the_provider_are_errors_and_its_no_to_one_message_is_a_refusal() -> None:
    calls = [
        call(1), call(2, "unavailable", "provider_unavailable"), call(3, "unavailable", "rate_limited"),
        call(4, "unknown", "outcome_unknown"), call(5, "rejected", "invalid_address"),
        call(6, "rejected", "provider_misconfigured"), call(7, None),
    ]  # fmt: skip

    seen = counted(calls, whole=True)

    assert (seen.calls, seen.errors, seen.refused) == (7, 3, 1)
    assert seen.error_share == pytest.approx(3 / 7)


def test_times_are_nearest_ranks_and_none_without_an_ended_call() -> None:
    seen = counted([call(n, took=n) for n in range(1, 101)], whole=True)

    assert (seen.p50, seen.p95) == (50, 95)
    assert (counted([call(1, None)], whole=True).p50, counted([], whole=True).error_share) == (None, 0)


def test_calls_that_ended_alike_are_told_together_the_commonest_first_with_a_few_messages() -> None:
    calls = [*(call(n, "unavailable", "provider_unavailable") for n in range(9, 4, -1)), call(4, "rejected", "content_rejected"), call(3)]

    groups = alike(calls)

    assert [(group.outcome, group.why.code, group.count, group.messages) for group in groups] == [
        ("unavailable", "provider_unavailable", 5, ("msg_9", "msg_8", "msg_7")),
        ("rejected", "content_rejected", 1, ("msg_4",)),
    ]


def test_who_stepped_in_is_told_only_after_a_proven_no() -> None:
    moved = [call(2, provider="spare")._replace(started_at=2_000_500), call(2, "rejected", "content_rejected")]
    unknown = [call(1, provider="spare")._replace(started_at=1_000_500), call(1, "unknown", "outcome_unknown")]

    (one,) = stepped_in([*moved, *unknown], "mail")

    assert (one.provider, one.count, one.messages) == ("spare", 1, ("msg_2",))


async def test_a_card_tells_how_a_provider_does_and_its_page_why_calls_failed(opened: Opened) -> None:
    failing = Script(Unavailable(code="503"), Rejected(Reason.INVALID_ADDRESS, "address", "550"))
    gateway = await opened({"mail": Carrier("email", failing), "text": Carrier("sms")})
    await gateway.wait((await gateway.accept(message())).id)
    sent = await gateway.wait((await gateway.accept(message({"id": "u_2", "email": "b@example.com"}))).id)

    mail, text = await gateway.provider_healths()
    story = await gateway.provider_story("mail")

    assert (mail.provider.name, mail.word, mail.before.calls) == ("mail", "healthy", 0)
    assert (mail.now.calls, mail.now.errors, mail.now.refused) == (3, 1, 1)
    assert (text.now.calls, text.now.errors, text.queue.waiting) == (1, 0, 0)
    assert {(group.why.provider_code, group.count) for group in story.errors} == {("503", 1), ("550", 1)}
    assert sent.id not in {one for group in story.errors for one in group.messages}


async def test_a_card_tells_what_waits_and_since_when(opened: Opened, clock: FakeClock) -> None:
    gateway = await opened(
        {"mail": Carrier("email"), "spare": Carrier("email")}, clock=clock, worker=False, channels={"email": ("mail", "spare")}
    )
    for n in range(3):
        await gateway.accept(message({"id": f"u_{n}", "email": f"a{n}@example.com"}))
    clock.advance(seconds=90)

    (mail, _) = await gateway.provider_healths()

    assert (mail.queue.waiting, mail.queue.due, mail.queue.seconds, mail.queue.more) == (3, 3, 90.0, False)
    assert mail.others == ("spare",)


async def test_a_paused_provider_is_paused_and_an_unknown_one_is_not_found(opened: Opened, clock: FakeClock) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False, clock=clock)
    await gateway.pause_provider("mail")

    with pytest.raises(NotFound):
        await gateway.provider_story("pigeon")

    assert (await gateway.provider_story("mail")).health.word == "paused"


async def test_a_brand_is_told_of_its_own_calls_and_queue_only(opened: Opened, clock: FakeClock) -> None:
    gateway = await opened({"mail": Carrier("email")}, clock=clock)
    await outcome(gateway, message(), lambda seen: seen.state is State.SENT)

    (own,) = await gateway.of("default").provider_healths()
    (others,) = await gateway._as("gone").provider_healths()

    assert (own.now.calls, others.now.calls) == (1, 0)

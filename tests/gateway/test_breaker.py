from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.gateway.scripted import NOON
from wasl.breaker import Breaker, Recent, RetryBudget, congested, failed
from wasl_contracts import ProviderError, Reason, Receipt, Rejected, Unavailable, Unknown

SLOW_DOWN = Unavailable(1, Reason.RATE_LIMITED)


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def opened(answers: Sequence[Receipt | ProviderError], every: float = 0.1) -> int | None:
    """After how many answers the breaker opens."""
    breaker = Breaker()
    return next((n for n, answer in enumerate(answers, 1) if breaker.opens(answer, NOON + after(n * every))), None)


def test_it_opens_with_the_twentieth_call_when_half_of_them_failed() -> None:
    half: Sequence[Receipt | ProviderError] = [Receipt(), Unavailable()] * 20
    less: Sequence[Receipt | ProviderError] = [Receipt(), Unavailable(), Receipt()] * 20

    assert opened(half) == 20
    assert opened(less) is None
    assert opened([Unknown()] * 19) is None
    assert opened([Unknown()] * 20) == 20


def test_calls_of_more_than_30_seconds_ago_do_not_count() -> None:
    assert opened([Unavailable()] * 100, every=1.6) is None
    assert opened([Unavailable()] * 100, every=1.4) is not None
    assert opened([Unavailable()] * 9 + [Receipt()] * 31 + [Unavailable()] * 25, every=1.0) == 55


def test_a_refusal_and_a_rate_limit_are_answers_of_a_sound_provider() -> None:
    refused = Rejected(Reason.INVALID_ADDRESS, "address")

    assert [failed(answer) for answer in (Receipt(), refused, SLOW_DOWN, Unavailable(), Unknown())] == [False, False, False, True, True]
    assert opened([refused, SLOW_DOWN] * 50) is None


@pytest.mark.parametrize(
    ("answer", "fewer"),
    [
        (Unavailable(), True), (SLOW_DOWN, True), (Unknown("timeout"), True), (Unknown("ServerTimeoutError"), True),
        (Unknown("500"), False), (Unknown(), False), (Receipt(), False), (Rejected(Reason.TOO_LONG, "content"), False),
    ],
)  # fmt: skip
def test_only_what_fewer_calls_at_a_time_may_help_is_congestion(answer: Receipt | ProviderError, fewer: bool) -> None:
    assert congested(answer) is fewer


def test_after_a_reset_old_failures_are_forgotten() -> None:
    breaker = Breaker()
    for _ in range(25):
        breaker.opens(Unavailable(), NOON)

    breaker.reset()

    assert not breaker.opens(Unavailable(), NOON)


def test_counts_survive_a_clock_that_goes_back_or_jumps_ahead() -> None:
    recent = Recent(30)
    recent.add(True, NOON)

    recent.add(False, NOON - after(3600))
    back = recent.all, recent.counted
    recent.add(False, NOON + after(86_400))

    assert back == (2, 1)
    assert (recent.all, recent.counted) == (1, 0)


def test_retries_are_a_tenth_of_first_attempts_and_at_least_ten_a_minute() -> None:
    busy, quiet = RetryBudget(0.1, 10), RetryBudget(0.1, 10)
    for _ in range(200):
        busy.spend(NOON, retry=False)

    assert [spent(busy), spent(quiet)] == [20, 10]
    assert quiet.allows(NOON + after(59)) is False
    assert quiet.allows(NOON + after(61)) is True


def spent(budget: RetryBudget) -> int:
    """How many retries it allows now."""
    count = 0
    while budget.allows(NOON):
        budget.spend(NOON, retry=True)
        count += 1
    return count

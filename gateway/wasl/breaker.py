"""Judging a provider by its recent calls: whether to stop asking it, and whether one more retry may go. Pure: the time is passed in."""

from collections import deque
from datetime import datetime

from wasl_contracts import ProviderError, Reason, Receipt, Unavailable, Unknown

# The numbers of "Delivery semantics".
_WINDOW = 30  # seconds
_LEAST_CALLS = 20
_FAILING = 0.5
_MINUTE = 60


class Recent:
    """How many there were in the last seconds, and how many of them counted."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._buckets: deque[list[int]] = deque()  # second, all, counted
        self.all = self.counted = 0

    def add(self, counts: bool, now: datetime) -> None:
        """One more."""
        second = int(now.timestamp())
        if not self._buckets or self._buckets[-1][0] < second:
            self._forget(second)
            self._buckets.append([second, 0, 0])
        last = self._buckets[-1]  # where the clock went back, the latest second goes on
        last[1] += 1
        self.all += 1
        if counts:
            last[2] += 1
            self.counted += 1

    def forget(self, now: datetime) -> None:
        """Drop what is too long ago."""
        self._forget(int(now.timestamp()))

    def _forget(self, second: int) -> None:
        while self._buckets and self._buckets[0][0] <= second - self._seconds:
            _, everything, counted = self._buckets.popleft()
            self.all -= everything
            self.counted -= counted


class Breaker:
    """Opens when half of at least 20 calls in 30 seconds failed."""

    def __init__(self) -> None:
        self._calls = Recent(_WINDOW)

    def opens(self, answer: Receipt | ProviderError, at: datetime) -> bool:
        """Whether this answer is one failure too many."""
        self._calls.add(failed(answer), at)
        return self._calls.all >= _LEAST_CALLS and self._calls.counted >= _FAILING * self._calls.all

    def reset(self) -> None:
        """Begin anew, as what was is over."""
        self._calls = Recent(_WINDOW)


class RetryBudget:
    """Retries of a provider: a share of the first attempts of the last minute, and always `floor` a minute."""

    def __init__(self, share: float, floor: int) -> None:
        self._share = share
        self._floor = floor
        self._attempts = Recent(_MINUTE)  # retries count

    def allows(self, now: datetime) -> bool:
        """Whether one more retry may go now."""
        self._attempts.forget(now)
        retries = self._attempts.counted
        return retries < self._floor or retries + 1 <= self._share * (self._attempts.all - retries)

    def spend(self, now: datetime, *, retry: bool) -> None:
        """An attempt is made."""
        self._attempts.add(retry, now)


def failed(answer: Receipt | ProviderError) -> bool:
    """Whether the provider did not do its part: it was away, broken or silent. A refusal, or asking us to slow down, is an answer."""
    if isinstance(answer, Unavailable):
        return answer.reason is not Reason.RATE_LIMITED
    return isinstance(answer, Unknown)


def congested(answer: Receipt | ProviderError) -> bool:
    """Whether fewer calls at a time may help: it had no room for this one, or no answer in time."""
    return isinstance(answer, Unavailable) or (isinstance(answer, Unknown) and "timeout" in (answer.code or "").lower())

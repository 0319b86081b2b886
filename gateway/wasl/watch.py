"""Watching over providers: what this worker's calls say of each, kept in step with what all workers know.

Judging is quick and in memory. Once a second, or at once after a change, what was found is written and what others found is read.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from wasl.breaker import Breaker, congested, failed
from wasl.clock import Clock
from wasl.errors import WaslError
from wasl.ledger.providers import Change, Providers
from wasl.slots import Place, Slots
from wasl.standing import PAUSE, PROBE, ProviderState, Standing
from wasl_contracts import ProviderError, Reason, Receipt, Rejected, Unavailable

_log = structlog.get_logger("wasl.watch")
_EVERY = 1.0  # seconds between two looks at what other workers found
_LONGEST_RETRY_AFTER = 24 * 3600.0  # seconds


class Watch:
    """Keeps the standings of one worker.

    `breakers` names the providers of which a call speaks for all: they are opened by failing calls, and slowed down. Where each address
    is a server of its own, what one says holds for the one delivery (retry.py).
    """

    def __init__(self, rows: Providers, slots: Slots, breakers: Mapping[str, Breaker], clock: Clock) -> None:
        self._rows = rows
        self._slots = slots
        self._standings = slots.standings
        self._breakers = breakers
        self._clock = clock
        self._found: dict[tuple[str, Change], Standing] = {}  # to be written, in order
        self._resumed: set[str] = set()  # found well by others since the last look
        self._released: set[str] = set()  # at the last look
        self._wake = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Learn how providers stand, and go on learning until `close`.

        Raises:
            LedgerUnavailable: the ledger cannot be used.
        """
        await self._rows.add(self._standings)
        await self._look()
        self._task = asyncio.create_task(self._run(), name="wasl-watch")

    async def close(self) -> None:
        """Write what was found last."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task
        if self._found:
            await self._looked()

    async def admit(self, wanted: Mapping[str, int]) -> None:
        """Ask for what must be shared with other workers before these calls: places of limited rates, and to try what fails.

        One transaction for the whole batch; none where nothing of it is shared.
        """
        now = self._clock.now()
        limits = {name: limit for name, limit in self._slots.limits.items() if name in wanted}
        untried = self._standings.untried(now)
        tries = {name: now + _interval(self._standings[name].state) for name in wanted if name in untried}
        calls = {
            name: (limit, count)
            for name, limit in limits.items()
            if (count := min(limit.chunk, self._slots.free(name), 1 if name in tries else wanted[name]))
        }
        given, tried = await self._rows.admit(calls, tries) if calls or tries else ({}, set())
        for name, (limit, count) in calls.items():
            self._slots.give(name, count if name in given else 0)
            # Where another worker was quicker, the next look tells when there is more; until then nothing is claimed in vain.
            self._more_from(name, given.get(name, now + timedelta(microseconds=limit.cost(limit.chunk))), now)
        for name, until in tries.items():
            self._standings.learn(replace(self._standings[name], until=until))
            if name in tried:
                self._standings.try_by_one_call(name, until)

    def ended(self, place: Place, answer: Receipt | ProviderError, at: datetime) -> None:
        """Judge the provider by how a call ended."""
        name = place.provider
        shared = name in self._breakers
        if congested(answer):
            if shared:
                self._slots.halve(place)
        elif not failed(answer):
            self._slots.grow(place)
        if isinstance(answer, Rejected) and answer.scope == "provider":
            self._rest("pause", name, at, answer.reason, answer.code)
        elif place.probe:
            if not failed(answer) and not congested(answer):
                self._close(name, at)
        elif self._standings[name].state == "closed" and shared and self._breakers[name].opens(answer, at):
            self._rest("open", name, at, Reason.PROVIDER_FAILING, answer.code if isinstance(answer, ProviderError) else None)
        if shared and isinstance(answer, Unavailable) and answer.reason is Reason.RATE_LIMITED and answer.retry_after:
            self._slow(name, at, answer)

    def _rest(self, change: Change, name: str, at: datetime, reason: Reason, code: str | None) -> None:
        state: ProviderState = "open" if change == "open" else "paused"
        known = self._standings[name]
        since = known.since if known.state == state else at
        self._find(change, replace(known, state=state, reason=reason, code=code, since=since, until=at + _interval(state)))
        if known.state != state:
            event = "breaker.opened" if state == "open" else "provider.paused"
            _log.error(event, provider=name, reason=reason, code=code, tried_every=_interval(state).total_seconds())

    def _close(self, name: str, at: datetime) -> None:
        known = self._standings[name]
        self._find("close", replace(known, state="closed", reason=None, code=None, since=at, until=None))
        self._reset(name)
        if known.state != "closed":
            event = "breaker.closed" if known.state == "open" else "provider.resumed"
            _log.info(event, provider=name, after=(at - known.since).total_seconds())

    def _slow(self, name: str, at: datetime, answer: Unavailable) -> None:
        """What the provider asked for is a floor for all of its calls, at most a day."""
        known = self._standings[name]
        until = at + timedelta(seconds=min(max(0, answer.retry_after or 0), _LONGEST_RETRY_AFTER))  # a plugin may say NaN
        if until > max(at, known.until or at):
            told = known if known.state != "closed" else replace(known, reason=Reason.RATE_LIMITED, code=answer.code, since=at)
            self._find("slow", replace(told, until=until))

    def _find(self, change: Change, standing: Standing) -> None:
        self._standings.learn(standing)
        self._found.pop((standing.name, change), None)
        self._found[standing.name, change] = standing
        self._wake.set()

    def _reset(self, name: str) -> None:
        if name in self._breakers:
            self._breakers[name].reset()

    def _more_from(self, name: str, at: datetime, now: datetime) -> None:
        self._standings.learn(replace(self._standings[name], next_call_at=at))
        asyncio.get_running_loop().call_later(max(0.0, (at - now).total_seconds()), self._slots.tell_freed)

    async def _run(self) -> None:
        while not self._closing:
            try:
                async with asyncio.timeout(_EVERY):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            if not await self._looked():
                await asyncio.sleep(_EVERY)

    async def _looked(self) -> bool:
        """Look, and do without where that fails: what this worker knows by itself still holds."""
        try:
            await self._look()
        except WaslError as error:
            _log.error("watch.waiting", code=error.code)
            return False
        except Exception:
            _log.exception("watch.failed")  # a fault of ours
            return False
        return True

    async def _look(self) -> None:
        """Write what was found, then read what all found. What is found meanwhile is newer than what is read."""
        while self._found:
            written = dict(self._found)
            await self._rows.record([(change, standing) for (_, change), standing in written.items()])
            self._found = {key: standing for key, standing in self._found.items() if written.get(key) is not standing}
        for standing in await self._rows.seen():
            if standing.name in self._standings and not any(name == standing.name for name, _ in self._found):
                self._learn(standing)
        await self._release()

    def _learn(self, standing: Standing) -> None:
        now = self._clock.now()
        if _rests(self._standings[standing.name], now) and not _rests(standing, now):
            self._reset(standing.name)  # another worker, or an operator, found it well again
            self._resumed.add(standing.name)
        self._standings.learn(standing)

    async def _release(self) -> None:
        """What this worker parked before it knew better is due now; at the next look once more, for what was just then being parked."""
        if names := self._resumed | self._released:
            await self._rows.release(sorted(names))
            self._slots.tell_freed()
        self._released, self._resumed = self._resumed, set()


def _rests(standing: Standing, now: datetime) -> bool:
    return standing.state != "closed" or (standing.until is not None and standing.until > now)


def _interval(state: ProviderState) -> timedelta:
    return PAUSE if state == "paused" else PROBE

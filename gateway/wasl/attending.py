"""What operators ask of providers and do to them: how each does, pausing it and letting it go on. Gateway has these verbs too."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from wasl.answers import ProviderSeen, ProvidersSeen
from wasl.audited import Action
from wasl.clock import micros, moment
from wasl.errors import Conflict, NotFound
from wasl.ledger.calls import Call, Calls, Window
from wasl.ledger.confirming import Record
from wasl.ledger.measures import Queue
from wasl.operating import Operating
from wasl.overview import Found, overview, serves
from wasl.provider_calls import alike, counted, stepped_in
from wasl.provider_seen import CallsSeen, ProviderHealth, ProviderStory, QueueSeen, ReportsSeen, Word
from wasl.registry import Specs
from wasl_contracts import EventSource, ProviderSpec, Reason

_HOUR, _DAY, _WEEK = 3600.0, 86_400.0, 604_800.0
_LATELY, _OF_A_DAY = 2000, 5000
"""Calls that are looked at for a card, and for the page of one provider, of all brands together."""
_ENOUGH = 20
_FAILING = 0.05
"""A provider is degraded where of at least so many calls so many failed."""
_MINUTE = timedelta(minutes=1)


class _Lately(NamedTuple):
    """What all cards are made of."""

    now: Calls
    before: Calls
    records: Mapping[str, Record]
    unsettled: Mapping[tuple[str, str], int]
    queues: Mapping[str, Queue]


class Attending(Operating):
    """The verbs of those who look after providers. Seen as a brand, only the providers that serve it, and its own messages."""

    _specs: Specs

    async def providers(self) -> ProvidersSeen:
        """The configured providers, and how each stands just now."""
        ledger = self._open.ledger
        found = Found(await self._open.providers.seen(), await ledger.confirmations.silent())
        return overview(self._specs, found, ledger.clock.now(), self.seen_as)

    async def provider_healths(self) -> tuple[ProviderHealth, ...]:
        """Every configured provider, by channel, those of one in the order in which they are asked."""
        seen = {one.name: one for one in (await self.providers()).data}
        lately = await self._lately(seen.values())
        return tuple(self._health(seen[name], lately) for name in self._in_order(seen))

    async def provider_story(self, name: str) -> ProviderStory:
        """One provider with what its calls of the last day came to; raises NotFound."""
        seen = await self._one(name)
        day = await self._calls(0, _DAY, _OF_A_DAY)
        own = [call for call in day.made if call.provider == name]
        return ProviderStory(
            health=self._health(seen, await self._lately([seen])),
            day=counted(own, whole=day.whole),
            errors=alike(own),
            failovers=stepped_in(day.made, name),
        )

    async def pause_provider(self, name: str) -> ProvidersSeen:
        """Begin no call to a provider any more until it is resumed: what would go by it takes its channel's next provider, or waits.

        Workers know of it within a second; calls that are out end. Again is as good as once.

        Raises:
            NotFound: there is no such provider.
            Conflict: it serves other brands too, of which this is not to decide.
        """
        await self._one(name)
        self._refuse_shared(name)
        await self._open.providers.stop(name, self._entry(Action.PROVIDER_PAUSED, name))
        return await self.providers()

    async def resume_provider(self, name: str) -> ProvidersSeen:
        """Call a provider again, as after its settings were mended; what waits for it is due now.

        Raises:
            NotFound: there is no such provider.
            Conflict: an operator of all brands has paused it, and it serves others too.
        """
        seen = await self._one(name)
        if seen.reason is not None and seen.reason.code is Reason.OPERATOR_PAUSED:
            self._refuse_shared(name)
        action = Action.PROVIDER_RESUMED if seen.state == "paused" else Action.PROVIDER_RESET
        await self._open.providers.resume(name, self._entry(action, name))
        if self._open.worker is not None:
            self._open.worker.wake()
        return await self.providers()

    def provider_spec(self, name: str) -> ProviderSpec:
        """What is known of a configured provider without running it; raises NotFound."""
        if not self._has(name):
            raise _unknown()
        return self._specs[name]

    def shared(self, name: str) -> bool:
        """Whether a provider serves brands beside the one that this is seen as."""
        return self.seen_as is not None and set(self._specs.brands[name] or self._open.brands.names) != {self.seen_as}

    def _refuse_shared(self, name: str) -> None:
        if self.shared(name):
            raise Conflict(
                "This provider serves other brands too.",
                code="shared_provider",
                suggested_action="Ask somebody who operates all brands; on the machine itself: wasl providers pause.",
            )

    async def _one(self, name: str) -> ProviderSeen:
        if not self._has(name):
            raise _unknown()
        return next(one for one in (await self.providers()).data if one.name == name)

    def _has(self, name: str) -> bool:
        return name in self._specs.plugins and (self.seen_as is None or serves(self._specs, name, self.seen_as))

    @property
    def _whose(self) -> Sequence[str]:
        return self._open.brands.names if self.seen_as is None else (self.seen_as,)

    async def _calls(self, ago: float, seconds: float, most: int) -> Calls:
        share = max(100, most // len(self._whose))
        return await self._open.ledger.measures.calls(self._whose, Window(ago, seconds, share))

    async def _lately(self, seen: Iterable[ProviderSeen]) -> _Lately:
        ledger = self._open.ledger
        channels = {one.channel for one in seen}
        return _Lately(
            await self._calls(0, _HOUR, _LATELY),
            await self._calls(_WEEK, _HOUR, _LATELY),
            await ledger.confirmations.records(),
            await self._open.receipts.kept.counts(),
            {channel: await ledger.measures.queue(channel, self._whose) for channel in channels},
        )

    def _in_order(self, seen: Mapping[str, ProviderSeen]) -> Sequence[str]:
        """By channel as configured; a provider that stands in no channel is not called, and comes last."""
        listed = [name for names in self.config.channels.values() for name in names if name in seen]
        return tuple(dict.fromkeys((*listed, *seen)))

    def _health(self, seen: ProviderSeen, lately: _Lately) -> ProviderHealth:
        own = [call for call in lately.now.made if call.provider == seen.name]
        now = counted(own, whole=lately.now.whole)
        before = counted((call for call in lately.before.made if call.provider == seen.name), whole=lately.before.whole)
        queue = lately.queues[seen.channel]
        return ProviderHealth(
            provider=seen,
            word=_word(seen, now),
            now=now,
            before=before,
            queue=QueueSeen(waiting=queue.waiting, due=queue.due, seconds=queue.seconds, more=queue.more),
            others=tuple(name for name in self.config.channels.get(seen.channel, ()) if name != seen.name and self._may_step_in(name)),
            rate_used=self._rate_used(seen.name, own),
            reports=self._reports(seen.name, lately),
        )

    def _may_step_in(self, name: str) -> bool:
        return self.seen_as is None or serves(self._specs, name, self.seen_as)

    def _rate_used(self, name: str, calls: Sequence[Call]) -> float | None:
        limit = self._specs.rate(name)
        if limit is None:
            return None
        since = micros(self._open.ledger.clock.now() - _MINUTE)
        return limit.cost(sum(call.started_at >= since for call in calls)) / (_MINUTE.total_seconds() * 1_000_000)

    def _reports(self, name: str, lately: _Lately) -> ReportsSeen:
        record, public = lately.records.get(name), self.config.server.public_url
        reads = issubclass(self._specs.plugins[name], EventSource)
        return ReportsSeen(
            gives=self._specs[name].capabilities.receipts,
            judged=record.judged if record else 0,
            confirmed=record.confirmed if record else 0,
            heard_at=moment(record.heard_at) if record and record.heard_at else None,
            url=f"{public or 'https://YOUR.HOST'}/hooks/{name}" if reads else None,
            unsettled={state: count for (provider, state), count in lately.unsettled.items() if provider == name},
        )


def _unknown() -> NotFound:
    return NotFound("There is no such provider.", suggested_action="See GET /v1/providers, or wasl providers list.")


def _word(seen: ProviderSeen, now: CallsSeen) -> Word:
    if seen.state == "paused":
        return "paused"
    if seen.state == "open":
        return "down"
    failing = now.calls >= _ENOUGH and now.error_share >= _FAILING
    return "degraded" if failing or seen.reason is not None or seen.silent_since is not None else "healthy"

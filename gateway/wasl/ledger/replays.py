"""Replays in batches: each of some hundred messages in a short transaction, so that sending goes on beside it."""

from collections import Counter
from collections.abc import Sequence

from wasl.answers import LeftAlone, Retried
from wasl.audited import Entry
from wasl.clock import Clock, micros
from wasl.ledger.audit import with_entry
from wasl.ledger.dead_letters import Terms
from wasl.ledger.reads import Filters, Reads
from wasl.ledger.replay import Fate, foretell, replay
from wasl.ledger.store import Store
from wasl_contracts import State

_BATCH = 500


class Replays:
    """Replays messages of one database. `lanes` are the channels that are configured."""

    def __init__(self, store: Store, reads: Reads, clock: Clock, lanes: Sequence[str]) -> None:
        self._store = store
        self._reads = reads
        self._clock = clock
        self._lanes = lanes

    async def these(self, brand: str, ids: Sequence[str], terms: Terms, *, dry_run: bool = False, entry: Entry | None = None) -> list[Fate]:
        """Replay messages by id, or with `dry_run` tell what that would do. The audit tells of it where any goes again."""
        keys, now = [(brand, message_id) for message_id in ids], micros(self._clock.now())
        if dry_run:
            return await foretell(self._store.reader, keys, terms, now)
        work = with_entry(lambda tx: replay(tx, keys, terms, now, self._lanes), entry, now, when=_any_goes)
        fates = await self._store.writer.run(work)
        self._store.tell()
        return fates

    async def all(self, brand: str, filters: Filters, *, possible_duplicate: bool, dry_run: bool, most: int | None = None) -> Retried:
        """Replay all messages that fit, newest first, at most so many; a fault in the middle leaves the earlier ones replayed."""
        terms = Terms(filters.state, filters.reason, possible_duplicate or filters.state is State.UNKNOWN)
        tally = _Tally()
        before: str | None = None
        while ids := await self._reads.ids(brand, filters, most=_BATCH, before=before):
            left = _BATCH if most is None else most - tally.retried
            if left <= 0:
                return tally.result(dry_run=dry_run, has_more=True)
            tally.count(await self.these(brand, ids[:left], terms, dry_run=dry_run))
            before = ids[:left][-1]
        return tally.result(dry_run=dry_run, has_more=False)


def _any_goes(fates: Sequence[Fate]) -> bool:
    return any(fate.left_alone is None for fate in fates)


class _Tally:
    """Counts what became of messages."""

    def __init__(self) -> None:
        self._by_reason: Counter[str] = Counter()
        self._left_alone: Counter[LeftAlone] = Counter()

    @property
    def retried(self) -> int:
        return self._by_reason.total()

    def count(self, fates: Sequence[Fate]) -> None:
        self._by_reason.update(fate.reason or "none" for fate in fates if fate.left_alone is None)
        self._left_alone.update(fate.left_alone for fate in fates if fate.left_alone is not None)

    def result(self, *, dry_run: bool, has_more: bool) -> Retried:
        return Retried(dry_run=dry_run, retried=self.retried, by_reason=self._by_reason, left_alone=self._left_alone, has_more=has_more)

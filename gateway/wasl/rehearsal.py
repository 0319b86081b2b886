"""Rehearsing: stored decisions judged again, by the rules of another configuration. Nothing is written, and nothing is sent.

Each person's decisions are taken in the order in which they were made, each at its moment and with what its policies saw then. What a cap
counts is counted anew: what the draft would have kept back is no use of it any more, and what it would have let go is one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from wasl.clock import micros
from wasl.errors import Unusable
from wasl.ledger.decided import Decided
from wasl.ledger.migrate import HEAD
from wasl.ledger.opening import schema_version, sqlite_path
from wasl.registry import Specs
from wasl.rehearsed import Change, Outcome, Rehearsed
from wasl.routing import Routing
from wasl.stage import Played, Stage

_EXAMPLES = 5  # of each kind of change


async def rehearse(specs: Specs, draft: Specs, since: datetime, brand: str | None = None) -> Rehearsed:
    """What the rules of a draft would have changed since a moment, for a brand in the ledger of `specs`. 200 people at a time are read.

    Routes, categories, consent rules, quiet hours and caps are those of the draft. Texts, the lives of messages, `first` or `all`, and
    how providers did are as they were.

    Raises:
        Unusable: there is no database of this version.
    """
    version = await schema_version(specs.config)
    if version != HEAD:
        has = f"has the schema {version}" if version is not None else "is not there"
        raise Unusable(f"The database {has}, and this wasl reads {HEAD}; a start of `wasl serve` migrates it.")
    brand = brand or specs.config.brand
    decided = Decided(sqlite_path(specs.config) or specs.config.database, brand)
    longest = max((cap.per for cap in draft.config.caps.values()), default=timedelta(0))
    routing = Routing(draft.config.channels, {name: draft[name] for name in draft.plugins}, draft.brands)
    tally = _Tally()
    try:
        stage = Stage(brand, draft.config, routing, await decided.configs())
        async for past in decided.people(micros(since), micros(since - longest)):
            tally.count(stage.play(past))
    finally:
        await decided.close()
    return tally.result(since, stage.new_channels)


class _Tally:
    """Counts the changes, and keeps some of each kind as examples."""

    def __init__(self) -> None:
        self._same = self._not_told = self._erased = 0
        self._changes: Counter[tuple[str, Outcome, Outcome]] = Counter()
        self._examples: defaultdict[tuple[str, Outcome, Outcome], list[str]] = defaultdict(list)

    def count(self, played: Iterable[Played]) -> None:
        for row, before, after, moved in played:
            if row.erased_at is not None:
                self._erased += 1
            elif before is None or after is None:
                self._not_told += 1
            elif not moved:
                self._same += 1
            else:
                kind = row.topic, before, after
                self._changes[kind] += 1
                if len(self._examples[kind]) < _EXAMPLES:
                    self._examples[kind].append(row.message_id)

    def result(self, since: datetime, new_channels: Iterable[str]) -> Rehearsed:
        kinds = sorted(self._changes, key=lambda kind: (kind[0], -self._changes[kind], str(kind)))
        return Rehearsed(
            since=since,
            same=self._same,
            changed=self._changes.total(),
            not_told=self._not_told,
            erased=self._erased,
            new_channels=tuple(sorted(new_channels)),
            changes=tuple(
                Change(topic=kind[0], before=kind[1], after=kind[2], count=self._changes[kind], examples=tuple(self._examples[kind]))
                for kind in kinds
            ),
        )

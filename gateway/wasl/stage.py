"""The stage of a rehearsal: one person's decisions, made again under a draft one after the other, with the uses that would follow."""

import heapq
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, cast

from wasl.clock import micros, moment
from wasl.config import Config
from wasl.deciding import Deciding, Decision, Go, Wait
from wasl.decisions import KeptCandidate, kept
from wasl.ledger.decided import Past, PastUse, StoredDecision
from wasl.policies import Policies
from wasl.policies.verdict import Candidate, Inputs, Use, Verdict
from wasl.recalling import Terms, candidate_of, claimed_of, envelope_of, inputs_of, verdict_of
from wasl.rehearsed import Fate, Outcome
from wasl.routing import Routing
from wasl_contracts import Category, Reason, State

_FATES: Mapping[State, Fate] = {State.EXPIRED: "expired", State.WITHHELD: "withheld", State.FAILED: "failed"}
_QUIET = ("quiet_hours", "timezone", "country")  # settings of the whole brand that quiet hours follow from


class Played(NamedTuple):
    """A decision as it was and as it would be; None where the record does not say enough. `moved` tells that they differ."""

    row: StoredDecision
    before: Outcome | None = None
    after: Outcome | None = None
    moved: bool = False


class _Made(NamedTuple):
    """What a decision comes to: the outcome, until when it waits, and the channels that may go, in their order."""

    outcome: Outcome
    until: datetime | None = None
    free: tuple[str, ...] = ()


class _Given(Policies):
    """The policies of a configuration, with verdicts in place of theirs that stand as they were given, by candidate and policy."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.given: dict[int, dict[str, Verdict]] = {}

    def judge(self, candidate: Candidate, inputs: Inputs, now: datetime) -> tuple[Verdict, ...]:
        given = self.given[id(candidate)]
        return tuple(given.get(verdict.policy, verdict) for verdict in super().judge(candidate, inputs, now))


class _AsItWas(Policies):
    """All verdicts as they were given, by candidate."""

    def __init__(self) -> None:
        super().__init__(Config())
        self.given: dict[int, tuple[Verdict, ...]] = {}

    def judge(self, candidate: Candidate, inputs: Inputs, now: datetime) -> tuple[Verdict, ...]:
        return self.given[id(candidate)]


class _Scene(NamedTuple):
    """A stored decision, opened."""

    row: StoredDecision
    version: str
    at: datetime
    ways: Sequence[KeptCandidate]
    """Those with an address."""
    channels: frozenset[str]
    """All that were considered."""

    @property
    def chosen(self) -> str | None:
        """The channel that it went by."""
        return next((way.channel for way in self.ways if way.chosen), None)


@dataclass(slots=True)
class _Uses:
    """What a person was sent, less what the draft would have kept back, and what it would have sent."""

    stored: Sequence[PastUse]
    gone: dict[tuple[str, int], int] = field(default_factory=dict)
    """By message and delivery: from when on its attempts would not have been made."""
    new: list[Use] = field(default_factory=list)
    played: set[tuple[str, int]] = field(default_factory=set)
    """The deliveries whose decisions came before."""

    def at(self, now: int) -> list[Use]:
        """The uses at a moment."""
        made = (one for one in self.stored if one.counted(now) and self._came_before(one, now))
        return [*(_use(one.message_id, one.topic, one.category, one.channel, moment(one.started_at)) for one in made), *self.new]

    def _came_before(self, one: PastUse, now: int) -> bool:
        key = one.message_id, one.delivery
        return one.started_at < self.gone.get(key, now + 1) and (one.started_at < now or key in self.played)


class Stage:
    """Plays what people's messages came to, under a draft. `sources` are the configurations that judged, as JSON, by version."""

    def __init__(self, brand: str, draft: Config, routing: Routing, sources: Mapping[str, str]) -> None:
        self._brand = brand
        self._draft = draft
        self._drafted = json.loads(draft.model_dump_json())
        self._sources: dict[str, dict[str, Any]] = {version: json.loads(text) for version, text in sources.items()}
        self._as_it_was, self._rules = _AsItWas(), _Given(draft)
        self._before = Deciding(routing, self._as_it_was, lambda address: address.value)
        self._after = Deciding(routing, self._rules, lambda address: address.value)
        self.new_channels: set[str] = set()

    def play(self, past: Past) -> Iterator[Played]:
        """Each decision about one person, with what it would have been."""
        uses = _Uses(past.uses)
        waiting: list[tuple[datetime, int, bool, _Scene]] = []
        for place, row in enumerate(past.decisions):
            scene = _opened(row)
            if scene is None:
                yield Played(row)
            else:
                waiting.append((scene.at, place, False, scene))
        heapq.heapify(waiting)
        while waiting:
            at, place, again, scene = heapq.heappop(waiting)
            before = self._made_then(scene)
            after = self._would_make(scene, before, uses.at(micros(at)), at)
            moved = (before.outcome.fate, before.outcome.channel, before.until) != (after.outcome.fate, after.outcome.channel, after.until)
            uses.played.add((scene.row.message_id, scene.row.number))
            if not again:
                yield Played(scene.row, before.outcome, after.outcome, moved)
            if not (moved or again):
                continue
            _follow(scene, after, uses, at)
            if after.until is not None and at < after.until < moment(scene.row.expires_at):
                heapq.heappush(waiting, (after.until, place, True, scene))

    def _made_then(self, scene: _Scene) -> _Made:
        row = scene.row
        envelope = envelope_of(row, self._brand, Terms(row.category, tuple(json.loads(row.channels))), scene.ways)
        candidates = [candidate_of(way, envelope) for way in scene.ways]
        self._as_it_was.given = {
            id(candidate): tuple(map(verdict_of, way.verdicts)) for candidate, way in zip(candidates, scene.ways, strict=True)
        }
        claimed = claimed_of(row, envelope, json.loads(row.tried), chosen=scene.chosen is not None)
        made = _made(self._before.decide(claimed, candidates, Inputs(), scene.at))
        return made._replace(outcome=Outcome(fate="sent", channel=scene.chosen)) if scene.chosen is not None else made

    def _would_make(self, scene: _Scene, before: _Made, uses: Sequence[Use], at: datetime) -> _Made:
        row, terms = scene.row, self._terms(scene.row)
        if terms is None:
            return _Made(Outcome(fate="failed", reason=Reason.UNROUTABLE))
        tried = json.loads(row.tried)
        self.new_channels |= set(terms.channels) - scene.channels - {*tried, *json.loads(row.channels)}
        ways = [way for channel in terms.channels for way in scene.ways if way.channel == channel and channel in self._draft.channels]
        envelope = envelope_of(row, self._brand, terms, scene.ways)
        candidates = [candidate_of(way, envelope) for way in ways]
        stays = self._same_quiet_hours(scene)
        self._rules.given = {
            id(candidate): {one.policy: verdict_of(one) for one in way.verdicts if stays and one.policy == "quiet_hours" and at == scene.at}
            for candidate, way in zip(candidates, ways, strict=True)
        }
        inputs = inputs_of(envelope, list(zip(ways, candidates, strict=True)), uses)
        claimed = claimed_of(row, envelope, tried, chosen=scene.chosen is not None)
        made = _made(self._after.decide(claimed, candidates, inputs, at))
        return made._replace(outcome=Outcome(fate="sent", channel=scene.chosen)) if _passed_over(scene.chosen, before, made) else made

    def _terms(self, row: StoredDecision) -> Terms | None:
        """What the draft makes of a message; what the caller had chosen for it stays. None where it does not have the topic."""
        topic, channels = self._draft.topics.get(row.topic), tuple(json.loads(row.channels))
        if topic is None:
            return None
        accepted = self._sources.get(row.config, {})
        told = accepted.get("topics", {}).get(row.topic, {})
        routed = accepted.get("routes", {}).get(told.get("route"), {}).get("channels")
        return Terms(
            topic.category if told.get("category") == row.category else row.category,
            self._draft.routes[topic.route].channels if routed is not None and tuple(routed) == channels else channels,
        )

    def _same_quiet_hours(self, scene: _Scene) -> bool:
        judged, topic = self._sources.get(scene.version, {}), scene.row.topic
        own = [config.get("topics", {}).get(topic, {}) for config in (judged, self._drafted)]
        same = all(own[0].get(name) == own[1].get(name) for name in ("quiet_hours", "category"))
        return same and all(judged.get(name) == self._drafted.get(name) for name in _QUIET)


def _passed_over(chosen: str | None, before: _Made, made: _Made) -> bool:
    """Whether it would go by the same channel because those before it were passed over then too, their providers failing."""
    if chosen not in made.free or chosen not in before.free:
        return False
    return set(made.free[: made.free.index(chosen)]) <= set(before.free[: before.free.index(chosen)])


def _opened(row: StoredDecision) -> _Scene | None:
    """None for a record of an older wasl, which does not say enough."""
    version, at, ways = kept(row.decision)
    if version is None or at is None:
        return None
    return _Scene(row, version, at, [way for way in ways if way.missed is None], frozenset(way.channel for way in ways))


def _made(decision: Decision) -> _Made:
    if isinstance(decision, Go):
        free = tuple(dict.fromkeys((decision.chosen.channel, *(other.channel for other in decision.others))))
        return _Made(Outcome(fate="sent", channel=free[0]), free=free)
    if isinstance(decision, Wait):
        return _Made(Outcome(fate="deferred", reason=decision.reason), decision.until)
    return _Made(Outcome(fate=_FATES[decision.state], reason=decision.reason))


def _follow(scene: _Scene, after: _Made, uses: _Uses, at: datetime) -> None:
    """From here on the person has been sent what the draft says."""
    row = scene.row
    if scene.chosen is not None:
        uses.gone.setdefault((row.message_id, row.number), micros(scene.at))
    if after.outcome.channel is not None:
        uses.new.append(_use(row.message_id, row.topic, row.category, after.outcome.channel, at))


def _use(message_id: str, topic: str, category: str, channel: str, at: datetime) -> Use:
    return Use(message_id, topic, cast("Category", category), channel, at)  # the column holds nothing else

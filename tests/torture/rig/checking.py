"""What must hold when everything has drained: the clients' record, the sink's record and the ledger agree (promises P1, P2, P4, P5, P7).

`wasl verify` judges the ledger and the sink's record by itself; here is what only the torturer knows: what clients were told, and when
which process was killed.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.torture.rig.clients import Record
from tests.torture.rig.reading import Reading
from wasl.clock import micros
from wasl.ids import attempt_id, delivery_id
from wasl.registry import read
from wasl.verifying import Evidence, verify
from wasl_contracts import Mark, State

_FAULTS_OF_OURS = ("worker.failed", "call.failed", "delivery.planning_failed", "request.failed", "Traceback")
_TAKEN = ("receipt", "unknown")  # as the sink records it: taken, and taken without an answer
_ARRIVED = {State.SENT.value, State.DELIVERED.value}


@dataclass(frozen=True, slots=True)
class Cut:
    """When which process was killed, or stopped until when; in microseconds since 1970."""

    name: str
    since: int
    until: int


@dataclass
class Tally:
    """The counts of a round, and everything that should not be."""

    accepted: int = 0
    sent: int = 0
    unknown: int = 0
    marked: int = 0
    lost: int = 0
    silent_duplicates: int = 0
    findings: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """For the table."""
        return {
            "accepted": self.accepted, "sent": self.sent, "unknown": self.unknown, "marked": self.marked, "lost": self.lost,
            "silent_duplicates": self.silent_duplicates, "findings": len(self.findings),
        }  # fmt: skip


@dataclass
class _Delivery:
    row: Any
    category: str
    attempts: list[Any] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return delivery_id(self.row.message_id, self.row.number)


async def tallied(reading: Reading, record: Record, sink: Path, cuts: Sequence[Cut], log: str) -> Tally:
    """Compare everything."""
    messages = {row.id: row for row in await reading.messages()}
    sends = read_record(sink)
    deliveries = {
        (row.message_id, row.number): _Delivery(row, messages[row.message_id].category) for row in await reading.deliveries()
    }  # a delivery without its message would be a KeyError here, and is a finding of `wasl verify`
    for attempt in await reading.attempts():
        deliveries[attempt.message_id, attempt.delivery].attempts.append(attempt)
    by_name = {delivery.name: delivery for delivery in deliveries.values()}
    tally = Tally(accepted=len(record.accepted), lost=len(record.accepted - messages.keys()))
    findings = tally.findings
    findings += [f"P1 {lost}: accepted and not there" for lost in sorted(record.accepted - messages.keys())]
    findings += _asked(list(messages.values()), record)
    findings += _called(sends, by_name)
    for delivery in by_name.values():
        tally.sent += delivery.row.state in _ARRIVED
        tally.unknown += any(attempt.outcome == "unknown" for attempt in delivery.attempts)
        tally.marked += Mark.POSSIBLE_DUPLICATE in json.loads(delivery.row.marks)
        silent = list(_silent(delivery))
        tally.silent_duplicates += len(silent)
        findings += [*silent, *_state(delivery), *_in_flight(delivery, cuts)]
    findings += _one_channel(messages, by_name.values())
    findings += [f"P5 {row}" for row in await _cancelled(reading, record, deliveries)]
    findings += faults(log)
    return tally


async def verified(config: Path, sink: Path, record: Record) -> list[str]:
    """What `wasl verify` finds."""
    ids = sink.with_name("accepted.ids")
    ids.write_text("".join(f"{message_id}\n" for message_id in sorted(record.accepted)))
    report = await verify(read(config, {}), Evidence((sink,), ids))
    return [f"{found.promise} {found.message}: {found.said} ({found.check})" for found in report.findings]


def faults(log: str) -> list[str]:
    """Where wasl itself says that it did wrong."""
    return [f"a fault of ours in the log: {line[:2000]}" for line in log.splitlines() if any(word in line for word in _FAULTS_OF_OURS)]


def read_record(sink: Path) -> list[dict[str, Any]]:
    """What the sink wrote."""
    return [json.loads(line) for line in sink.read_text().splitlines()]


def _asked(messages: Sequence[Any], record: Record) -> Iterator[str]:
    numbers = Counter(json.loads(row.metadata).get("number") for row in messages)
    yield from (f"P2 message number {number} exists {count} times" for number, count in numbers.items() if count > 1)
    yield from (f"P2 message number {number} was never asked for" for number in numbers if not 0 < (number or 0) <= record.posted)
    yield from (f"P2 message number {number} was turned away, and kept" for number in numbers if number in record.turned_away)
    yield from (f"P2 the key {key} was answered with {len(ids)} ids" for key, ids in record.by_key.items() if len(ids) > 1)
    yield from (f"P10 a client was answered {refusal}" for refusal in record.refusals)


def _called(sends: Sequence[dict[str, Any]], by_name: dict[str, _Delivery]) -> Iterator[str]:
    """Every call that the sink saw is an attempt, and what was told of it is what it saw."""
    known = {attempt_id(a.message_id, a.delivery, a.number): a for delivery in by_name.values() for a in delivery.attempts}
    taken = {send["attempt_id"] for send in sends if send["outcome"] in _TAKEN}
    keys: set[str] = set()
    for send in sends:
        attempt = known.get(send["attempt_id"])
        if attempt is None:
            yield f"P4 {send['attempt_id']}: a provider was called without an intent"
        elif send["outcome"] in _TAKEN and send["delivery_id"] not in keys:
            by_name[send["delivery_id"]].taken.append(send["attempt_id"])
            if send["keyed"]:
                keys.add(send["delivery_id"])
    calls = Counter(send["attempt_id"] for send in sends)
    yield from (f"P4 {name}: one attempt was {count} calls" for name, count in calls.items() if count > 1)
    for name, attempt in known.items():
        if attempt.outcome in ("unavailable", "rejected") and name in taken:
            yield f"P7 {name}: {attempt.outcome} ({attempt.code}), and the provider took it"
        if attempt.outcome == "receipt" and name not in taken:
            yield f"P4 {name}: a receipt for what the provider never saw"


def _silent(delivery: _Delivery) -> Iterator[str]:
    """What arrived more than once must be marked, at most once more for each call whose end was not seen; promotional never."""
    extra = len(delivery.taken) - 1
    unseen = sum(attempt.outcome == "unknown" for attempt in delivery.attempts)
    if extra > 0 and Mark.POSSIBLE_DUPLICATE not in json.loads(delivery.row.marks):
        yield f"P4 {delivery.name}: arrived {extra + 1} times and is not marked"
    elif extra > 0 and delivery.category == "promotional":
        yield f"P4 {delivery.name}: promotional, and arrived {extra + 1} times"
    elif extra > unseen:
        yield f"P4 {delivery.name}: arrived {extra + 1} times with {unseen} unknown outcomes"


def _state(delivery: _Delivery) -> Iterator[str]:
    state, unseen = delivery.row.state, any(attempt.outcome == "unknown" for attempt in delivery.attempts)
    marked = Mark.POSSIBLE_DUPLICATE in json.loads(delivery.row.marks)
    if state in _ARRIVED and not delivery.taken:
        yield f"P4 {delivery.name}: {state}, and no provider took it"
    if state in (State.EXPIRED.value, State.WITHHELD.value) and (delivery.taken or unseen):
        yield f"P4 {delivery.name}: {state} ({delivery.row.reason}), and a provider may have taken it"
    if state == State.FAILED.value and delivery.taken and not marked:  # the mark says that an earlier call may have sent it
        yield f"P4 {delivery.name}: failed ({delivery.row.reason}), and the provider took it"
    if (state == State.UNKNOWN.value or marked) and not unseen:
        yield f"P4 {delivery.name}: {'marked' if marked else 'unknown'} without a call whose outcome is unknown"
    if len(delivery.attempts) != delivery.row.attempts:
        yield f"P4 {delivery.name}: {delivery.row.attempts} attempts counted, {len(delivery.attempts)} recorded"


def _in_flight(delivery: _Delivery, cuts: Sequence[Cut]) -> Iterator[str]:
    """A call counts as lost with its worker only if a worker was killed or stopped while it was out."""
    for attempt in delivery.attempts:
        if attempt.reason == "worker_lost" and not any(
            cut.name != "api" and attempt.started_at <= cut.until and cut.since <= attempt.ended_at for cut in cuts
        ):
            yield f"P4 {delivery.name}: attempt {attempt.number} was taken for lost, and no worker was"


def _one_channel(messages: dict[str, Any], deliveries: Any) -> Iterator[str]:
    """With the mode `first` one channel alone carries a message."""
    carried = defaultdict(list)
    for delivery in deliveries:
        if delivery.taken and messages[delivery.row.message_id].mode == "first":
            carried[delivery.row.message_id].append(delivery.name)
    yield from (f"P7 {message}: arrived on {len(names)} channels" for message, names in carried.items() if len(names) > 1)


async def _cancelled(reading: Reading, record: Record, deliveries: dict[tuple[str, int], _Delivery]) -> list[str]:
    ended = {(row.message_id, row.delivery): row.at for row in await reading.events() if row.type == State.CANCELLED.value}
    told = [f"{name}: a client was told that it is cancelled" for name in record.cancelled - {name for name, _ in ended}]
    late = [key for key, at in ended.items() if any(attempt.started_at > at for attempt in deliveries[key].attempts)]
    return [*told, *(f"{name}, delivery {number}: called after it was cancelled" for name, number in late)]


@contextmanager
def cutting(*names: str) -> Iterator[list[Cut]]:
    """While this lasts these processes do not go on; the list is filled at its end."""
    cuts: list[Cut] = []
    since = now_micros()
    yield cuts
    until = now_micros()
    cuts += [Cut(name, since, until) for name in names]


def now_micros() -> int:
    """This moment, as the ledger writes it."""
    return micros(datetime.now(UTC))

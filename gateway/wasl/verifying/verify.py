"""Walking the ledger with all checks."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar, get_args

from wasl.clock import Clock, SystemClock, micros
from wasl.errors import Unusable
from wasl.ledger.migrate import HEAD
from wasl.ledger.opening import mending, schema_version, sqlite_path
from wasl.ledger.walking import Walk
from wasl.registry import Specs
from wasl.verifying.capping import Capping
from wasl.verifying.judge import judge
from wasl.verifying.judging import Finding, Rules
from wasl.verifying.same_thing import Once, Replacing
from wasl.verifying.sends import Sends, accepted_ids
from wasl.verifying.taking_turns import TakingTurns
from wasl_contracts import Category

_Row = TypeVar("_Row")
_OF_ANOTHER_KIND = (TypeError, ValueError, OverflowError)
_MOST = 1000  # findings that are kept; all are counted


@dataclass(frozen=True, slots=True)
class Evidence:
    """What others saw: the records of all providers' sinks, and a file of the ids for which a client saw a 202.

    `apart` is how far the clocks of the machines may differ that wrote the ledger. `lag` is how long a row may have waited between the
    moment that it names and its commit, so that what came between broke no promise.
    """

    sinks: tuple[Path, ...] = ()
    accepted: Path | None = None
    apart: timedelta = timedelta(seconds=1)
    lag: timedelta = timedelta(seconds=5)


@dataclass(slots=True)
class Report:
    """What was looked at, and what is broken: all of it counted by promise, the first thousand told."""

    messages: int = 0
    deliveries: int = 0
    attempts: int = 0
    findings: list[Finding] = field(default_factory=list)
    broken: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)
    """What breaks no promise, and should be known."""

    def add(self, findings: Iterable[Finding]) -> None:
        """Count them, and keep those for which there is room."""
        for finding in findings:
            self.broken[finding.promise] += 1
            if len(self.findings) < _MOST:
                self.findings.append(finding)


async def verify(specs: Specs, evidence: Evidence | None = None, clock: Clock | None = None) -> Report:
    """Check every message of the ledger that a configuration names. Writes nothing, and may run beside servers.

    Raises:
        Unusable: there is no database of this version.
        Illegible: a file of evidence cannot be read.
    """
    evidence = evidence or Evidence()
    rules = _rules(specs, evidence, micros((clock or SystemClock()).now()))
    version = await schema_version(specs.config)
    if version is None:
        raise Unusable("There is no database yet, so there is nothing to check.")
    if version != HEAD:
        raise Unusable(f"The database has the schema {version}, and this wasl checks {HEAD}: {mending(version)}.")
    walk, report = Walk(sqlite_path(specs.config) or specs.config.database), Report()
    try:
        await walk.require_whole()
        with closing(Sends(evidence.sinks)) as sends:
            # First the records, then the ledger: what is sent meanwhile has its intent there already.
            await asyncio.to_thread(sends.load)
            await _as_far_as_readable(_each_message(walk, sends, rules, report), report)
            for ids in sends.messages():
                report.add(
                    Finding(one, "P2", "nothing_unasked_is_sent", "a provider saw it, but it is not there")
                    for one in await walk.missing(ids)
                )
        await _as_far_as_readable(_between_messages(walk, rules, report), report)
        report.remarks += [_remark(*found) for found in await walk.unmatched()]
        for ids in accepted_ids(evidence.accepted) if evidence.accepted else ():
            said = "a client saw its 202, but it is not there"
            report.add(Finding(one, "P1", "what_was_accepted_is_there", said) for one in await walk.missing(ids))
    finally:
        await walk.close()
    return report


def _remark(provider: str, state: str, count: int) -> str:
    return f"{count} callback(s) of {provider} did nothing yet: {state}; see: wasl callbacks list --state {state}"


async def _as_far_as_readable(work: Awaitable[None], report: Report) -> None:
    """SQLite keeps any value in any column; rows of the wrong kind cannot always be told one by one."""
    try:
        await work
    except _OF_ANOTHER_KIND as error:
        report.add([_illegible(error)])


def _illegible(error: Exception) -> Finding:
    said = f"rows cannot be read ({type(error).__name__}): a column holds a value of another kind; what follows was not checked"
    return Finding("-", "P3", "every_column_is_readable", said)


async def _each_message(walk: Walk, sends: Sends, rules: Rules, report: Report) -> None:
    async for page in walk.stories():
        seen = sends.of([story.id for story in page]) if sends else None
        for story in page:
            report.messages += story.message is not None
            report.deliveries += len(story.deliveries)
            report.attempts += sum(map(len, story.attempts.values()))
            report.add(judge(story, rules, seen.get(story.id, ()) if seen is not None else None))


async def _between_messages(walk: Walk, rules: Rules, report: Report) -> None:
    for ids in await walk.repeated_keys():
        report.add([Finding(ids[0], "P2", "a_key_is_one_message", f"{', '.join(ids[1:])} has the same idempotency key")])
    for message_id in await walk.stranded():
        said = "it waits for its turn, but no other message with its ordering key is under way"
        report.add([Finding(message_id, "order", "a_turn_comes", said)])
    replacing, once = Replacing(rules), Once()
    await _seen(walk.abouts(), replacing.see, report)
    await _seen(walk.facts(), once.see, report)
    capping = Capping(rules, await walk.configs())
    await _seen(walk.uses(), capping.see, report)
    await _seen(walk.turns(), TakingTurns(rules).see, report)


async def _seen(rows: AsyncIterator[_Row], see: Callable[[_Row], Iterable[Finding]], report: Report) -> None:
    """Every row, one after the other; after one of the wrong kind the others are read to the end, so that their connection is closed."""
    legible = True
    async for row in rows:
        try:
            report.add(see(row) if legible else ())
        except _OF_ANOTHER_KIND as error:
            legible = False
            report.add([_illegible(error)])


def _rules(specs: Specs, evidence: Evidence, read_at: int) -> Rules:
    lives = {name: specs[name].capabilities.idempotency_seconds for name in specs.plugins}
    return Rules(
        apart=evidence.apart // timedelta(microseconds=1),
        lag=evidence.lag // timedelta(microseconds=1),
        key_lives={name: seconds for name, seconds in lives.items() if seconds is not None},
        again={category: specs.config.unknown.of(category) for category in get_args(Category)},
        topics={name: topic.unknown for name, topic in specs.config.topics.items() if topic.unknown is not None},
        consents={name: topic.rules.consent for name, topic in specs.config.topics.items()},
        read_at=read_at,
    )

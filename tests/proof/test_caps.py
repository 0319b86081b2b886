"""Frequency caps against oracles that are too simple to be wrong: every use is counted anew, in every stretch of time."""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.databases import rows
from tests.proof.capped_workers import REFUSED, TOPICS, caps, fill, taking, told, workers
from tests.proof.conftest import Proof
from wasl.api import Gateway
from wasl.config.caps import Cap
from wasl.ids import attempt_id
from wasl.registry import Specs
from wasl.verifying import Evidence, verify

SECOND = 1_000_000  # microseconds
APART = SECOND // 5  # by which the clocks of the processes may differ


class Sent(NamedTuple):
    """A call that a provider took, or may have."""

    person: str
    at: int
    message: str
    topic: str
    channel: str

    @property
    def category(self) -> str:
        return str(TOPICS[self.topic]["category"])

    @property
    def free(self) -> bool:
        """No cap keeps it back."""
        return self.category == "transactional"


def calls(database: str) -> list[tuple[str, int, int, str | None, Sent]]:
    query = (
        "SELECT a.message_id, a.delivery, a.number, a.outcome, a.recipient_id, a.started_at, m.topic, d.channel FROM attempts a"
        " JOIN messages m ON m.id = a.message_id JOIN deliveries d ON d.message_id = a.message_id AND d.number = a.delivery"
    )
    return [(*row[:4], Sent(row[4], row[5], row[0], row[6], row[7])) for row in rows(database, query)]


def shared(name: str, cap: Cap, one: Sent, other: Sent) -> bool:
    if cap.categories and one.category not in cap.categories:
        return False
    return {
        "person": True,
        "topic": one.topic == other.topic,
        "channel": one.channel == other.channel and one.category == other.category,
        "offers": one.category == other.category,
    }[name]


def exceeded(sent: Sequence[Sent], per: str) -> list[str]:
    """Every stretch of time in which a person got too many messages, reserved places counted in."""
    by_person = defaultdict(list)
    for one in sent:
        by_person[one.person].append(one)
    rules = {name: Cap.model_validate(cap) for name, cap in caps(per).items()}
    found = []
    for name, cap in rules.items():
        for one in (one for one in sent if not one.free and (not cap.categories or one.category in cap.categories)):
            window = within(by_person[one.person], one, cap.per)
            counted = {other.message: other.category for other in window if shared(name, cap, other, one)}
            taken = Counter(counted.values())
            kept = sum(max(0, places - taken[other]) for other, places in cap.reserve.items() if other != one.category)
            again = any(other.message == one.message and other.at < one.at for other in window)
            if len(counted) + kept > cap.limit and not again:
                found.append(f"{one} exceeds {name}: {len(counted)} and {kept} reserved")
    return found


def within(sent: Iterable[Sent], one: Sent, per: timedelta) -> list[Sent]:
    """What went in the stretch of time that ends with that. What caps never keep back may have gone beside it, not before."""
    since = one.at - per // timedelta(microseconds=1)
    return [other for other in sent if since < other.at <= one.at and not (other.free and other.at > one.at - APART)]


def drained(database: str, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while rows(database, "SELECT count(*) FROM deliveries WHERE due_at IS NOT NULL") != [(0,)]:
        assert time.monotonic() < ends, rows(database, "SELECT state, reason, count(*) FROM deliveries GROUP BY state, reason")
        time.sleep(0.2)


def test_eight_workers_keep_every_cap(proof: Proof, figures: Callable[..., None], postgres_url: str, tmp_path: Path) -> None:
    people, each, per = proof.of(full=2_500, sample=20), proof.of(full=40, sample=50), "60s" if proof.full else "1s"
    (seed,) = proof.seeds()
    with proof.round(seed) as chance:
        given = told(tmp_path, postgres_url, per, taking(tmp_path / "unused", chance))
        asyncio.run(_filled(given, people, each, chance))
        began = time.monotonic()
        with workers(8, tmp_path, postgres_url, per, seed):
            drained(postgres_url, proof.of(full=1800, sample=90))
        took = time.monotonic() - began

        record = {line["attempt_id"]: line["outcome"] for line in map(json.loads, (tmp_path / "record").read_text().splitlines())}
        every = calls(postgres_url)
        uses = {attempt_id(*one[:3]): one[4] for one in every if one[3] not in REFUSED}
        report = asyncio.run(verify(given, Evidence(lag=timedelta(seconds=60))))

        assert {attempt_id(*one[:3]): one[3] for one in every} == record
        assert uses.keys() == {attempt for attempt, outcome in record.items() if outcome not in REFUSED}
        assert exceeded(list(uses.values()), per) == []
        assert [finding for finding in report.findings if finding.promise == "P6"] == []
        ended = dict(rows(postgres_url, "SELECT state, count(*) FROM deliveries GROUP BY state"))
        waited = rows(postgres_url, "SELECT count(DISTINCT message_id) FROM events WHERE facts LIKE '%frequency_cap%'")[0][0]
        assert waited > 0
        figures("caps, 8 workers on PostgreSQL", accepted=people * each, sends=len(uses), refused=len(every) - len(uses), exceeded=0,
                held_back=waited, withheld=ended.get("withheld", 0), seconds=took)  # fmt: skip


async def _filled(given: Specs, people: int, each: int, chance: Random) -> None:
    async with Gateway(given, worker=False) as gateway:
        await fill(gateway, people, each, chance)

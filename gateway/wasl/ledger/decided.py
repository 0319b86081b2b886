"""The decisions of some days, person by person, for those who replay them. It only reads, also beside running servers."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, select

from wasl.ledger.tables import attempts, deliveries, messages, recipients, sources
from wasl.ledger.uses import GIVEN_BACK
from wasl.ledger.walking import read_only

PEOPLE = 200
"""How many are read in one go: what is in memory at one time."""


class StoredDecision(NamedTuple):
    """A decision, and what rows tell of its message, delivery and recipient."""

    recipient_id: str
    message_id: str
    number: int
    created_at: int
    expires_at: int
    topic: str
    category: str
    mode: str
    channels: str
    fact: str | None
    config: str
    audience: str
    timezone: str | None
    channel: str | None
    attempts: int
    tried: str
    decision: str
    decided_at: int
    erased_at: int | None
    """When the person was erased; their decisions then tell nothing any more."""


class PastUse(NamedTuple):
    """An attempt, as caps count it: until it was known for certain that nothing was sent, if it ever was."""

    recipient_id: str
    message_id: str
    delivery: int
    topic: str
    category: str
    channel: str
    started_at: int
    ended_at: int | None
    outcome: str | None

    def counted(self, at: int) -> bool:
        """Whether it was a use at that moment."""
        given_back = self.outcome in GIVEN_BACK and self.ended_at is not None and self.ended_at <= at
        return self.started_at <= at and not given_back


class Past(NamedTuple):
    """The decisions about one person in the order in which they were made, and what they were sent."""

    decisions: Sequence[StoredDecision]
    uses: Sequence[PastUse]


_in_message = (deliveries.c.brand == messages.c.brand) & (deliveries.c.message_id == messages.c.id)
_of_recipient = (recipients.c.brand == messages.c.brand) & (recipients.c.id == messages.c.recipient_id)
_DECIDED: Select[Any] = (
    select(
        messages.c.recipient_id, messages.c.id, deliveries.c.number, messages.c.created_at, messages.c.expires_at, messages.c.topic,
        messages.c.category, messages.c.mode, messages.c.channels, messages.c.fact, messages.c.config, recipients.c.audience,
        recipients.c.timezone, deliveries.c.channel, deliveries.c.attempts, deliveries.c.tried, deliveries.c.decision,
        deliveries.c.decided_at, recipients.c.erased_at,
    )
    .join_from(messages, deliveries, _in_message)
    .join(recipients, _of_recipient)
    .where(deliveries.c.decision.is_not(None))
    .order_by(messages.c.recipient_id, deliveries.c.decided_at, messages.c.id, deliveries.c.number)
)  # fmt: skip
_USED: Select[Any] = (
    select(
        attempts.c.recipient_id, attempts.c.message_id, attempts.c.delivery, messages.c.topic, messages.c.category, deliveries.c.channel,
        attempts.c.started_at, attempts.c.ended_at, attempts.c.outcome,
    )
    .join_from(messages, deliveries, _in_message)
    .join(
        attempts,
        (attempts.c.brand == messages.c.brand) & (attempts.c.message_id == messages.c.id) & (attempts.c.delivery == deliveries.c.number),
    )
)  # fmt: skip


class Decided:
    """The decisions of one brand: a SQLite file that is there, or the URL of a PostgreSQL database. Close it."""

    def __init__(self, database: Path | str, brand: str) -> None:
        self._engine = read_only(database)
        self._brand = brand

    async def close(self) -> None:
        """Let go of the connections."""
        await self._engine.dispose()

    async def people(self, since: int, uses_since: int) -> AsyncIterator[Past]:
        """Everybody about whom something was decided since a moment, with what they were sent since an earlier one."""
        after: str | None = None
        while True:
            following = select(messages.c.recipient_id).distinct().where(messages.c.brand == self._brand)
            if after is not None:
                following = following.where(messages.c.recipient_id > after)
            ids = [str(row[0]) for row in await self._fetch(following.order_by(messages.c.recipient_id).limit(PEOPLE))]
            if not ids:
                return
            for past in await self._page(ids, since, uses_since):
                yield past
            after = ids[-1]

    async def configs(self) -> dict[str, str]:
        """The configurations that judged, as JSON, by their versions."""
        query = select(sources.c.version, sources.c.text).where(sources.c.kind == "config")
        return {str(row.version): str(row.text) for row in await self._fetch(query)}

    async def _page(self, ids: Sequence[str], since: int, uses_since: int) -> list[Past]:
        mine = (messages.c.brand == self._brand, messages.c.recipient_id.in_(ids))
        decided: defaultdict[str, list[StoredDecision]] = defaultdict(list)
        for row in await self._fetch(_DECIDED.where(*mine, deliveries.c.decided_at >= since)):
            decided[row.recipient_id].append(StoredDecision._make(row))
        used: defaultdict[str, list[PastUse]] = defaultdict(list)
        for row in await self._fetch(_USED.where(*mine, attempts.c.started_at > uses_since)) if decided else ():
            used[row.recipient_id].append(PastUse._make(row))
        return [Past(decisions, used[person]) for person, decisions in decided.items()]

    async def _fetch(self, query: Select[Any]) -> Sequence[Row[Any]]:
        async with self._engine.connect() as connection:
            found: Sequence[Row[Any]] = (await connection.execute(query)).all()
            return found

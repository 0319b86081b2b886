"""The rows of providers: what all workers must know of each, in a few small statements that no message waits for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, Text, bindparam, case, literal_column, null, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from wasl.audited import Entry
from wasl.clock import Clock, micros, moment
from wasl.ledger.audit import with_entry
from wasl.ledger.hot import Hot, Row, Values, upsert
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
from wasl.ledger.tables import deliveries, providers
from wasl.rate import Limit
from wasl.standing import UNTIL_RESUMED, Standing
from wasl_contracts import Reason, State

Change = Literal["open", "pause", "close", "slow"]

_of = (providers.c.brand == bindparam("key_brand"), providers.c.name == bindparam("key_name"))
_closed: ColumnElement[str] = literal_column("'closed'")


def _told(*names: str) -> dict[str, ColumnElement[object]]:
    return {name: bindparam(name) for name in names}


_ADD = Hot(upsert(providers).values({c.name: bindparam(c.name) for c in providers.columns}).on_conflict_do_nothing())
_SEEN = Hot(
    select(
        providers.c.name, providers.c.state, providers.c.reason, providers.c.code, providers.c.changed_at, providers.c.until,
        providers.c.next_call_at,
    ).where(providers.c.brand == bindparam("brand"))
)  # fmt: skip
_not_by_operator = or_(providers.c.reason.is_(None), providers.c.reason != literal_column(f"'{Reason.OPERATOR_PAUSED.value}'"))
_close = (
    update(providers)
    .where(*_of, or_(providers.c.state != _closed, providers.c.until.is_not(None)))
    .values(state=_closed, reason=null(), code=null(), until=null(), changed_at=bindparam("changed_at"))
)
_RESUME = Hot(_close)
_STOP = Hot(  # by an operator: what workers find afterwards changes nothing (_not_by_operator), only resuming does
    update(providers)
    .where(*_of, _not_by_operator)
    .values(state=literal_column("'paused'"), **_told("reason", "code", "changed_at", "until"))
)
_CHANGE: dict[Change, Hot] = {
    "open": Hot(
        update(providers)
        .where(*_of, providers.c.state == _closed)
        .values(state=literal_column("'open'"), **_told("reason", "code", "changed_at", "until"))
    ),
    "pause": Hot(
        update(providers)
        .where(*_of, _not_by_operator)
        .values(
            state=literal_column("'paused'"),
            changed_at=case(
                (providers.c.state == literal_column("'paused'"), providers.c.changed_at), else_=bindparam("changed_at", type_=BigInteger)
            ),
            **_told("reason", "code", "until"),
        )
    ),
    "close": Hot(_close.where(_not_by_operator)),
    "slow": Hot(  # of one that fails only the moment: why it fails stays
        update(providers)
        .where(*_of, or_(providers.c.until.is_(None), providers.c.until < bindparam("before")))
        .values(
            until=bindparam("until"),
            **{
                name: case((providers.c.state == _closed, bindparam(name, type_=providers.c[name].type)), else_=providers.c[name])
                for name in ("reason", "code", "changed_at")
            },
        )
    ),
}
_TRY = Hot(
    update(providers)
    .where(*_of, providers.c.state != _closed, providers.c.until <= bindparam("now"))
    .values(until=bindparam("until"))
    .returning(providers.c.name)
)
_earliest = bindparam("earliest", type_=BigInteger)
_GIVE = Hot(
    update(providers)
    .where(*_of, providers.c.next_call_at <= bindparam("now"))
    .values(
        next_call_at=case((providers.c.next_call_at > _earliest, providers.c.next_call_at), else_=_earliest)
        + bindparam("cost", type_=BigInteger)
    )
    .returning(providers.c.name, providers.c.next_call_at)
)
_WAITS_FOR_IT = (  # why a delivery waits because of how its provider stands, or by what that said to this very call
    Reason.PROVIDER_PAUSED, Reason.OPERATOR_PAUSED, Reason.PROVIDER_FAILING, Reason.RATE_LIMITED,
    Reason.PROVIDER_MISCONFIGURED, Reason.PROVIDER_FAULT, Reason.PROVIDER_REJECTED,
    Reason.OUTCOME_UNKNOWN,  # whatever what may have been sent waits for, it says this
)  # fmt: skip
_DUE_NOW = Hot(  # an open delivery may go by this channel too, whatever lane it waits in
    update(deliveries)
    .where(
        deliveries.c.brand == bindparam("key_brand"),
        deliveries.c.state == literal_column(f"'{State.SCHEDULED.value}'"),
        deliveries.c.reason.in_([literal_column(f"'{reason.value}'") for reason in _WAITS_FOR_IT]),
        deliveries.c.claimed_at.is_(None),
        deliveries.c.due_at > bindparam("now"),
        or_(deliveries.c.lane == bindparam("served", type_=Text), deliveries.c.channel.is_(None)),
    )
    .values(due_at=bindparam("now"))
)


class Providers:
    """The rows of one installation, under its own brand. Their conditions settle it where two workers find the same thing at once.

    `channels` tells that of each provider, `brands` are all that there are.
    """

    def __init__(self, store: Store, brand: str, clock: Clock, channels: Mapping[str, str], brands: Sequence[str] = ()) -> None:
        self._store = store
        self._brand = brand
        self._clock = clock
        self._channels = channels
        self._brands = brands or (brand,)

    async def add(self, names: Iterable[str]) -> None:
        """Make a row for each that has none."""
        blank = {"state": "closed", "reason": None, "code": None, "changed_at": micros(self._clock.now()), "until": None, "next_call_at": 0}
        rows = [{"brand": self._brand, "name": name, **blank} for name in names]
        if rows:
            await self._store.working.run(lambda tx: tx.many(_ADD, rows))

    async def seen(self) -> list[Standing]:
        """How all of them stand: one small read."""
        return [_standing(row) for row in await self._store.reader.fetch(_SEEN, {"brand": self._brand})]

    async def record(self, changes: Sequence[tuple[Change, Standing]]) -> None:
        """Write what a worker found, in this order. What another one found first stays."""

        async def work(tx: Transaction) -> None:
            for change, standing in changes:
                await tx.many(_CHANGE[change], [self._row(standing)])

        await self._store.working.run(work)

    async def stop(self, name: str, entry: Entry | None = None) -> None:
        """Let no call begin until it is resumed, as an operator wants; again is as good as once. Workers see it within a second."""
        now = self._clock.now()
        wanted = Standing(name, "paused", Reason.OPERATOR_PAUSED, since=now, until=now + UNTIL_RESUMED)
        await self.add([name])

        async def work(tx: Transaction) -> int:
            return await tx.many(_STOP, [self._row(wanted)])

        await self._store.writer.run(with_entry(work, entry, micros(now), when=bool))
        self._store.tell()

    async def resume(self, name: str, entry: Entry | None = None) -> None:
        """Let calls go through again, whatever was found before; what waits for it is due now."""
        now = self._clock.now()

        async def work(tx: Transaction) -> int:
            changed = await tx.many(_RESUME, [self._row(Standing(name, since=now))])
            await self._due_now(tx, [name])
            return changed

        await self._store.writer.run(with_entry(work, entry, micros(now), when=bool))
        self._store.tell()

    async def release(self, names: Sequence[str]) -> None:
        """What waits for these is due now; where it may not go after all, it is told anew until when it waits."""
        await self._store.working.run(lambda tx: self._due_now(tx, names))

    async def _due_now(self, tx: Transaction, names: Sequence[str]) -> None:
        now = micros(self._clock.now())
        channels = sorted({self._channels[name] for name in names})
        waiting = [{"key_brand": brand, "served": channel, "now": now} for brand in self._brands for channel in channels]
        await tx.many(_DUE_NOW, waiting)

    async def admit(self, calls: Mapping[str, tuple[Limit, int]], tries: Mapping[str, datetime]) -> tuple[dict[str, datetime], set[str]]:
        """Ask for so many calls of providers whose rate is limited, and to be the one that tries providers that fail.

        Returns from when on there is more of each that got its calls, and those that may be tried by one call; `tries` tells until when.
        A provider that is in both is tried only where it got a call. One transaction, whatever the number of messages.
        """
        now = micros(self._clock.now())
        asked = [
            {**self._key(name), "now": now, "earliest": now - limit.late, "cost": limit.cost(count)}
            for name, (limit, count) in calls.items()
        ]

        async def work(tx: Transaction) -> tuple[dict[str, datetime], set[str]]:
            given = {name: moment(next_call) for name, next_call in await tx.each(_GIVE, asked)} if asked else {}
            tried = [
                {**self._key(name), "now": now, "until": micros(until)}
                for name, until in tries.items()
                if name in given or name not in calls
            ]
            return given, {name for (name,) in await tx.each(_TRY, tried)} if tried else set()

        return await self._store.working.run(work)

    def _key(self, name: str) -> dict[str, object]:
        return {"key_brand": self._brand, "key_name": name}

    def _row(self, standing: Standing) -> Values:
        until = micros(standing.until) if standing.until is not None else None
        told = {"reason": standing.reason, "code": standing.code, "changed_at": micros(standing.since), "until": until, "before": until}
        return {**self._key(standing.name), **told}


def _standing(row: Row) -> Standing:
    name, state, reason, code, changed_at, until, next_call_at = row
    return Standing(
        name=name,
        state=state,
        reason=Reason(reason) if reason else None,
        code=code,
        since=moment(changed_at),
        until=moment(until) if until is not None else None,
        next_call_at=moment(next_call_at),
    )

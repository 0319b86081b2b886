"""Acts on many messages, and those of which a second person decides: asked for, decided, stopped, and read. act_work.py works at them.

What an act is about is kept encrypted, as a query may hold an address; it goes where it is of no more use: when nobody can approve it any
more, and with the person whom it erased.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pydantic_core import to_json
from sqlalchemy import BigInteger, ColumnElement, Integer, Text, bindparam, delete, insert, literal_column, null, select, update

from wasl.acts_seen import KEPT, OVER, ActSeen, ActState, Aim, Party
from wasl.audited import Entry
from wasl.clock import MICROSECOND, Clock, micros, moment
from wasl.errors import Conflict
from wasl.keys import KeyRing
from wasl.ledger.audit import append, with_entry
from wasl.ledger.hot import Hot, Row
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
from wasl.ledger.tables import act_pieces, acts, users
from wasl.log_privacy import safe
from wasl.users import User

_LISTED = 100  # of those that are over
_KEPT = KEPT // MICROSECOND
_OPEN: tuple[ActState, ...] = ("asked", "going")


def _is(*states: str) -> ColumnElement[bool]:
    return acts.c.state.in_([literal_column(f"'{state}'") for state in sorted(states)])


def _in_time() -> ColumnElement[bool]:
    return acts.c.lapses_at > bindparam("now", type_=BigInteger())


def _text(name: str) -> ColumnElement[str]:
    return bindparam(name, type_=Text())


_its = acts.c.id == _text("key_id")
_DECIDED = {
    "state": _text("state"), "decided_id": _text("who_id"), "decided_name": _text("who_name"), "decided_role": _text("who_role"),
    "decided_at": bindparam("now", type_=BigInteger()), "decided_why": _text("why"),
}  # fmt: skip
_PUT = Hot(insert(acts).values({column.name: bindparam(column.name) for column in acts.columns}))
_ONE = Hot(select(*acts.columns).where(_its))
_OPEN_ONES = Hot(select(*acts.columns).where(_is(*_OPEN)).order_by(acts.c.id.desc()))
_OVER_ONES = Hot(select(*acts.columns).where(_is(*OVER)).order_by(acts.c.id.desc()).limit(literal_column(str(_LISTED))))
_ASKED = Hot(select(*acts.columns).where(_is("asked"), _in_time()).order_by(acts.c.id))
_APPROVE = Hot(
    update(acts)
    .where(_its, _is("asked"), _in_time(), acts.c.by_id != _text("who_id"))
    .values(**_DECIDED, count=bindparam("count", type_=Integer()))
    .returning(acts.c.id)
)
_REFUSE = Hot(update(acts).where(_its, _is("asked"), _in_time(), acts.c.by_id != _text("who_id")).values(**_DECIDED).returning(acts.c.id))
_WITHDRAW = Hot(update(acts).where(_its, _is("asked"), acts.c.by_id == _text("who_id")).values(**_DECIDED).returning(acts.c.id))
_STOP = Hot(
    update(acts)
    .where(_its, _is("going"))
    .values(state=_text("state"), stopped_by=_text("who_name"), ended_at=bindparam("now", type_=BigInteger()))
    .returning(acts.c.id)
)
_AS = Hot(select(users.c.id).where(users.c.id == _text("key_id"), users.c.role == _text("role"), users.c.brands == _text("brands")))
_LAPSE = Hot(
    update(acts).where(_is("asked"), acts.c.lapses_at <= bindparam("now", type_=BigInteger())).values(state=literal_column("'lapsed'"))
)
_USELESS = Hot(update(acts).where(_is("refused", "withdrawn", "lapsed"), acts.c.sealed.is_not(None)).values(sealed=null()))
_old = (_is(*OVER), acts.c.asked_at < bindparam("before", type_=BigInteger()))
_FORGET_PIECES = Hot(delete(act_pieces).where(act_pieces.c.act_id.in_(select(acts.c.id).where(*_old))))
_FORGET = Hot(delete(acts).where(*_old))


@dataclass(frozen=True, slots=True)
class Decision:
    """What a second person says of an act. `count` is the most messages that they agree to; None for a no."""

    who: User
    entry: Entry
    why: str = ""
    count: int | None = None
    asker: User | None = None
    """Who asked, as they were when it was checked that they may; an approval needs them to be so still."""


class Acts:
    """The acts of one database."""

    def __init__(self, store: Store, keys: KeyRing, clock: Clock) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock

    async def put(self, act: ActSeen, entry: Entry) -> None:
        """Keep what somebody asks for, and tell the audit."""
        sealed = self._keys.seal(to_json(act.aim), act.id.encode()) if act.aim is not None else None
        fresh = {
            "lapses_at": micros(act.lapses_at) if act.lapses_at is not None else None, "decided_id": None, "decided_name": None,
            "decided_role": None, "decided_at": None, "decided_why": "", "fence": 0, "leased_until": 0, "place": None, "pieces": 0,
            "looked": 0, "fates": "{}", "more": 0, "begun_at": None, "ended_at": None, "stopped_by": "",
        }  # fmt: skip
        row = {
            "id": act.id, "kind": act.kind, "state": act.state, "brands": json.dumps(act.brands), "count": act.count,
            "sealed": sealed, "reason": safe(act.reason), "by_id": act.by.id,
            "by_name": act.by.name, "by_role": act.by.role, "asked_at": micros(act.asked_at), **fresh,
        }  # fmt: skip
        await self._store.writer.run(with_entry(lambda tx: tx.many(_PUT, [row]), entry, micros(self._clock.now())))

    async def get(self, act_id: str) -> ActSeen | None:
        """An act; None where there is none."""
        rows = await self._store.reader.fetch(_ONE, {"key_id": act_id})
        return self._seen(rows[0]) if rows else None

    async def newest(self) -> list[ActSeen]:
        """What waits or goes on, then the last hundred that are over; newest first."""
        return [self._seen(row) for one in (_OPEN_ONES, _OVER_ONES) for row in await self._store.reader.fetch(one, {})]

    async def asked(self) -> list[ActSeen]:
        """What waits for a second person, the oldest first."""
        return [self._seen(row) for row in await self._store.reader.fetch(_ASKED, {"now": micros(self._clock.now())})]

    async def approve(self, act_id: str, decision: Decision) -> None:
        """Let it go; only one of several who do so at once does.

        Raises:
            Conflict: it waits no more, it is their own, or one of the two is not what they were any more.
        """
        asker = decision.asker

        async def work(tx: Transaction) -> bool:
            if asker is None or not await _still(tx, decision.who) or not await _still(tx, asker):
                return False
            return bool(await tx.fetch(_APPROVE, self._decided(act_id, "going", decision) | {"count": decision.count}))

        await self._decide(work, decision.entry)

    async def refuse(self, act_id: str, decision: Decision) -> None:
        """Let it not go, for a reason; raises Conflict as `approve`."""

        async def work(tx: Transaction) -> bool:
            if not await _still(tx, decision.who):
                return False
            return bool(await tx.fetch(_REFUSE, self._decided(act_id, "refused", decision)))

        await self._decide(work, decision.entry)

    async def withdraw(self, act_id: str, decision: Decision) -> None:
        """Who asked takes it back; raises Conflict."""
        told = self._decided(act_id, "withdrawn", decision)
        await self._decide(lambda tx: _any(tx, _WITHDRAW, told), decision.entry)

    async def stop(self, act_id: str, decision: Decision) -> None:
        """Nothing more is done of it; what is done stays. Raises Conflict where it is over."""
        told = {"key_id": act_id, "state": "stopped", "who_name": decision.who.name, "now": micros(self._clock.now())}
        await self._decide(lambda tx: _any(tx, _STOP, told), decision.entry)

    async def clear(self) -> None:
        """What waited too long lapses; what is of no more use goes, and so do acts of more than thirty days ago."""
        now = micros(self._clock.now())

        async def work(tx: Transaction) -> None:
            await tx.fetch(_LAPSE, {"now": now})
            await tx.fetch(_USELESS, {})
            await tx.fetch(_FORGET_PIECES, {"before": now - _KEPT})
            await tx.fetch(_FORGET, {"before": now - _KEPT})

        await self._store.working.run(work)

    async def _decide(self, work: Callable[[Transaction], Awaitable[bool]], entry: Entry) -> None:
        now = micros(self._clock.now())

        async def both(tx: Transaction) -> bool:
            decided = await work(tx)
            if decided:
                await append(tx, [entry], now)
                await tx.fetch(_USELESS, {})
            return decided

        if not await self._store.writer.run(both):
            raise Conflict("This was decided already, or it is not yours to decide.", suggested_action="Look at it again.")

    def _decided(self, act_id: str, state: ActState, decision: Decision) -> dict[str, object]:
        who = decision.who
        told = {"who_id": who.id, "who_name": who.name, "who_role": who.role.value, "why": safe(decision.why)}
        return {"key_id": act_id, "state": state, "now": micros(self._clock.now()), **told}

    def _seen(self, row: Row) -> ActSeen:
        told = dict(zip(acts.columns.keys(), row, strict=True))
        sealed = told["sealed"]
        aim = Aim.model_validate_json(self._keys.open(bytes(sealed), told["id"].encode())) if sealed is not None else None
        decided = Party(id=told["decided_id"], name=told["decided_name"], role=told["decided_role"]) if told["decided_id"] else None
        times = {name: moment(told[name]) if told[name] is not None else None for name in _TIMES}
        lapsed = told["state"] == "asked" and told["lapses_at"] <= micros(self._clock.now())
        kept = {name: told[name] for name in ("id", "kind", "count", "reason", "decided_why", "stopped_by", "looked")}
        return ActSeen(
            **kept, **times, aim=aim, decided_by=decided, state="lapsed" if lapsed else told["state"], more=bool(told["more"]),
            brands=tuple(json.loads(told["brands"])), fates=json.loads(told["fates"]),
            by=Party(id=told["by_id"], name=told["by_name"], role=told["by_role"]),
        )  # fmt: skip


_TIMES: Sequence[str] = ("asked_at", "lapses_at", "decided_at", "begun_at", "ended_at")


async def _any(tx: Transaction, statement: Hot, values: dict[str, object]) -> bool:
    return bool(await tx.fetch(statement, values))


async def _still(tx: Transaction, user: User) -> bool:
    """Whether they are there, with this role and these brands."""
    return await _any(tx, _AS, {"key_id": user.id, "role": user.role.value, "brands": json.dumps(user.brands)})

"""Working at acts on many messages, a piece of some hundred in one transaction: what is done, what became of each, and how far it is.

So a process that dies in the middle leaves whole pieces, and the next one goes on behind them: nothing is done twice, nothing is left
out. leases.py says who works at an act. What it did is read here as well.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, Integer, SmallInteger, Text, bindparam, func, insert, literal_column, null, select, update

from wasl.acts_seen import DONE, GONE, NOT_WAITING, SUPPRESSED, ActSeen, Fated
from wasl.audited import Action, Actor, Entry
from wasl.clock import Clock, micros
from wasl.keys import KeyRing
from wasl.ledger.acts import Acts
from wasl.ledger.audit import append
from wasl.ledger.cancelling import cancel
from wasl.ledger.dead_letters import Terms
from wasl.ledger.hot import Hot, Row
from wasl.ledger.leases import HELD, free, held, taken
from wasl.ledger.port import Transaction
from wasl.ledger.replay import foretell, replay
from wasl.ledger.search_pieces import SearchPieces
from wasl.ledger.store import Store
from wasl.ledger.tables import act_pieces, acts
from wasl.ledger.unreachable import Unreachable

_going = acts.c.state == literal_column("'going'")
_its = acts.c.id == bindparam("key_id", type_=Text())
_at = bindparam("now", type_=BigInteger())
_FREE = Hot(select(acts.c.id).where(_going, free(acts)).order_by(acts.c.id).limit(literal_column("1")))
_TAKE = Hot(
    update(acts)
    .where(_its, _going, free(acts))
    .values(**taken(acts), begun_at=func.coalesce(acts.c.begun_at, _at))
    .returning(acts.c.fence, acts.c.place, acts.c.pieces)
)
_KEEP = Hot(
    update(acts).where(_its, _going, held(acts)).values(leased_until=bindparam("leased_until", type_=BigInteger())).returning(acts.c.id)
)
_LET_GO = Hot(update(acts).where(_its, held(acts)).values(leased_until=literal_column("0")))
_MOVE = Hot(
    update(acts)
    .where(_its)
    .values(
        place=bindparam("place", type_=Text()), pieces=bindparam("pieces", type_=Integer()), looked=bindparam("looked", type_=Integer()),
        fates=bindparam("fates", type_=Text()),
    )
)  # fmt: skip
_END = Hot(
    update(acts)
    .where(_its)
    .values(
        state=bindparam("state", type_=Text()), ended_at=_at, leased_until=literal_column("0"), more=bindparam("more", type_=SmallInteger())
    )
)
_FORGET_WHOM = Hot(update(acts).where(_its, acts.c.kind == literal_column("'erase'")).values(sealed=null(), reason=literal_column("''")))
_PUT_PIECE = Hot(insert(act_pieces).values({column.name: bindparam(column.name) for column in act_pieces.columns}))
_of_act = act_pieces.c.act_id == bindparam("key_id", type_=Text())
_after = act_pieces.c.number > bindparam("after", type_=Integer())
_PIECES = 8  # that are read in one go
_ALONE = Hot(
    select(act_pieces.c.number, act_pieces.c.left_alone)
    .where(_of_act, _after, act_pieces.c.alone > literal_column("0"))
    .order_by(act_pieces.c.number)
    .limit(literal_column(str(_PIECES)))
)
_WHOLE = Hot(
    select(act_pieces.c.number, act_pieces.c.left_alone, act_pieces.c.done)
    .where(_of_act, _after)
    .order_by(act_pieces.c.number)
    .limit(literal_column(str(_PIECES)))
)


class Hold(NamedTuple):
    """An act that this process works at: with which fence, from which message on, and how many pieces are behind."""

    act: ActSeen
    fence: int
    place: str | None
    pieces: int


class Step(NamedTuple):
    """The next messages of an act; those of them by id whose people cannot be reached go no more.

    `place` is where the next step begins. `last`: there is none; `more`: messages fit beyond those that were agreed to.
    """

    keys: Sequence[tuple[str, str]]
    unreachable: Collection[str] = ()
    place: str | None = None
    last: bool = False
    more: bool = False


class ActWork:
    """The work on the acts of one database, and what it needs to know. `lanes` are the channels that are configured."""

    def __init__(self, store: Store, keys: KeyRing, clock: Clock, lanes: Sequence[str]) -> None:
        self._store = store
        self._clock = clock
        self._lanes = lanes
        self.acts = Acts(store, keys, clock)
        self.pieces = SearchPieces(store.engine)
        self.unreachable = Unreachable(store, keys)

    async def take(self) -> Hold | None:
        """The oldest act that nobody works at; None where there is none. That it begins, the audit tells."""
        now = micros(self._clock.now())
        found = await self._store.reader.fetch(_FREE, {"now": now})
        act = await self.acts.get(found[0][0]) if found else None
        if act is None:
            return None

        async def work(tx: Transaction) -> Row | None:
            rows = await tx.fetch(_TAKE, {"key_id": act.id, "now": now, "leased_until": now + HELD})
            if rows and rows[0][0] == 1:
                await append(tx, [_entry(Action.ACT_BEGUN, act, count=act.count)], now)
            return rows[0] if rows else None

        taken_now = await self._store.working.run(work)
        return Hold(act, *taken_now) if taken_now is not None else None

    async def do(self, hold: Hold, step: Step) -> Hold | None:
        """Do a step; None where the act is over, or is another's by now."""
        now = micros(self._clock.now())

        async def work(tx: Transaction) -> Hold | None:
            if not await tx.fetch(_KEEP, {"key_id": hold.act.id, "key_fence": hold.fence, "leased_until": now + HELD}):
                return None
            moved = await _moved(tx, hold, step, await self._done(tx, hold.act, step, now))
            if step.last:
                await _end(tx, moved, "done", now, more=step.more)
            return moved

        moved = await self._store.working.run(work)
        self._store.tell()
        return moved if moved is not None and not step.last else None

    async def keep(self, hold: Hold) -> bool:
        """A sign of life, while something takes long; False where the act is over, or is another's by now."""
        told = {"key_id": hold.act.id, "key_fence": hold.fence, "leased_until": micros(self._clock.now()) + HELD}
        return bool(await self._store.working.run(lambda tx: tx.fetch(_KEEP, told)))

    async def fail(self, hold: Hold) -> None:
        """It cannot go on, through a fault of ours; the audit tells of it."""
        now = micros(self._clock.now())

        async def work(tx: Transaction) -> None:
            if await tx.fetch(_KEEP, {"key_id": hold.act.id, "key_fence": hold.fence, "leased_until": now}):
                await _end(tx, hold, "failed", now)

        await self._store.working.run(work)

    async def let_go(self, hold: Hold) -> None:
        """Another process may go on at once."""
        await self._store.working.run(lambda tx: tx.fetch(_LET_GO, {"key_id": hold.act.id, "key_fence": hold.fence}))

    # What it did

    async def left_alone(self, act_id: str, most: int) -> list[Fated]:
        """The first so many messages that were left alone, and why."""
        found: list[Fated] = []
        after = -1
        while len(found) < most and (rows := await self._store.reader.fetch(_ALONE, {"key_id": act_id, "after": after})):
            after = rows[-1][0]
            found += [Fated(*one) for _, told in rows for one in json.loads(told)]
        return found[:most]

    async def whole(self, act_id: str) -> AsyncIterator[list[Fated]]:
        """What became of every message, some thousand at a time."""
        after = -1
        while rows := await self._store.reader.fetch(_WHOLE, {"key_id": act_id, "after": after}):
            after = rows[-1][0]
            for _, alone, done in rows:
                yield [*(Fated(*one) for one in json.loads(alone)), *(Fated(brand, one, DONE) for brand, one in json.loads(done))]

    async def _done(self, tx: Transaction, act: ActSeen, step: Step, now: int) -> list[Fated]:
        if act.kind == "erase":  # erasing.py has done it
            return [Fated(brand, "", DONE) for brand in act.brands]
        if act.kind == "cancel":
            ended = await cancel(tx, step.keys, now)
            return [Fated(brand, one, DONE if (brand, one) in ended else NOT_WAITING) for brand, one in step.keys]
        going, alone = ([key for key in step.keys if (key[1] in step.unreachable) is known] for known in (False, True))
        fates: dict[str, str] = {fate.id: fate.left_alone or DONE for fate in await replay(tx, going, Terms(), now, self._lanes)}
        fates.update({fate.id: fate.left_alone or SUPPRESSED for fate in await foretell(tx, alone, Terms(), now)})
        return [Fated(brand, one, fates.get(one, GONE)) for brand, one in step.keys]


async def _moved(tx: Transaction, hold: Hold, step: Step, fates: Sequence[Fated]) -> Hold:
    """The act, that piece further on."""
    act, counted = hold.act, Counter(one.fate for one in fates)
    all_of_them = dict(Counter(act.fates) + counted)
    alone = [one for one in fates if one.fate != DONE]
    looked, place = act.looked + len(fates), step.place or hold.place
    told = {"key_id": act.id, "place": place, "pieces": hold.pieces + 1, "looked": looked, "fates": json.dumps(all_of_them)}
    await tx.fetch(_MOVE, told)
    if fates and act.kind != "erase":
        done = [one[:2] for one in fates if one.fate == DONE]
        row = {"act_id": act.id, "number": hold.pieces, "alone": len(alone), "left_alone": json.dumps(alone), "done": json.dumps(done)}
        tx.put(_PUT_PIECE, [row])
    return Hold(act.model_copy(update={"fates": all_of_them, "looked": looked}), hold.fence, place, hold.pieces + 1)


async def _end(tx: Transaction, hold: Hold, state: str, now: int, *, more: bool = False) -> None:
    act = hold.act
    await tx.fetch(_END, {"key_id": act.id, "state": state, "now": now, "more": int(more)})
    await tx.fetch(_FORGET_WHOM, {"key_id": act.id})
    entry = _entry(Action.ACT_ENDED, act, count=act.looked, state=state, fates=[f"{name}: {count}" for name, count in act.fates.items()])
    await append(tx, [entry], now)


def _entry(action: Action, act: ActSeen, **facts: str | int | list[str]) -> Entry:
    """It is done in the name of who asked for it."""
    by = Actor("user", act.by.id, act.by.name, act.by.role)
    approved = {"approved_by": act.decided_by.id} if act.decided_by is not None else {}
    brand = act.brands[0] if len(act.brands) == 1 else ""
    return Entry(action, by, act.id, brand, "" if act.kind == "erase" else act.reason, {"act": act.kind, **approved, **facts})

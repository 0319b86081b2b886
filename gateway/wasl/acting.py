"""Acts on many messages, done behind those who send, and acts that a second person must agree to. Gateway has these verbs too.

    asked for ─ (another one approves) ─ worked at, piece by piece (working_off.py) ─ what it did is told for thirty days

Who may ask and who may decide is for the console to say (console/two_people.py): here nobody decides of what they asked for themselves,
and whoever agrees is what they were when that was looked at.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from wasl.acts_seen import WAITS, ActKind, ActSeen, Aim, Fated, Foreseen, Party
from wasl.audited import Action, Entry, Fact
from wasl.clock import micros
from wasl.errors import NotFound
from wasl.ids import new_act_id
from wasl.ledger.act_work import Hold, Step
from wasl.ledger.acts import Acts, Decision
from wasl.ledger.search_legs import Wanted
from wasl.people import People
from wasl.seeking import Seeking
from wasl.users import User
from wasl.wholesale import DONE, Wholesale

_PIECE = 250
"""Messages that are done in one transaction: many would hold up those who send."""
_SAMPLE = 500
"""Messages of a large act that are looked at closely before it is done."""


class Acting(People, Seeking, Wholesale):
    """The verbs of acts on many messages."""

    async def foresee_act(self, kind: ActKind, aim: Aim) -> Foreseen:
        """How many messages it would be about, and what would become of the newest five hundred.

        Raises:
            Misread: the query cannot be understood.
            NotFound: there is no such person.
        """
        if kind == "erase":
            seen = await self._as(aim.brands[0]).recipient(aim.recipient)
            return Foreseen({aim.brands[0]: seen.messages})
        work = self._open.ledger.act_work
        if aim.ids:
            counts = {brand: sum(one[0] == brand for one in aim.ids) for brand in dict.fromkeys(one[0] for one in aim.ids)}
            keys, whole = aim.ids[:_SAMPLE], True
        else:
            wanted = await self._aimed(aim)
            counts, whole = await work.pieces.count(wanted)
            keys = (await work.pieces.piece(wanted, None, _SAMPLE)).keys
        return Foreseen(counts, tuple(await self._fates(kind, keys)), whole)

    async def ask_act(self, kind: ActKind, aim: Aim, count: int, *, second: bool) -> ActSeen:
        """Have it done, on disk when it returns; with `second` only when a second person agrees, within 24 hours.

        `count` is the most messages that it may touch. Who asks and why is said by `by`.
        """
        now, actor = self._open.ledger.clock.now(), self.actor
        act = ActSeen(
            id=new_act_id(micros(now)),
            kind=kind,
            state="asked" if second else "going",
            brands=aim.brands,
            aim=aim,
            count=count,
            reason=self.why,
            by=Party(id=actor.id, name=actor.name, role=actor.role),
            asked_at=now,
            lapses_at=now + WAITS if second else None,
        )
        await self._acts.put(act, self._act_entry(Action.ACT_ASKED, act, count=count, needs_second=second))
        return act

    async def act(self, act_id: str) -> ActSeen:
        """An act; raises NotFound."""
        found = await self._acts.get(act_id)
        if found is None:
            raise NotFound("There is no such act.", suggested_action="See: wasl approvals list")
        return found

    async def acts(self) -> Sequence[ActSeen]:
        """What waits or is worked at, then what is over of the last thirty days, at most a hundred; newest first."""
        return await self._acts.newest()

    async def acts_asked(self) -> Sequence[ActSeen]:
        """What waits for a second person, the oldest first."""
        return await self._acts.asked()

    async def approve_act(self, act: ActSeen, who: User, asker: User, count: int) -> None:
        """Let it go, for at most so many messages; of several who do so at once, one does.

        Raises:
            Conflict: it waits no more, `who` asked for it, or one of the two is by now not what is given here.
        """
        entry = self._act_entry(Action.ACT_APPROVED, act, count=count, approver=who.id)
        await self._acts.approve(act.id, Decision(who, entry, count=count, asker=asker))

    async def refuse_act(self, act: ActSeen, who: User) -> None:
        """Let it not go; why is said by `by`. Raises Conflict as `approve_act`."""
        entry = self._act_entry(Action.ACT_REFUSED, act, count=act.count, refuser=who.id)
        await self._acts.refuse(act.id, Decision(who, entry, self.why))

    async def withdraw_act(self, act: ActSeen, who: User) -> None:
        """Who asked for it takes it back. Raises Conflict."""
        await self._acts.withdraw(act.id, Decision(who, self._act_entry(Action.ACT_WITHDRAWN, act, count=act.count), self.why))

    async def stop_act(self, act: ActSeen, who: User) -> None:
        """Nothing more is done of it. Raises Conflict where it is over."""
        await self._acts.stop(act.id, Decision(who, self._act_entry(Action.ACT_STOPPED, act, count=act.looked)))

    async def act_left_alone(self, act_id: str, most: int = 1000) -> list[Fated]:
        """The first messages that an act left alone, and why."""
        return await self._open.ledger.act_work.left_alone(act_id, most)

    def act_result(self, act_id: str) -> AsyncIterator[list[Fated]]:
        """What became of every message of an act, some thousand at a time."""
        return self._open.ledger.act_work.whole(act_id)

    # For who works at them (working_off.py)

    async def work_step(self, hold: Hold) -> Hold | None:
        """Do the next piece of an act; None where it is over, or another works at it."""
        act, work = hold.act, self._open.ledger.act_work
        if act.aim is None:
            await work.fail(hold)
            return None
        if act.kind == "erase":
            return await self._erase(hold, act.aim)
        step = await self._step(hold, act.aim)
        if act.kind == "retry":
            step = step._replace(unreachable=await work.unreachable.among(step.keys, self._open.ledger.clock.now()))
        moved = await work.do(hold, step)
        if self._open.worker is not None:
            self._open.worker.wake()
        self._open.ledger.feed.wake()
        return moved

    async def _step(self, hold: Hold, aim: Aim) -> Step:
        """The next messages, as many as may be touched still."""
        left = hold.act.count - hold.act.looked
        most = min(_PIECE, left)
        if aim.ids:
            keys = aim.ids[hold.act.looked : hold.act.looked + most]
            return Step(keys, last=hold.act.looked + len(keys) >= min(len(aim.ids), hold.act.count))
        if most <= 0:
            return Step((), last=True)
        piece = await self._open.ledger.act_work.pieces.piece(await self._aimed(aim), hold.place, most)
        enough = len(piece.keys) == left
        more = enough and not piece.ended and await self._goes_on(aim, piece.place)
        return Step(piece.keys, place=piece.place, last=piece.ended or enough, more=more)

    async def _goes_on(self, aim: Aim, place: str | None) -> bool:
        """Whether more fits than may be touched."""
        return bool((await self._open.ledger.act_work.pieces.piece(await self._aimed(aim), place, 1)).keys)

    async def _erase(self, hold: Hold, aim: Aim) -> Hold | None:
        work, act = self._open.ledger.act_work, hold.act
        if not await work.keep(hold):
            return None
        hands = self._as(act.brands[0]).by(self.actor, act.reason)
        try:
            done = await hands.erase_recipient(aim.recipient, because=aim.because, patience=timedelta())
        except NotFound:
            await work.fail(hold)
            return None
        return hold if done.under_way else await work.do(hold, Step((), last=True))

    async def _fates(self, kind: ActKind, keys: Sequence[tuple[str, str]]) -> list[Fated]:
        by_brand: dict[str, list[str]] = {}
        for brand, message_id in keys:
            by_brand.setdefault(brand, []).append(message_id)
        fates: list[Fated] = []
        for brand, ids in by_brand.items():
            seen = self._as(brand)
            fates += await (seen.foresee_retries(ids) if kind == "retry" else seen.foresee_cancels(ids))
        return fates

    async def _aimed(self, aim: Aim) -> Wanted:
        """What the query finds of what was accepted up to the moment at which it was asked; its own times are as of then."""
        wanted, _ = await self._wanted(aim.query, aim.brands, ZoneInfo(aim.zone), aim.until)
        until = min(filter(None, (wanted.search.until, aim.until)))
        return replace(wanted, search=replace(wanted.search, until=until))

    @property
    def _acts(self) -> Acts:
        return self._open.ledger.act_work.acts

    def _act_entry(self, action: Action, act: ActSeen, **facts: Fact) -> Entry:
        """What the audit tells of an act. Of an erasure it names the person, so that it goes with them."""
        of_one = act.aim.recipient if act.kind == "erase" and act.aim is not None else ""
        brand = act.brands[0] if len(act.brands) == 1 else ""
        return Entry(action, self.actor, of_one or act.id, brand, self.why, {"act": act.kind, "brands": act.brands, **facts})


def fates_of(foreseen: Foreseen) -> tuple[int, dict[str, int]]:
    """Of the messages that were looked at: with how many it would be done, and how many would be left alone, by why."""
    left: dict[str, int] = {}
    for one in foreseen.fates:
        if one.fate != DONE:
            left[one.fate] = left.get(one.fate, 0) + 1
    return len(foreseen.fates) - sum(left.values()), dict(sorted(left.items(), key=lambda one: -one[1]))

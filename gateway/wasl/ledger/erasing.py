"""Erasing a person: what tells of them goes, what others need stays, and no address of theirs that is suppressed is ever written to.

    cancel what waits, in batches ─ the turn, one transaction ─ empty message by message, in batches ─ let go of the id

The turn takes the recipient's lock, as intents do: it empties the person, moves their consents to the stub, ends what still waits, and
from its commit on nothing is sent to them. What others were accepting meanwhile may have read the person before: they are waited for,
and the turn comes once more. Each step may be the last before a crash; the same call again goes on from there. A message whose call is
out just now is left to that.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sqlalchemy import bindparam, delete, literal_column, null, select, update

from wasl.audited import WASL, Action, Entry
from wasl.clock import Clock, micros, moment
from wasl.errors import NotFound
from wasl.ids import suppression_id
from wasl.keys import KeyRing
from wasl.ledger import statements as sql
from wasl.ledger.audit import append, clear_audit, cleared_entry
from wasl.ledger.audit_chain import CLEARED as CLEARED_ENTRIES
from wasl.ledger.callback_rows import clear_callbacks_of
from wasl.ledger.clearing import CLEARED, clear, clear_suppressions, ended
from wasl.ledger.desk_links import forget_links
from wasl.ledger.exports import Exports
from wasl.ledger.hot import Hot
from wasl.ledger.inbox import clear_feed
from wasl.ledger.owners import forget_owner
from wasl.ledger.people import STUB, Person, PersonRow, address_hash, stub_id
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
from wasl.ledger.tables import consents, deliveries, messages, recipients
from wasl.person_seen import Because, Erased
from wasl.states import PENDING

_BATCH = 200  # messages in one transaction, so that sending goes on beside it
_of_them = (recipients.c.brand == bindparam("brand"), recipients.c.id == bindparam("id"))
_TAKE = Hot(
    select(
        recipients.c.brand, recipients.c.id, recipients.c.audience, recipients.c.locale, recipients.c.timezone, recipients.c.sealed,
        recipients.c.seen, recipients.c.preferred, recipients.c.erased_at,
    )
    .where(*_of_them)
    .with_for_update()
)  # fmt: skip
_LET_GO = Hot(delete(recipients).where(*_of_them, recipients.c.erased_at.is_not(None)))
_theirs = (messages.c.brand == bindparam("brand"), messages.c.recipient_id == bindparam("id"))
_BEFORE = Hot(
    select(messages.c.id)
    .where(*_theirs, messages.c.created_at <= bindparam("until"), messages.c.id > bindparam("after"))
    .order_by(messages.c.id)
    .limit(bindparam("most"))
)
_WAITING = Hot(
    select(messages.c.id)
    .join(deliveries, (deliveries.c.brand == messages.c.brand) & (deliveries.c.message_id == messages.c.id))
    .where(
        *_theirs, messages.c.id > bindparam("after"), deliveries.c.state.in_([literal_column(f"'{state}'") for state in sorted(PENDING)])
    )
    .distinct()
    .order_by(messages.c.id)
    .limit(bindparam("most"))
)  # fmt: skip
_ALL = 1_000_000_000
_said = (consents.c.brand == bindparam("brand"), consents.c.recipient_id == bindparam("id"))
_ACTORS = Hot(select(consents.c.id, consents.c.actor).where(*_said))
_NAMELESS = Hot(
    update(consents)
    .where(
        consents.c.brand == bindparam("key_brand"), consents.c.recipient_id == bindparam("key_id"), consents.c.id == bindparam("key_row")
    )
    .values(actor=bindparam("actor"))
)
_MOVE = Hot(update(consents).where(*_said).values(recipient_id=bindparam("stub"), sealed=null(), locale=null()))


class _Done(NamedTuple):
    emptied: int
    left: int


@dataclass(frozen=True, slots=True)
class _Whom:
    """A person by the id that they had, and the id of the stub; what the audit tells of it; and the ids of all that tells of them."""

    brand: str
    id: str
    stub: str
    entry: Entry
    told: set[str] = field(default_factory=set)

    @property
    def key(self) -> dict[str, object]:
        return {"brand": self.brand, "id": self.id}


class Erasing:
    """Erases the people of one database."""

    def __init__(self, store: Store, keys: KeyRing, clock: Clock, exports: Exports) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._exports = exports

    async def erase(self, brand: str, person_id: str, because: Because, entry: Entry | None = None) -> Erased:
        """Erase a person; again is as good as once, and ends what a crash or a call that was out has left.

        Raises:
            NotFound: nobody was ever known by that id.
        """
        stub = person_id if person_id.startswith(STUB) else stub_id(self._keys, brand, person_id)
        told = entry or Entry(Action.PERSON_ERASED, WASL, brand=brand, facts={"because": because})
        whom = _Whom(brand, person_id, stub, replace(told, object=stub))
        cancelled = await self._cancel(whom)
        if await self._store.writer.run(lambda tx: self._turn(tx, whom, because)) is None:
            return await self._before(whom)
        await self._store.barrier()  # what was being accepted by what was known of them is there now, and the turn comes once more
        erased_at = await self._store.writer.run(lambda tx: self._turn(tx, whom, because))
        until = micros(self._clock.now())
        emptied = left = 0
        after = ""
        while ids := await self._next(whom, until, after):
            done = await self._store.writer.run(lambda tx, ids=ids: self._empty(tx, whom, ids))  # type: ignore[misc]  # mypy infers no type of a default
            emptied, left, after = emptied + done.emptied, left + done.left, ids[-1]
        if not left:
            await self._store.writer.run(lambda tx: tx.fetch(_LET_GO, whom.key))
        await self._exports.discard(brand, whom.told)
        await self._store.forget()
        return Erased(recipient=whom.stub, erased_at=moment(erased_at or until), messages=emptied, cancelled=cancelled, under_way=left)

    async def _cancel(self, whom: _Whom) -> int:
        """End what waits, before the turn: that would take too long in one transaction."""
        count, after = 0, ""
        while rows := await self._store.reader.fetch(_WAITING, {**whom.key, "after": after, "most": _BATCH}):
            ids, now = [str(row[0]) for row in rows], micros(self._clock.now())
            await self._store.writer.run(lambda tx, ids=ids, now=now: ended(tx, whom.brand, ids, now))  # type: ignore[misc]  # as above
            count, after = count + len(ids), ids[-1]
        return count

    async def _turn(self, tx: Transaction, whom: _Whom, because: Because) -> int | None:
        """From here on they are erased; returns since when. None: nobody is known by that id now."""
        rows = await tx.fetch(_TAKE, whom.key)
        if not rows or whom.id == whom.stub:
            return None
        *columns, erased_at = rows[0]
        if erased_at is not None:
            await self._clear_audit(tx, whom, [whom.id])
            return int(erased_at)
        now, row = micros(self._clock.now()), PersonRow(*columns)
        person = Person.open(row, self._keys)
        nobody = Person(row.audience, None, None, (), {"because": because})
        stubs = [nobody.row(whom.brand, person_id, seen="", keys=self._keys) for person_id in (whom.id, whom.stub)]
        await tx.many(sql.PUT_RECIPIENT, [{**stub.values(now), "erased_at": now} for stub in stubs])
        waiting = await tx.fetch(_WAITING, {**whom.key, "after": "", "most": _ALL})
        await ended(tx, whom.brand, [str(row[0]) for row in waiting], now)
        await self._move_consents(tx, whom, person)
        await forget_owner(tx, whom.brand, whom.id)
        await forget_links(tx, whom.brand, whom.id)
        for feed in {whom.id, *(a.value for a in person.addresses if a.kind == "inapp")}:
            await clear_feed(tx, (whom.brand, feed))
        places = {(a.channel, address_hash(self._keys, a.kind, a.value)) for a in person.addresses}
        await clear_suppressions(tx, whom.brand, places)
        await clear_callbacks_of(tx, {hashed for _, hashed in places})
        objects = [whom.id, *_listed(places)]
        whom.told.update(objects)
        cleared = await clear_audit(tx, whom.brand, objects)
        await append(tx, [replace(whom.entry, facts={**whom.entry.facts, CLEARED_ENTRIES: cleared})], now)
        return now

    async def _clear_audit(self, tx: Transaction, whom: _Whom, objects: Sequence[str]) -> None:
        """Let go of what the audit tells of these, and let it tell that it did."""
        whom.told.update(objects)
        if cleared := await clear_audit(tx, whom.brand, objects):
            await append(tx, [cleared_entry(whom.entry.actor, whom.brand, cleared)], micros(self._clock.now()))

    async def _move_consents(self, tx: Transaction, whom: _Whom, person: Person) -> None:
        """What they said, when and to which words is proof and stays, without the evidence that tells who they are."""
        known = [whom.id, *(address.value for address in person.addresses)]
        named = [row_id for row_id, actor in await tx.fetch(_ACTORS, whom.key) if any(value in actor for value in known)]
        if named:
            keys = {"key_brand": whom.brand, "key_id": whom.id, "actor": CLEARED}
            await tx.many(_NAMELESS, [{**keys, "key_row": row_id} for row_id in named])
        await tx.fetch(_MOVE, {**whom.key, "stub": whom.stub})

    async def _next(self, whom: _Whom, until: int, after: str) -> Sequence[str]:
        rows = await self._store.reader.fetch(_BEFORE, {**whom.key, "until": until, "after": after, "most": _BATCH})
        return [str(row[0]) for row in rows]

    async def _empty(self, tx: Transaction, whom: _Whom, ids: Sequence[str]) -> _Done:
        """Empty messages, and make them those of the stub. Those with a call out are left."""
        await ended(tx, whom.brand, ids, micros(self._clock.now()))
        out = {
            str(row[1])
            for row in await tx.fetch(sql.DELIVERIES_OF, {"keys": json.dumps([(whom.brand, message_id) for message_id in ids])})
            if row[3] == "sending"
        }
        free = [message_id for message_id in ids if message_id not in out]
        places = await clear(tx, whom.brand, free, whom.stub)
        await self._clear_audit(tx, whom, [*free, *_listed(places)])
        return _Done(len(free), len(out))

    async def _before(self, whom: _Whom) -> Erased:
        """What was erased before."""
        rows = await self._store.reader.fetch(_TAKE, {"brand": whom.brand, "id": whom.stub})
        if not rows:
            raise NotFound("There is no recipient with this id.")
        return Erased(recipient=whom.stub, erased_at=moment(rows[0][-1]))


def _listed(places: Collection[tuple[str, str]]) -> list[str]:
    """The ids under which the suppression list has these addresses."""
    return [suppression_id(*place) for place in places]

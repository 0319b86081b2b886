"""The memory of all this: one port, batch-first. Everything that wasl knows and must not lose goes through here."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from sqlalchemy import select

from wasl.answers import MessageSeen, Page
from wasl.audited import Entry
from wasl.clock import Clock, micros
from wasl.errors import Conflict, Unusable
from wasl.keys import KeyRing
from wasl.ledger import intents as intent_rows
from wasl.ledger import statements as sql
from wasl.ledger.accept import Acceptance, Draft, Stored
from wasl.ledger.act_work import ActWork
from wasl.ledger.api_keys import ApiKeys
from wasl.ledger.audit import Audit, with_entry
from wasl.ledger.cancelling import Cancellations, cancel
from wasl.ledger.claims import Claimed, Claiming, OwnRooms, Release, read_envelopes, release, renew, strike
from wasl.ledger.confirming import Confirmations
from wasl.ledger.consents import Consents
from wasl.ledger.contacts import Contacts
from wasl.ledger.desk_links import DeskLinks
from wasl.ledger.dossiers import Dossiers
from wasl.ledger.erasing import Erasing
from wasl.ledger.exports import Exports
from wasl.ledger.feed import Feed
from wasl.ledger.files import Files
from wasl.ledger.foreseeing import Foreseeing
from wasl.ledger.handed import HandedOver
from wasl.ledger.hot import Row, upsert
from wasl.ledger.inbox import Inbox
from wasl.ledger.inputs import read_inputs
from wasl.ledger.intents import Intent
from wasl.ledger.lanes import bring, strangers
from wasl.ledger.leaving import Left, leave
from wasl.ledger.measures import Measures
from wasl.ledger.owners import Owners, put_owner
from wasl.ledger.people import Person, address_hash
from wasl.ledger.port import Transaction
from wasl.ledger.reads import Filters, Reads
from wasl.ledger.replays import Replays
from wasl.ledger.restored import hold
from wasl.ledger.retallying import Retallying
from wasl.ledger.rows import SourceRow
from wasl.ledger.search import Searching
from wasl.ledger.second_factors import SecondFactors
from wasl.ledger.settle import Settlement, settle
from wasl.ledger.sign_ons import SignOns
from wasl.ledger.sources import Sources
from wasl.ledger.store import Store
from wasl.ledger.suppression_list import Suppressions
from wasl.ledger.tables import key_checks
from wasl.ledger.tally_reads import TallyReads
from wasl.ledger.tallying import Tallying
from wasl.ledger.template_uses import TemplateUses
from wasl.ledger.users import Users
from wasl.ledger.views import Views
from wasl.ledger.webhooks import Webhooks
from wasl.ledger.writer import Batched
from wasl.policies import Policies
from wasl.policies.verdict import Candidate, Inputs
from wasl.routing import Routing
from wasl_contracts import Address, State

_SETTLING = 0.002  # seconds that an answer waits for others to share its commit; a commit for each takes five times the CPU

_WAITS = 60 * 1_000_000  # microseconds after which nobody is thought to serve a brand
_UNSERVED = 600 * 1_000_000  # microseconds after which nobody is thought to serve a channel
_EVER = 10 * 366 * 86_400 * 1_000_000  # microseconds; nothing is due later


class Ledger:
    """All state of one database. Writes are on disk when they return."""

    def __init__(  # noqa: PLR0915 - a line for each part
        self, store: Store, keys: KeyRing, routing: Routing, policies: Policies, clock: Clock
    ) -> None:
        self._store = store
        self._policies = policies
        self._keys = keys
        self._clock = store.clock(clock)
        self._brands = routing.brands
        self._claiming = Claiming(self._brands)
        self._reads = Reads(store.engine, keys)
        self.audit = Audit(store, keys, self._clock)
        self.api_keys = ApiKeys(store, self._clock)
        self.users, self.second_factors = Users(store, self._clock), SecondFactors(store, keys, self._clock)
        self.sign_ons, self.consents = SignOns(store, self._clock), Consents(store, keys, self._clock)
        self.contacts = Contacts(store, keys)
        self.feed = Feed(store, self._clock)
        self.cancellations = Cancellations(store, self.feed, self._clock)
        self.confirmations = Confirmations(store, self.feed, self._clock)
        self.tallying = Tallying(store, self.feed, self._clock)
        self.retallying, self.tally_reads = Retallying(store, self.tallying), TallyReads(store)
        self.files, self.inbox = Files(store, keys, self._clock), Inbox(store, keys)
        self.measures = Measures(store, self._clock)
        self.foreseeing = Foreseeing(store, keys, routing, policies)
        self.suppressions = Suppressions(store, keys, self._clock)
        self.owners = Owners(store, keys)
        self.searching, self.views = Searching(store.engine, keys), Views(store, self._clock)
        self.desk_links, self.exports = DeskLinks(store, self._clock), Exports(store, keys, self._clock)
        self.dossiers = Dossiers(store, keys, self._reads, self.consents, self.suppressions)
        self.erasing = Erasing(store, keys, self._clock, self.exports)
        self.sources, self.template_uses = Sources(store), TemplateUses(store)
        self.webhooks = Webhooks(store, keys, self._clock)
        self.handed = HandedOver(store, keys)
        self.replays = Replays(store, self._reads, self._clock, sorted(routing.channels))
        self.act_work = ActWork(store, keys, self._clock, sorted(routing.channels))
        self._accepting: Batched[Draft, Stored] = Batched(store.writer, Acceptance(keys, routing).write, written=store.tell)
        settling = partial(settle, budgets=bool(policies.budgets.all), inbox=self.inbox)
        self._settling: Batched[Settlement, bool] = Batched(store.working, settling, linger=_SETTLING, written=self.feed.wake)

    @property
    def clock(self) -> Clock:
        """The clock of leases and windows: the database's, where several machines share it."""
        return self._clock

    async def check_keys(self) -> None:
        """Remember this key ring, or make sure that it is the one that the stored values were made with.

        Raises:
            Unusable: it is another one.
        """
        given = self._keys.check_values()
        async with self._store.engine.begin() as connection:
            for key_id, value in given.items():  # two processes may start at once: the first one's value stays
                await connection.execute(upsert(key_checks).values(key_id=key_id, value=value).on_conflict_do_nothing())
            known = {row.key_id: row.value for row in await connection.execute(select(key_checks))}
            if known != given:
                raise Unusable("The key ring does not belong to this database; put back the key file that was beside it.")

    # Accepting

    def accept(self, draft: Draft) -> asyncio.Future[Stored]:
        """Store a message; what others ask for at the same time shares the commit.

        The future raises Refused (the recipient is unknown, or the idempotency key is another message's), LedgerUnavailable or
        StorageLow (nothing was kept).
        """
        return self._accepting.put(draft)

    def low(self) -> bool:
        """Whether the disk has too little space to accept more."""
        return self._store.low()

    # What the worker does

    def take_worker_role(self) -> bool:
        """Whether this process may send; on SQLite one at a time may."""
        return self._store.take_worker_role()

    async def take_over(self, lanes: Sequence[str]) -> None:
        """Begin to send: what the one before had claimed is due, where only one may send, and what no channel serves any more moves."""
        now = micros(self._clock.now())
        if self._store.exclusive:
            await self._store.working.run(lambda tx: tx.fetch(sql.VOID_LEASES, {"now": now}))
        await self.tidy(lanes)

    async def tidy(self, lanes: Sequence[str]) -> None:
        """Bring what waits for a channel that is no longer configured to one that is, to be told so; remove some of what is old.

        Where others send too, one of them may know the channel: then only what nobody took for ten minutes.
        """
        now = micros(self._clock.now())
        before = now + _EVER if self._store.exclusive else now - _UNSERVED

        if lanes:
            await self._store.working.run(lambda tx: bring(tx, lanes, before, self._brands))
        await self.files.clear()
        await self.feed.clear()

    async def listen(self, call: Callable[[], None]) -> None:
        """Call this when another process has accepted something, where the engine can tell."""
        await self._store.listen(call)

    async def claim(self, rooms: Mapping[str, int], own: OwnRooms | None = None) -> list[Claimed]:
        """Up to so many due deliveries of each lane, with their envelopes; of brands that have rooms of their own there, up to these."""
        now = micros(self._clock.now())
        rows: list[tuple[str, Row]] = await self._store.working.run(lambda tx: self._claiming.claim(tx, rooms, now, own or {}))
        return await read_envelopes(self._store.reader, rows, self._keys) if rows else []

    async def renew(self, held: Sequence[Claimed]) -> None:
        """A sign of life for these claims: their leases begin anew."""
        if held:
            await self._store.working.run(lambda tx: renew(tx, held, micros(self._clock.now())))

    async def catch_up(self) -> None:
        """After the clock was set back: what was accepted by the time before is due now, and not when that time comes again."""
        now = micros(self._clock.now())
        await self._store.working.run(lambda tx: tx.fetch(sql.CATCH_UP, {"now": now}))

    async def inputs(self, candidates: Sequence[Candidate]) -> Inputs:
        """What the policies need to know for these candidates, one query for each kind of input."""
        return await read_inputs(self._store.reader, candidates, self._policies, self._clock.now())

    async def commit_intents(self, intents: Sequence[Intent]) -> list[bool]:
        """Which of them may be called now; the others were cancelled or claimed again meanwhile, or a policy now speaks against them."""
        return await self._store.working.run(lambda tx: intent_rows.commit(tx, intents, self._policies, self._clock))

    async def release(self, releases: Sequence[Release]) -> None:
        """Give claims back without a change of state."""
        await self._store.working.run(lambda tx: release(tx, releases))

    async def strike(self, suspects: Sequence[Claimed]) -> None:
        """Hold what happens next against these, until it went well."""
        await self._store.working.run(lambda tx: strike(tx, suspects))

    async def leave(self, lefts: Sequence[Left]) -> None:
        """Nothing more is done about these unknown outcomes by itself."""
        await self._store.working.run(lambda tx: leave(tx, lefts))

    async def settle(self, settlement: Settlement) -> bool:
        """Write what became of a delivery. False: it was moved on by another worker, nothing was changed."""
        return await self._settling.put(settlement)

    def address_hash(self, address: Address) -> str:
        """See people.address_hash."""
        return address_hash(self._keys, address.kind, address.value)

    # Reading and administering

    async def message(self, brand: str, message_id: str) -> MessageSeen:
        """One message with all that happened to it; raises NotFound."""
        return await self._reads.message(brand, message_id)

    async def page(self, brand: str, filters: Filters, *, limit: int, cursor: str | None) -> Page:
        """Messages that fit, newest first; raises Refused for a foreign cursor."""
        return await self._reads.page(brand, filters, limit=limit, cursor=cursor)

    async def cancel(self, brand: str, message_id: str, entry: Entry | None = None) -> None:
        """Cancel what has no intent yet; again is as good as once. The audit tells of it where something was cancelled.

        Raises:
            NotFound: there is no such message.
            Conflict: nothing of it is waiting any more.
        """
        seen = await self.message(brand, message_id)
        now = micros(self._clock.now())

        cancelled = await self._store.writer.run(with_entry(lambda tx: cancel(tx, [(brand, message_id)], now), entry, now, when=bool))
        self.feed.wake()
        if not cancelled and seen.state is not State.CANCELLED:
            raise Conflict(
                f"The message is {seen.state} and cannot be cancelled any more.", suggested_action="Only what waits can be cancelled."
            )

    async def hold_all(self) -> int:
        """Hold everything that is not over, until it is released by a replay: after a restore. Returns how many deliveries."""
        return await self._store.writer.run(lambda tx: hold(tx, micros(self._clock.now())))

    async def put_recipient(self, brand: str, person_id: str, person: Person) -> None:
        """Store a recipient as given, in place of what was known."""
        row = person.row(brand, person_id, seen="", keys=self._keys)

        async def work(tx: Transaction) -> None:
            await tx.many(sql.PUT_RECIPIENT, [row.values(micros(self._clock.now()))])
            await put_owner(tx, self._keys, brand, person_id, person.addresses)

        await self._store.writer.run(work)

    async def put_sources(self, rows: Sequence[SourceRow]) -> None:
        """Keep configurations, templates and brands by their versions."""
        await self.sources.put(rows)

    async def source(self, version: str) -> SourceRow | None:
        """The template, brand or configuration of that version."""
        return await self.sources.get(version)

    async def strangers(self) -> Collection[str]:
        """Brands that this configuration does not serve and of which something waits for a minute: it seems that nobody does."""
        return await strangers(self._store.reader, micros(self._clock.now()) - _WAITS, self._brands)

    async def writable(self) -> str:
        """`ok`, or what keeps new messages from being stored."""
        await self._store.writer.run(_nothing)
        return "low on disk space" if self._store.low() else "ok"

    async def drained(self) -> None:
        """Wait until everything that was handed over is on disk."""
        await self._accepting.drained()
        await self._settling.drained()


async def _nothing(_tx: Transaction) -> None:
    return None

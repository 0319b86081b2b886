"""Accepting: messages, their recipients and their deliveries, many in one commit."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from wasl.errors import IdempotencyMismatch, Problem, Refused
from wasl.keys import KeyRing
from wasl.ledger import statements as sql
from wasl.ledger.feed import tell
from wasl.ledger.files import NOTHING, PUT_CONTENT, PUT_FILE, PUT_MESSAGE_FILE, Enclosures, FileKey, NewFile, keep_files
from wasl.ledger.hot import Hot, Values
from wasl.ledger.ordering import Key, advance, park, take_turns, under_way
from wasl.ledger.people import STUB, Person, PersonRow, channels_of
from wasl.ledger.port import Reader, Transaction
from wasl.ledger.rows import DeliveryRow, MessageRow, SourceRow, flow, new_delivery
from wasl.ledger.superseding import Superseding
from wasl.routing import Routing
from wasl_contracts import Address, Recipient

IDEMPOTENCY_LIFE = 72 * 3600 * 1_000_000
"""For how long a key means the same message, in microseconds."""
_A_MINUTE = 60 * 1_000_000


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that is valid, and all that must be stored of it."""

    row: MessageRow
    to: Recipient
    addresses: tuple[Address, ...]
    channels: tuple[str, ...]
    """The route's, or those that the message names."""
    template: SourceRow | None
    in_locale: Callable[[str], "Draft"]
    """The same message in the language that turns out to be the recipient's."""
    files: Enclosures = NOTHING
    preferring: bool = False
    """The channels that the recipient prefers come first."""
    files_until: int = 0
    """Until when its files are needed, in microseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a message row says about acceptance; the same again for a repeated idempotency key."""

    id: str
    created_at: int
    due_at: int
    expires_at: int
    fingerprint: str | None
    replayed: bool = False


class Foreseen(NamedTuple):
    """The rows that acceptance would leave behind."""

    message: MessageRow
    person: PersonRow
    deliveries: Sequence[DeliveryRow]


@dataclass(slots=True)
class _Batch:
    """What is known before, and the rows of one commit."""

    keys: dict[tuple[str, str], Stored]
    people: dict[tuple[str, str], PersonRow]
    ordered: set[Key]
    files: set[FileKey]
    forgotten: list[Values] = field(default_factory=list)
    changed: dict[tuple[str, str], Values] = field(default_factory=dict)
    sources: dict[str, SourceRow] = field(default_factory=dict)
    messages: list[MessageRow] = field(default_factory=list)
    deliveries: list[DeliveryRow] = field(default_factory=list)
    new_files: dict[FileKey, NewFile] = field(default_factory=dict)
    message_files: list[Values] = field(default_factory=list)
    superseding: Superseding = field(default_factory=Superseding)

    async def write(self, tx: Transaction) -> None:
        superseding = self.superseding
        if superseding.recipients:
            # Those that change too, so that everybody locks recipients in the order of their ids.
            await tx.lock_rows(sql.LOCK_RECIPIENTS, {"keys": json.dumps([*superseding.recipients | self.changed.keys()])})
        _put(tx, (sql.FORGET_KEY, self.forgotten), (sql.PUT_RECIPIENT, list(self.changed.values())))
        await superseding.write(tx)
        _put(
            tx,
            (sql.PUT_SOURCE, list(self.sources.values())),
            (sql.INSERT_MESSAGE, self.messages),
            (sql.INSERT_DELIVERY, self.deliveries),
            (PUT_FILE, [new.row for new in self.new_files.values()]),
            (PUT_CONTENT, [new.content for new in self.new_files.values()]),
            (PUT_MESSAGE_FILE, self.message_files),
            (sql.INSERT_EVENT, superseding.events),
        )
        tell(tx, superseding.told)
        await take_turns(tx, superseding.freed)
        await advance(tx, superseding.freed, superseding.at)


class Acceptance:
    """Writes drafts in batches."""

    def __init__(self, keys: KeyRing, routing: Routing) -> None:
        self._keys = keys
        self._routing = routing

    async def write(self, tx: Transaction, drafts: Sequence[Draft]) -> list[Stored | Exception]:
        """Store what is new; answer what is a repetition; one that cannot be stored does not touch the others."""
        ordered = list({(d.row["brand"], d.row["ordering_key"]) for d in drafts if d.row["ordering_key"] is not None})
        await take_turns(tx, ordered)
        files = await keep_files(tx, _stored_files(drafts))
        batch = _Batch(await _known_keys(tx, drafts), await _known_people(tx, drafts), await under_way(tx, ordered), files)
        results = [self._one(draft, batch) for draft in drafts]
        await batch.write(tx)
        return results

    async def foresee(self, tx: Reader, draft: Draft) -> "Foreseen":
        """What would be stored of a draft without an idempotency key; nothing is.

        Raises:
            Refused: the recipient is unknown.
        """
        ordered = [(draft.row["brand"], draft.row["ordering_key"])] if draft.row["ordering_key"] is not None else []
        batch = _Batch({}, await _known_people(tx, [draft]), await under_way(tx, ordered), set(_stored_files([draft])))
        refused = self._one(draft, batch)
        if isinstance(refused, Exception):
            raise refused
        (row,) = batch.messages
        return Foreseen(row, batch.people[row["brand"], row["recipient_id"]], batch.deliveries)

    def _one(self, draft: Draft, batch: _Batch) -> Stored | Exception:
        row = draft.row
        key = row["idempotency_key"]
        if key is not None and (earlier := batch.keys.get((row["brand"], key))) is not None:
            if row["created_at"] - earlier.created_at < IDEMPOTENCY_LIFE:
                return _repetition(earlier, row)
            batch.forgotten.append({"key_brand": row["brand"], "key_message": earlier.id})
        try:
            if draft.files.listed:
                _check_files(draft, batch.files)
            person, changed = self._person(draft, batch)
            if draft.to.locale is None and person.locale not in (None, row["locale"]):
                draft = draft.in_locale(str(person.locale))
                row = draft.row
        except Refused as refused:
            return refused
        if changed is not None:
            batch.people[row["brand"], row["recipient_id"]] = changed
            batch.changed[row["brand"], row["recipient_id"]] = changed.values(row["created_at"])
        if draft.template is not None:
            batch.sources[draft.template["version"]] = draft.template
        stored = Stored(row["id"], row["created_at"], row["due_at"], row["expires_at"], row["fingerprint"])
        if key is not None:
            batch.keys[row["brand"], key] = stored
        self._add(draft, person, batch)
        return stored

    def _add(self, draft: Draft, person: Person, batch: _Batch) -> None:
        """The rows of a message that is stored."""
        if draft.preferring and person.preferred:
            draft = _preferred(draft, person.preferred)
        row = draft.row
        batch.messages.append(row)
        if draft.files.listed:
            _enclose(draft, batch)
        deliveries = self._deliveries(draft, person)
        if row["ordering_key"] is not None:
            _put_in_order(row, deliveries, batch.ordered)
        batch.superseding.see(row, deliveries)
        batch.deliveries += deliveries

    def _person(self, draft: Draft, batch: _Batch) -> tuple[Person, PersonRow | None]:
        """The recipient after `to` was merged in, and its row where that changed it."""
        key = draft.row["brand"], draft.row["recipient_id"]
        known, seen = batch.people.get(key), self._keys.hash(draft.to.model_dump_json())
        if known is not None and known.seen == seen and draft.addresses:
            preferred = channels_of(known.preferred)
            return Person(known.audience, known.locale, known.timezone, draft.addresses, {}, preferred), None
        if known is None and key[1].startswith(STUB):
            raise Refused([Problem(pointer="/to/id", code="erased_recipient", message="is of a person who was erased; use their own id")])
        if known is None and not draft.addresses and draft.to.audience != "public":
            raise Refused(
                [Problem(pointer="/to", code="unknown_recipient", message="is an id that wasl does not know yet; add an address")]
            )
        person = Person.open(known, self._keys) if known is not None else Person.nobody()
        merged = person.merged(draft.to, draft.addresses)
        changed = merged.row(*key, seen=seen, keys=self._keys) if known is None or merged != person else None
        return merged, changed

    def _deliveries(self, draft: Draft, person: Person) -> list[DeliveryRow]:
        """One that is still open for `first`; one per channel for `all`."""
        row = draft.row
        lanes = draft.channels
        if row["mode"] == "first":
            lanes = (self._routing.first_channel(row["brand"], draft.channels, person.audience, person.addresses),)
        shared, found = flow(row["brand"], row["category"], row["topic"], row["priority"]), []
        for number, lane in enumerate(lanes, 1):
            delivery = new_delivery(
                row["brand"], row["id"], number, lane=lane, flow=shared, due_at=row["due_at"], ordering_key=row["ordering_key"]
            )
            if row["mode"] == "all":
                delivery["channel"] = lane
            if row["due_at"] > row["created_at"]:
                delivery["state"], delivery["reason"] = "scheduled", "send_at"
            found.append(delivery)
        return found


def _preferred(draft: Draft, preferred: Sequence[str]) -> Draft:
    """The same message with these of its channels before the others."""
    channels = (*(one for one in preferred if one in draft.channels), *(one for one in draft.channels if one not in preferred))
    return replace(draft, channels=channels, row={**draft.row, "channels": json.dumps(channels)})


def _stored_files(drafts: Sequence[Draft]) -> dict[FileKey, int]:
    """The files that were stored before, and until when they are needed."""
    wanted: dict[FileKey, int] = {}
    for draft in (one for one in drafts if one.files.listed):
        new = {one.row["id"] for one in draft.files.new}
        for key in [(draft.row["brand"], one.file) for one in draft.files.listed if one.file not in new]:
            wanted[key] = max(draft.files_until, wanted.get(key, 0))
    return wanted


def _check_files(draft: Draft, there: Collection[FileKey]) -> None:
    new = {one.row["id"] for one in draft.files.new}
    for place, one in enumerate(draft.files.listed):
        if one.file not in new and (draft.row["brand"], one.file) not in there:
            pointer = f"/attachments/{place}/file"
            raise Refused([Problem(pointer=pointer, code="unknown_file", message="is not kept any more; store it again")])


def _enclose(draft: Draft, batch: _Batch) -> None:
    brand, message_id = draft.row["brand"], draft.row["id"]
    for new in draft.files.new:
        key = brand, new.row["id"]
        batch.new_files[key] = max(batch.new_files.get(key, new), new, key=lambda one: one.row["keep_until"])
    ids = dict.fromkeys(one.file for one in draft.files.listed)
    batch.message_files += [{"brand": brand, "message_id": message_id, "file_id": file_id} for file_id in ids]


async def repeats(tx: Reader, brand: str, key: str, now: int) -> bool:
    """Whether a message has this idempotency key, and keeps it for a minute at least."""
    found = await tx.fetch(sql.MESSAGES_BY_KEY, {"keys": json.dumps([(brand, key)])})
    return any(now - row[4] < IDEMPOTENCY_LIFE - _A_MINUTE for row in found)


def _put(tx: Transaction, *given: tuple[Hot, Sequence[Values]]) -> None:
    for statement, rows in given:
        if rows:
            tx.put(statement, rows)


def _put_in_order(row: MessageRow, deliveries: Sequence[DeliveryRow], ordered: set[Key]) -> None:
    key = row["brand"], str(row["ordering_key"])
    if key in ordered:
        for delivery in deliveries:
            park(delivery, row["expires_at"])
    ordered.add(key)


async def _known_keys(tx: Transaction, drafts: Sequence[Draft]) -> dict[tuple[str, str], Stored]:
    keys = [(d.row["brand"], d.row["idempotency_key"]) for d in drafts if d.row["idempotency_key"] is not None]
    found = await tx.fetch(sql.MESSAGES_BY_KEY, {"keys": json.dumps(keys)}) if keys else []
    return {
        (brand, key): Stored(message_id, created_at, due_at, expires_at, fingerprint)
        for brand, key, message_id, fingerprint, created_at, due_at, expires_at in found
    }


async def _known_people(tx: Reader, drafts: Sequence[Draft]) -> dict[tuple[str, str], PersonRow]:
    wanted = json.dumps([(draft.row["brand"], draft.row["recipient_id"]) for draft in drafts])
    return {(row[0], row[1]): PersonRow(*row) for row in await tx.fetch(sql.RECIPIENTS, {"keys": wanted})}


def _repetition(earlier: Stored, row: MessageRow) -> Stored | Exception:
    if earlier.fingerprint != row["fingerprint"]:
        problem = Problem(
            pointer="", code="idempotency_mismatch", message="was sent with the idempotency key of another message; use a new key"
        )
        return IdempotencyMismatch([problem], message="This idempotency key was used for another message; that one stays.")
    return Stored(earlier.id, earlier.created_at, earlier.due_at, earlier.expires_at, earlier.fingerprint, replayed=True)

"""Whose an address is. Nothing is written for it when a message is accepted, which an index there would slow down by a tenth.

A task beside the workers reads on through the messages that came, and notes whose recipients' addresses they are: some 20 µs for each new
recipient, once (`catching_up.py`). Who looks for a person first reads what it has not read yet.
"""

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, delete, select

from wasl.ids import message_ids_since
from wasl.keys import KeyRing
from wasl.ledger.hot import Hot, Values, among, checked, upsert
from wasl.ledger.people import address_hash, unseal
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
from wasl.ledger.tables import address_owners, address_owners_read, messages, recipients
from wasl_contracts import Address

_BATCH = 500  # messages read in one transaction
_ALL = "msg_~"  # behind every message
_LATE = 60.0  # seconds after which no message is committed any more whose id is older
_whom = (address_owners.c.brand == bindparam("brand"), address_owners.c.recipient_id == bindparam("recipient_id"))
_OWNERS = Hot(
    select(address_owners.c.recipient_id)
    .where(address_owners.c.brand == bindparam("brand"), address_owners.c.address_hash == bindparam("address_hash"))
    .order_by(address_owners.c.recipient_id)
)
_AMONG = Hot(
    select(address_owners.c.address_hash, address_owners.c.recipient_id)
    .where(among(address_owners.c.brand, address_owners.c.address_hash, name="keys"))
    .order_by(address_owners.c.recipient_id)
    .limit(bindparam("most"))
)
_PUT = Hot(upsert(address_owners).values({c.name: bindparam(c.name) for c in address_owners.columns}).on_conflict_do_nothing())
_FORGET = Hot(delete(address_owners).where(*_whom))
_READ = Hot(select(address_owners_read.c.message_id).where(address_owners_read.c.brand == bindparam("brand")))
_until = upsert(address_owners_read).values({"brand": bindparam("brand"), "message_id": bindparam("message_id")})
_UNTIL = Hot(_until.on_conflict_do_update(index_elements=["brand"], set_={"message_id": _until.excluded.message_id}))
_NEXT = Hot(
    select(messages.c.id, messages.c.recipient_id)
    .where(messages.c.brand == bindparam("brand"), messages.c.id > bindparam("after"), messages.c.id < bindparam("before"))
    .order_by(messages.c.id)
    .limit(bindparam("most"))
)
_PEOPLE = Hot(
    select(recipients.c.id, recipients.c.sealed)
    .where(among(recipients.c.brand, recipients.c.id, name="keys"), checked(recipients.c.erased_at.is_(None)))
    .with_for_update(read=True, key_share=True)  # so that none of them is erased before this is written
)


async def put_owner(tx: Transaction, keys: KeyRing, brand: str, person_id: str, addresses: Iterable[Address]) -> None:
    """Note whose addresses these are."""
    if rows := _rows(keys, brand, person_id, addresses):
        await tx.many(_PUT, rows)


async def forget_owner(tx: Transaction, brand: str, person_id: str) -> None:
    """Keep nothing of which addresses a person has or had."""
    await tx.fetch(_FORGET, {"brand": brand, "recipient_id": person_id})


class Owners:
    """Finds people by an address of theirs, also by one that they had before."""

    def __init__(self, store: Store, keys: KeyRing) -> None:
        self._store = store
        self._keys = keys

    async def of(self, brand: str, hashed: str) -> Sequence[str]:
        """The ids of those whose address has that hash, as of now."""
        after: str | None = None
        while await self._unread(brand, _ALL):
            after, more = await self._store.writer.run(lambda tx, after=after: self._read_on(tx, brand, after, _ALL))  # type: ignore[misc]  # mypy infers no type of a default
            if not more:
                break
        rows = await self._store.reader.fetch(_OWNERS, {"brand": brand, "address_hash": hashed})
        return [str(row[0]) for row in rows]

    async def among(self, brand: str, hashes: Iterable[str], *, most: int) -> list[tuple[str, str]]:
        """Of these hashes those that are somebody's, each with the id; as of when somebody last looked for one address (`of`)."""
        keys = json.dumps([(brand, hashed) for hashed in hashes])
        return [(str(row[0]), str(row[1])) for row in await self._store.reader.fetch(_AMONG, {"keys": keys, "most": most})]

    async def read_on(self, brand: str) -> bool:
        """Read some of what came, but nothing so new that it would be read again; whether there is more of it."""
        late = message_ids_since(_LATE)
        if not await self._unread(brand, late):
            return False
        return (await self._store.working.run(lambda tx: self._read_on(tx, brand, None, late)))[1]

    async def _unread(self, brand: str, before: str) -> bool:
        read = await self._store.reader.fetch(_READ, {"brand": brand})
        place = {"brand": brand, "after": read[0][0] if read else "", "before": before, "most": 1}
        return bool(await self._store.reader.fetch(_NEXT, place))

    async def _read_on(self, tx: Transaction, brand: str, after: str | None, before: str) -> tuple[str, bool]:
        """Read the messages between these ids, or from where the last one stopped; returns the last id, and whether there may be more."""
        if after is None:
            read = await tx.fetch(_READ, {"brand": brand})
            after = str(read[0][0]) if read else ""
        found = await tx.fetch(_NEXT, {"brand": brand, "after": after, "before": before, "most": _BATCH})
        people = json.dumps(list({(brand, person_id) for _, person_id in found}))
        rows: list[Values] = []
        for person_id, sealed in await tx.fetch(_PEOPLE, {"keys": people}) if found else ():
            rows += _rows(self._keys, brand, person_id, unseal(sealed, brand, person_id, self._keys)[0])
        if rows:
            await tx.many(_PUT, rows)
        late = message_ids_since(_LATE)
        settled = [message_id for message_id, _ in found if message_id < late]
        if settled:
            await tx.many(_UNTIL, [{"brand": brand, "message_id": settled[-1]}])
        return (found[-1][0] if found else after), len(found) == _BATCH


def _rows(keys: KeyRing, brand: str, person_id: str, addresses: Iterable[Address]) -> list[Values]:
    hashes = {address_hash(keys, address.kind, address.value) for address in addresses}
    return [{"brand": brand, "address_hash": hashed, "recipient_id": person_id} for hashed in sorted(hashes)]

"""What is asked of a person: find, look, what happened, a copy of everything, erase. Gateway has these verbs too."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import structlog
from pydantic_core import to_json

from wasl.addresses import BadAddress, loose_phone
from wasl.audited import Action
from wasl.consenting import Consenting
from wasl.errors import NotFound, Problem, Refused
from wasl.ids import suppression_id
from wasl.ledger.people import address_hash
from wasl.near_misses import near_emails, near_phones
from wasl.person_life import LifeFilter, NearMiss, PersonGlance, PersonLife
from wasl.person_seen import Because, Erased, ExportedAddress, PeopleSeen, PersonSeen, PersonTimeline, Sought
from wasl.problems import validated
from wasl.sharing import Sharing
from wasl.suppressing import Suppressing
from wasl.suppression import Origin, Suppression, SuppressionStory
from wasl_contracts import Address, Category

_log = structlog.get_logger("wasl.people")
_LARGEST_PAGE = 1000
_NEAR = 10  # people who may be meant by a mistyped address
_LOOK = 0.05  # seconds between two looks whether the calls that are out have ended


class People(Consenting, Sharing, Suppressing):
    """The verbs of people, for support and for those who answer for their data."""

    async def find_recipients(self, sought: Sought) -> PeopleSeen:
        """Those with that id, or with exactly that address, now or when they were last written to; nobody where it is unknown.

        Raises:
            Refused: the address is none.
        """
        ledger, brand = self._open.ledger, self.brand
        if sought.id is not None:
            return PeopleSeen(data=tuple(await ledger.dossiers.some(brand, [sought.id])))
        normal = self._normal(sought)
        hashed = address_hash(self._open.ring, normal.kind, normal.value)
        owners = await ledger.owners.of(brand, hashed)
        return PeopleSeen(data=tuple(await ledger.dossiers.some(brand, [*owners, f"anon_{hashed}"])))

    async def near_recipients(self, typed: str) -> tuple[NearMiss, ...]:
        """Those whose email address or phone number is one slip away from one that was typed, the likeliest first; at most ten.

        Every address that may have been meant is looked up by its hash. Ask `find_recipients` first: it takes in who is new.
        """
        ledger, ring = self._open.ledger, self._open.ring
        kind = "email" if "@" in typed else "phone"
        meant = near_emails(typed.strip()) if kind == "email" else near_phones(loose_phone(typed.strip(), self.config.country) or "")
        hashes = {address_hash(ring, kind, value): value for value in meant}
        found: dict[str, str] = {}
        for hashed, person in await ledger.owners.among(self.brand, hashes, most=_NEAR * 10) if hashes else ():
            if person not in found or meant.index(hashes[hashed]) < meant.index(found[person]):
                found[person] = hashes[hashed]
        nearest = sorted(found, key=lambda person: meant.index(found[person]))[:_NEAR]
        seen = {one.id: one for one in await ledger.dossiers.some(self.brand, nearest)}
        return tuple(NearMiss(recipient=seen[one], shown=_shown(typed, found[one], kind)) for one in nearest if one in seen)

    async def recipient(self, recipient_id: str) -> PersonSeen:
        """A person: addresses masked, consent, suppressions, how many messages, when they last heard of you.

        By the id of somebody who was erased, what is left of them.

        Raises:
            NotFound: nobody was ever known by that id.
        """
        seen = await self._open.ledger.dossiers.seen(self.brand, recipient_id)
        if seen.erased_at is not None:
            return seen
        return seen.model_copy(update={"consent": await self.consent(seen.id)})

    async def recipient_timeline(self, recipient_id: str, *, limit: int = 50, cursor: str | None = None) -> PersonTimeline:
        """What happened to a person over all channels, newest first: messages, decisions with their reasons, consents, suppressions.

        Raises:
            NotFound: nobody was ever known by that id.
            Refused: the cursor was not given out for this timeline.
        """
        if not 1 <= limit <= _LARGEST_PAGE:
            raise Refused([Problem(pointer="/limit", code="out_of_range", message=f"must be from 1 to {_LARGEST_PAGE}")])
        return await self._open.ledger.dossiers.timeline(self.brand, recipient_id, limit=limit, cursor=cursor)

    async def glance(self, recipient_id: str) -> PersonGlance:
        """A person as a page's head shows them: as quick for somebody with many messages as for one with few.

        Raises:
            NotFound: nobody was ever known by that id.
        """
        seen = await self._open.ledger.dossiers.glances.glance(self.brand, recipient_id)
        if seen.erased_at is not None:
            return seen
        return seen.model_copy(update={"consent": await self.consent(seen.id)})

    async def life(self, recipient_id: str, wanted: LifeFilter | None = None, *, limit: int = 50, cursor: str | None = None) -> PersonLife:
        """What happened to a person over all channels, newest first: each message with its deliveries and the reasons, what they said
        of topics, what stopped their addresses, when they wrote.

        Raises:
            NotFound: nobody was ever known by that id.
            Refused: the cursor was not given out for them and what is wanted.
        """
        if not 1 <= limit <= _LARGEST_PAGE:
            raise Refused([Problem(pointer="/limit", code="out_of_range", message=f"must be from 1 to {_LARGEST_PAGE}")])
        glances, alone = self._open.ledger.dossiers.glances, len(self.brands) == 1
        return await glances.life(self.brand, recipient_id, wanted or LifeFilter(), (limit, cursor), alone=alone)

    async def addresses_in_clear(self, recipient_id: str) -> tuple[ExportedAddress, ...]:
        """The addresses of a person, not masked. The audit is told before they are read.

        Raises:
            NotFound: nobody is known by that id.
        """
        ledger = self._open.ledger
        person = await ledger.contacts.get(self.brand, recipient_id)
        if person is None:
            raise NotFound("There is no recipient with this id.")
        await ledger.audit.record([self._entry(Action.PERSON_REVEALED, recipient_id)])
        return tuple(ExportedAddress(channel=a.channel, kind=a.kind, value=a.value) for a in person.addresses)

    async def suppress_address_of(
        self, recipient_id: str, address_id: str, *, note: str, scope: Category | None = None, origin: Origin | None = None
    ) -> SuppressionStory:
        """Stop an address of a person by its id (`AddressSeen.id`), so that whoever does it need not know the address.

        Raises:
            NotFound: nobody is known by that id, or they have no such address.
            Refused: a field is wrong.
        """
        ledger = self._open.ledger
        person = await ledger.contacts.get(self.brand, recipient_id)
        for one in person.addresses if person is not None else ():
            if suppression_id(one.channel, ledger.address_hash(one)) == address_id:
                told = {"address": one.value, "channel": one.channel, "kind": one.kind, "note": note, "scope": scope}
                return await self.add_suppression(validated(Suppression, told), origin or Origin())
        raise NotFound("There is no such address of this person.")

    async def export_recipient(self, recipient_id: str) -> AsyncIterator[bytes]:
        """All that is stored about a person, as the parts of one JSON document (a PersonExport), for themselves: in clear.

        Raises:
            NotFound: nobody was ever known by that id; before the first part.
        """
        ledger, brand = self._open.ledger, self.brand
        copy = await ledger.dossiers.copy(brand, recipient_id)
        await ledger.audit.record([self._entry(Action.PERSON_EXPORTED, copy.recipient.id)])
        opening = {"exported_at": ledger.clock.now(), "brand": brand, **copy._asdict()}
        return self._parts_of(to_json(opening)[:-1] + b',"messages":[', copy.recipient.id)

    async def erase_recipient(
        self, recipient_id: str, *, because: Because = "request", patience: timedelta = timedelta(seconds=5)
    ) -> Erased:
        """Erase a person: what waits is cancelled, and all that tells of them goes. What is suppressed stays so; the rest is a stub.

        Again is as good as once, and goes on where a crash ended it. Calls that are out are waited for, so long; what they leave, the
        same call erases later.

        Raises:
            NotFound: nobody was ever known by that id.
        """
        ledger, ends = self._open.ledger, time.monotonic() + patience.total_seconds()
        entry = self._entry(Action.PERSON_ERASED, because=because)
        done = await ledger.erasing.erase(self.brand, recipient_id, because, entry)
        while done.under_way and time.monotonic() < ends:
            await asyncio.sleep(_LOOK)
            again = await ledger.erasing.erase(self.brand, recipient_id, because, entry)
            counts = {"messages": done.messages + again.messages, "cancelled": done.cancelled + again.cancelled}
            done = again.model_copy(update=counts)
        _log.info("recipient.erased", stub=done.recipient, because=because, messages=done.messages, under_way=done.under_way)
        return done

    def _normal(self, sought: Sought) -> Address:
        """The address to look for, in the spelling in which it is stored."""
        channel, kind, value = sought.channel, sought.kind, sought.address
        if sought.email is not None:
            channel, kind, value = "email", "email", sought.email
        elif sought.phone is not None:
            channel, kind, value = "sms", "phone", sought.phone
        try:
            return self._open.addresses.normal(Address(channel=str(channel), kind=str(kind), value=str(value)))
        except BadAddress as bad:
            field = {"unknown_kind": "kind", "wrong_channel": "channel"}.get(bad.code, "address") if sought.address is not None else kind
            raise Refused([Problem(pointer=f"/{field}", code=bad.code, message=bad.message)]) from None

    async def _parts_of(self, opening: bytes, person_id: str) -> AsyncIterator[bytes]:
        yield opening
        comma = b""
        async for page in self._open.ledger.dossiers.messages(self.brand, person_id):
            yield comma + b",".join(map(to_json, page))
            comma = b","
        yield b"]}"


def _shown(typed: str, meant: str, kind: str) -> str:
    """An address that was not typed is masked; but who typed all of a mailbox except for its domain knows whose it is."""
    if kind == "email" and typed.strip().casefold().rpartition("@")[0] == meant.rpartition("@")[0]:
        return meant
    return Address(channel="email" if kind == "email" else "sms", kind=kind, value=meant).masked()

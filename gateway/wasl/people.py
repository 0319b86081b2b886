"""What is asked of a person: find, look, what happened, a copy of everything, erase. Gateway has these verbs too."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import structlog
from pydantic_core import to_json

from wasl.addresses import BadAddress
from wasl.consenting import Consenting
from wasl.errors import Problem, Refused
from wasl.ledger.people import address_hash
from wasl.person_seen import Because, Erased, PeopleSeen, PersonSeen, PersonTimeline, Sought
from wasl_contracts import Address

_log = structlog.get_logger("wasl.people")
_LARGEST_PAGE = 1000
_LOOK = 0.05  # seconds between two looks whether the calls that are out have ended


class People(Consenting):
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

    async def export_recipient(self, recipient_id: str) -> AsyncIterator[bytes]:
        """All that is stored about a person, as the parts of one JSON document (a PersonExport), for themselves: in clear.

        Raises:
            NotFound: nobody was ever known by that id; before the first part.
        """
        ledger, brand = self._open.ledger, self.brand
        copy = await ledger.dossiers.copy(brand, recipient_id)
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
        done = await ledger.erasing.erase(self.brand, recipient_id, because)
        while done.under_way and time.monotonic() < ends:
            await asyncio.sleep(_LOOK)
            again = await ledger.erasing.erase(self.brand, recipient_id, because)
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

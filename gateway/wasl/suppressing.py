"""What people do with the suppression list: put on, take off, look, import and export. Gateway has these verbs too."""

import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import IO

from wasl.audited import Action
from wasl.branded import Branded
from wasl.clock import micros
from wasl.consent import EVERY, ConsentEntry, ConsentRow, choice
from wasl.errors import Conflict, NotFound, Problem, Refused
from wasl.ids import suppressed_place, suppression_id
from wasl.ledger.suppression_list import Place, Wanted
from wasl.ledger.suppressions import ALL_BRANDS, Removal
from wasl.problems import validated
from wasl.suppression import Imported, Listed, Named, Origin, Suppression, SuppressionPage, SuppressionStory, Unsuppression
from wasl.suppression_import import Importing, exported, first_line
from wasl.suppression_rows import Rows
from wasl_contracts import Address, Category, Reason

_LARGEST_PAGE = 1000


class Suppressing(Branded):
    """The verbs of the suppression list.

    Where an address is asked for, an email address, a phone number in E.164, an `Address` or the id of a suppression will do. With
    `all_brands` a row is for every brand of the installation; over HTTP, where a key belongs to one brand, there is no such thing.
    """

    async def suppress(  # noqa: PLR0913 - the fields of a suppression, each with a name
        self,
        address: Address | str,
        reason: Reason = Reason.SUPPRESSED_MANUAL,
        *,
        scope: Category | None = None,
        expires_at: datetime | None = None,
        note: str | None = None,
        message_id: str | None = None,
        source: str = "api",
        actor: str | None = None,
        all_brands: bool = False,
    ) -> SuppressionStory:
        """Send nothing to this address any more, or nothing of a category; on disk when it returns, and no call begins after that.

        Twice is as good as once; a later `expires_at` makes it hold longer, an earlier one changes nothing.

        Raises:
            Refused: it is no address, or a field is wrong.
        """
        told = {"reason": reason, "scope": scope, "expires_at": expires_at, "note": note, "message_id": message_id}
        asked = validated(Suppression, {**_named(address), **told})
        return await self.add_suppression(asked, Origin(source, actor), all_brands=all_brands)

    async def add_suppression(self, asked: Suppression, origin: Origin, *, all_brands: bool = False) -> SuppressionStory:
        """As `suppress`, for one that is built already."""
        rows, ledger = self._rows(all_brands=all_brands), self._open.ledger
        hashed = rows.found(asked.address, asked.channel, asked.kind)
        place = Place(hashed.channel, hashed.address_hash)
        told = self._entry(Action.SUPPRESSION_ADDED, suppression_id(*place), listed_for=asked.reason, scope=asked.scope)
        entry = replace(told, brand=ALL_BRANDS) if all_brands else told
        await ledger.suppressions.add([rows.addition(asked, hashed, origin, micros(ledger.clock.now()))], entry)
        return await ledger.suppressions.story(self.brand, place)

    async def unsuppress(  # noqa: PLR0913 - each a choice with a name
        self,
        address: Address | str,
        reason: str,
        *,
        scope: Category | None = None,
        listed_for: Reason | None = None,
        source: str = "api",
        actor: str | None = None,
        all_brands: bool = False,
    ) -> SuppressionStory:
        """Take an address off the list and write down why; only its rows of a scope, or for a reason, where these are named.

        Raises:
            NotFound: it is not on the list.
            Conflict: it is on the list of all brands, and `all_brands` was not said.
            Refused: it is no address, or there is no reason.
        """
        asked = validated(Unsuppression, {"reason": reason, "scope": scope, "listed_for": listed_for})
        return await self.remove_suppression(address, asked, Origin(source, actor), all_brands=all_brands)

    async def remove_suppression(
        self, address: Address | Named | str, asked: Unsuppression, origin: Origin, *, all_brands: bool = False
    ) -> SuppressionStory:
        """As `unsuppress`, for one that is built already."""
        rows, ledger = self._rows(all_brands=all_brands), self._open.ledger
        place, shown = _placed(rows, address)
        brand = ALL_BRANDS if all_brands else self.brand
        removal = Removal(
            brand, *place, at=micros(ledger.clock.now()), source=origin.source, actor=origin.actor,
            sealed=rows.sealed(asked.reason, place), scope=asked.scope, reason=asked.listed_for,
        )  # fmt: skip
        entry = self._entry(Action.SUPPRESSION_REMOVED, suppression_id(*place), scope=asked.scope)
        removed = await ledger.suppressions.remove(removal, replace(entry, brand=brand, reason=self.why or asked.reason))
        story = _shown(await ledger.suppressions.story(self.brand, place), shown)
        if not removed:
            _refuse_removal(story, asked, all_brands=all_brands)
        return story

    async def suppression(self, address: Address | Named | str) -> SuppressionStory:
        """An address: what holds against it, and everything that ever happened.

        Raises:
            NotFound: it was never on the list.
            Refused: it is no address.
        """
        place, shown = _placed(self._rows(), address)
        return _shown(await self._open.ledger.suppressions.story(self.brand, place), shown)

    async def grants_since(self, story: SuppressionStory) -> tuple[ConsentEntry, ...]:
        """What people of this address granted on its channel after it came onto the list and did not take back: proof that they want it."""
        place = suppressed_place(story.id)
        if place is None or not story.data:
            return ()
        ledger, since = self._open.ledger, max(row.since for row in story.data)
        found: list[ConsentEntry] = []
        for person in await ledger.owners.of(self.brand, place[1]):
            history = await ledger.consents.history(self.brand, person)
            rows = history.rows if history is not None else ()
            granted = (row for row in rows if row.at > since and _holds(row, rows, story.channel))
            found += [ConsentEntry(recipient=person, row=row) for row in granted]
        return tuple(sorted(found, key=lambda entry: entry.row.at, reverse=True))

    async def wrote_since(self, story: SuppressionStory) -> datetime | None:
        """When somebody last wrote from this address after it came onto the list: proof that it works; None where nobody did."""
        place = suppressed_place(story.id)
        if place is None or not story.data:
            return None
        since = max(row.since for row in story.data)
        return await self._open.ledger.suppressions.wrote(self.brand, Place(*place), since, alone=len(self.brands) == 1)

    async def suppressions(self, listed: Listed | None = None, *, limit: int = 50, cursor: str | None = None) -> SuppressionPage:
        """What is suppressed now, newest first.

        Raises:
            Refused: the cursor was not given out here, or a filter is wrong.
        """
        if not 1 <= limit <= _LARGEST_PAGE:
            raise Refused([Problem(pointer="/limit", code="out_of_range", message=f"must be from 1 to {_LARGEST_PAGE}")])
        listed = listed or Listed()
        place = self._rows().place(listed.address, listed.channel)[0] if listed.address is not None else None
        wanted = Wanted(listed.channel, listed.reason, place, "" if listed.scope == "every" else listed.scope)
        return await self._open.ledger.suppressions.page(self.brand, wanted, limit=limit, cursor=cursor)

    async def import_suppressions(
        self, file: IO[bytes] | bytes, *, dry_run: bool = False, origin: Origin | None = None, all_brands: bool = False
    ) -> Imported:
        """Put the addresses of a CSV file on the list; with `dry_run` only tell what that would do, in the same numbers.

        A line that is wrong is told and stops no other. Importing a file again changes nothing.

        Raises:
            Refused: the first line does not name the columns, or there are more than a million lines; nothing was kept.
        """
        ledger = self._open.ledger
        importing = Importing(self._rows(all_brands=all_brands), origin or Origin("import"), lambda: micros(ledger.clock.now()))
        write = ledger.suppressions.foretell if dry_run else ledger.suppressions.add
        if not dry_run:
            await ledger.audit.record([self._entry(Action.SUPPRESSIONS_IMPORTED)])
        return await importing.run(io.BytesIO(file) if isinstance(file, bytes) else file, write, dry_run=dry_run)

    async def export_suppressions(self) -> AsyncIterator[str]:
        """What is suppressed now, as CSV in parts: the keyed hash and the masked form of each address, for the address is not stored.

        `import_suppressions` takes it where the key ring is the same, as after a restore.
        """
        rows = self._rows()
        await self._open.ledger.audit.record([self._entry(Action.SUPPRESSIONS_EXPORTED)])
        yield first_line()
        async for page in self._open.ledger.suppressions.each(self.brand):
            yield exported(rows, page)

    def _rows(self, *, all_brands: bool = False) -> Rows:
        return Rows(self._open.addresses, self._open.ring, ALL_BRANDS if all_brands else self.brand)


def _holds(row: ConsentRow, rows: Sequence[ConsentRow], channel: str) -> bool:
    """Whether it is a grant for the channel that they have not taken back since."""
    chosen = choice(rows, row.topic, channel)
    return row.state == "granted" and row.channel in (channel, EVERY) and chosen is not None and chosen.granted


def _named(address: Address | str) -> dict[str, object]:
    if isinstance(address, str):
        return {"address": address}
    return {"address": address.value, "channel": address.channel, "kind": address.kind}


def _placed(rows: Rows, address: Address | Named | str) -> tuple[Place, str | None]:
    if isinstance(address, str):
        return rows.place(address)
    value = address.value if isinstance(address, Address) else address.address
    return rows.place(value, address.channel, address.kind)


def _shown(story: SuppressionStory, address: str | None) -> SuppressionStory:
    """Who asked by the address may see its masked form, which is not kept of one that is off the list."""
    return story if story.address is not None or address is None else story.model_copy(update={"address": address})


def _refuse_removal(story: SuppressionStory, asked: Unsuppression, *, all_brands: bool) -> None:
    """Say why nothing was taken off."""
    if not all_brands and any(row.brand == ALL_BRANDS for row in story.data):
        raise Conflict(
            "This address is on the list of all brands.",
            code="all_brands",
            suggested_action="Take it off there: wasl suppress remove --all-brands.",
        )
    if story.data and (asked.scope or asked.listed_for):
        raise NotFound("This address is not on the list like that.", suggested_action="See what holds: wasl suppress show.")
    raise NotFound("This address is not on the suppression list.", suggested_action="See its history: wasl suppress show.")

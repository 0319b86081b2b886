"""Exports: asking for a list as a file, looking how far it is, taking it, letting it go. Gateway has these verbs too.

An export is for nobody but the user of the console who asked for it. Which lists they may ask for is the caller's to say.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta, tzinfo
from typing import Final

from wasl import tokens
from wasl.audited import Action, AuditFilters, Entry, Fact
from wasl.clock import micros, moment
from wasl.consent import ConsentFilters
from wasl.errors import Conflict, Gone, NotFound
from wasl.export_seen import MOST_KEPT, MOST_OPEN, Expected, ExportSeen, Format, Kind
from wasl.exports.sources import WANTED
from wasl.ids import new_export_id
from wasl.ledger.exports import Exports
from wasl.seeking import Seeking
from wasl.users import User

LIFE: Final = timedelta(hours=24)
"""How long after it was asked for an export can be taken."""
_PURPOSE = "export"
_ASKED: Final[Mapping[Kind, Action]] = {
    "messages": Action.MESSAGES_EXPORTED,
    "suppressions": Action.SUPPRESSIONS_EXPORTED,
    "consents": Action.CONSENTS_EXPORTED,
    "audit": Action.AUDIT_EXPORTED,
}


@dataclass(frozen=True, slots=True)
class ExportWanted:
    """What to export. `brands` are all that may be in it; of suppressions and consents one. `query` finds messages, its days in the zone;
    `filters` are those of consents or of the audit. Of the audit no brands are all, also what is no brand's."""

    kind: Kind
    brands: tuple[str, ...] = ()
    query: str = ""
    zone: tzinfo = UTC
    filters: ConsentFilters | AuditFilters | None = None

    @property
    def told(self) -> str:
        """What was asked for, in the words of who asked."""
        if self.filters is None:
            return self.query
        given = self.filters.model_dump(mode="json", exclude_defaults=True, exclude={"brands"})
        return " ".join(f"{name}:{value}" for name, value in given.items())


class Exporting(Seeking):
    """The verbs of exports."""

    async def foresee_export(self, wanted: ExportWanted) -> Expected:
        """About how many rows an export would have. Raises Misread."""
        return await self._expected(wanted, await self._as_asked(wanted))

    async def ask_export(self, user: User, wanted: ExportWanted, how: Format = "csv") -> ExportSeen:
        """Begin an export for this user. A small one is ready when it returns; others are written beside the worker.

        What comes to the list from now on is not in it, nor what leaves it before it is written.

        Raises:
            Misread: the query cannot be understood.
            Conflict: the user has as many exports as they may.
        """
        asked, now = await self._as_asked(wanted), self._open.ledger.clock.now()
        expected = await self._expected(wanted, asked)
        seen = ExportSeen(
            id=new_export_id(), user_id=user.id, role=user.role, kind=wanted.kind, format=how, brands=wanted.brands, query=wanted.told,
            state="waiting", expected=expected.rows, at_least=expected.at_least, rows=0, bytes=0, parts=0, asked_at=now,
            expires_at=now + LIFE,
        )  # fmt: skip
        facts = {"format": how, "brands": wanted.brands, "query_length": len(wanted.query)}  # the query itself may hold an address
        if not await self._exports.add(seen, asked, self._told(_ASKED[seen.kind], seen, **facts), most_open=MOST_OPEN, most=MOST_KEPT):
            raise Conflict("There are as many exports of yours as there may be.", code="exports_full")
        await self._open.exports.soon(seen.id)
        return await self.export_of(user, seen.id)

    async def exports_of(self, user: User) -> Sequence[ExportSeen]:
        """All exports of a user that are still told of, newest first."""
        return await self._exports.of(user.id)

    async def export_of(self, user: User, export_id: str) -> ExportSeen:
        """An export of this user; raises NotFound."""
        seen = await self._exports.get(user.id, export_id)
        if seen is None:
            raise NotFound("There is no such export.")
        return seen

    async def stop_export(self, user: User, export_id: str) -> bool:
        """Write no more of it, or let go of it where it is ready; its bytes go. False: there was nothing of it. Raises NotFound."""
        seen = await self.export_of(user, export_id)
        return await self._exports.stop(seen, self._told(Action.EXPORT_STOPPED, seen, rows=seen.rows))

    def export_token(self, seen: ExportSeen) -> str:
        """What stands in the link: it names the export, its user and its end, sealed with the key ring."""
        told: dict[str, str | int] = {"export": seen.id, "user": seen.user_id, "until": micros(seen.expires_at)}
        return tokens.issue(self._open.ring, _PURPOSE, told)

    async def opened_export(self, user: User, token: str) -> ExportSeen:
        """The export that a link leads to.

        Raises:
            NotFound: the link is not ours, was changed, or is another user's; or the export is not ready yet.
            Gone: it has ended (code export_expired), or its bytes were let go (the code is export_ and its state).
        """
        told = tokens.read(self._open.ring, _PURPOSE, token)
        if told is None or told["user"] != user.id:
            raise NotFound("There is no such export.")
        seen = await self._exports.get(user.id, str(told["export"]))
        if seen is None or moment(int(told["until"])) <= self._open.ledger.clock.now():
            raise Gone("The link to this export has ended.", code="export_expired", suggested_action="Ask for it again.")
        if seen.under_way:
            raise NotFound("This export is not ready yet.")
        if seen.state != "ready":
            raise Gone("This export is not kept any more.", code=f"export_{seen.state}", suggested_action="Ask for it again.")
        return seen

    async def take_export(self, seen: ExportSeen) -> AsyncIterator[bytes]:
        """The file of an export that is ready, in parts, after the audit was told. Going on raises Gone where it was let go meanwhile."""
        await self._open.ledger.audit.record([self._told(Action.EXPORT_TAKEN, seen, of=seen.kind, rows=seen.rows)])
        return self._exports.lines(seen)

    async def _as_asked(self, wanted: ExportWanted) -> str:
        """What to export, after all that it names was found, as it is kept."""
        if wanted.kind == "messages":
            found, _ = await self._wanted(wanted.query, wanted.brands, wanted.zone)
            return WANTED.dump_json(found).decode()
        return wanted.filters.model_dump_json() if wanted.filters is not None else "{}"

    async def _expected(self, wanted: ExportWanted, asked: str) -> Expected:
        return await self._open.exports.sources.of(wanted.kind, wanted.brands, asked).expected()

    @property
    def _exports(self) -> Exports:
        return self._open.ledger.exports

    def _told(self, action: Action, seen: ExportSeen, **facts: Fact) -> Entry:
        """For the audit, as a thing of one of the brands that are in it."""
        own = self.brand if self.brand in seen.brands or not seen.brands else seen.brands[0]
        return replace(self._entry(action, seen.id, **facts), brand=own)

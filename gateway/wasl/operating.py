"""What people ask of stored messages and recipients: look, cancel, send again. Gateway has these verbs too."""

from collections.abc import Collection, Sequence

from wasl.acceptance import check_preferred
from wasl.answers import LEFT_ALONE, MessageSeen, Page, RecipientSeen, Retried
from wasl.audited import Action
from wasl.counters import Counters
from wasl.errors import Conflict, Problem, Refused
from wasl.ledger.dead_letters import Terms
from wasl.ledger.kin import Details
from wasl.ledger.people import STUB, Person
from wasl.ledger.reads import Filters
from wasl.measuring import Known
from wasl.related_seen import Alike, RelatedSeen
from wasl.resending import Resending
from wasl.seeking import Seeking
from wasl.states import REPLAYED
from wasl.wholesale import Wholesale
from wasl_contracts import Recipient, State

_LARGEST_PAGE = 1000
_RETRIED = (State.FAILED, State.EXPIRED, State.BOUNCED, State.UNKNOWN)


class Operating(Resending, Seeking, Wholesale):
    """The verbs of support and operators."""

    async def strangers(self) -> Collection[str]:
        """Brands that this configuration does not serve and that have had messages due for a minute: it seems that nobody sends them."""
        return await self._open.ledger.strangers() if self.seen_as is None else ()

    async def _brands_left(self) -> dict[str, str]:
        """The check that tells of them, without their names, which other brands may not know; nothing where there are none."""
        count = len(await self._open.ledger.strangers())
        return {"brands": f"{count} other(s) have messages due that nobody sends; wasl doctor names them"} if count else {}

    @property
    def held(self) -> int | None:
        """How many deliveries were held at the start, after a restore."""
        return self._open.held

    async def get(self, message_id: str) -> MessageSeen:
        """One message with its deliveries, timeline and decisions; raises NotFound."""
        return await self._open.ledger.message(self.brand, message_id)

    async def details(self, message_id: str) -> Details:
        """What is stored of a message and not seen of it elsewhere: versions, keys, what providers told of themselves; raises NotFound."""
        return await self._open.ledger.handed.details(self.brand, message_id)

    async def related(self, message_id: str) -> Sequence[RelatedSeen]:
        """Messages that belong to it, newest first: sent again, replaced, about the same thing; a few of each, none of an unknown one."""
        return await self._open.ledger.handed.related(self.brand, message_id)

    async def alike(self, seen: MessageSeen) -> Alike:
        """How many others of the last hour ended as this one did: in the same state, for the same reason and code, by the same provider."""
        return await self._open.ledger.handed.alike(seen)

    async def list(self, filters: Filters | None = None, *, limit: int = 50, cursor: str | None = None) -> Page:
        """Messages that fit, newest first; raises Refused for a cursor that was not given out here."""
        if not 1 <= limit <= _LARGEST_PAGE:
            raise Refused([Problem(pointer="/limit", code="out_of_range", message=f"must be from 1 to {_LARGEST_PAGE}")])
        return await self._open.ledger.page(self.brand, filters or Filters(), limit=limit, cursor=cursor)

    async def cancel(self, message_id: str) -> MessageSeen:
        """Cancel what has not begun to leave.

        Raises:
            NotFound: there is no such message.
            Conflict: nothing of it is waiting any more.
        """
        await self._open.ledger.cancel(self.brand, message_id, self._entry(Action.MESSAGE_CANCELLED, message_id))
        return await self.get(message_id)

    async def retry(self, message_id: str, *, possible_duplicate: bool = False) -> MessageSeen:
        """Send again what failed, expired, bounced or is held, with its whole life and route before it; twice is as good as once.

        What may have arrived goes only with `possible_duplicate`, by the way that it went, and is marked.

        Raises:
            NotFound: there is no such message.
            Conflict: it is not to be sent again; `code` is one of LeftAlone.
        """
        terms = Terms(possible_duplicate=possible_duplicate)
        entry = self._entry(Action.MESSAGE_RETRIED, message_id, possible_duplicate=possible_duplicate)
        fates = await self._open.ledger.replays.these(self.brand, [message_id], terms, entry=entry)
        self._wake()
        seen = await self.get(message_id)
        why = fates[0].left_alone if fates else None
        again = any(entry.type == REPLAYED for entry in seen.timeline)
        if why is not None and not (again and why in ("under_way", "already_sent")):
            sentence, next_step = LEFT_ALONE[why]
            raise Conflict(sentence, code=why, suggested_action=next_step)
        return seen

    async def retry_all(
        self, filters: Filters, *, possible_duplicate: bool = False, dry_run: bool = False, most: int | None = None
    ) -> Retried:
        """As `retry`, for all messages that fit: a state (failed, expired, bounced, unknown) or a reason must be named.

        `state` unknown means what may have arrived. With `dry_run` it only counts; `most` limits how many are sent again.

        Raises:
            Refused: neither is named, or a state of which nothing can be sent again.
        """
        if filters.state is None and filters.reason is None:
            raise Refused([Problem(pointer="/state", code="missing_field", message='is missing; say what to send again, like "failed"')])
        if filters.state not in (None, *_RETRIED):
            known = ", ".join(_RETRIED)
            raise Refused([Problem(pointer="/state", code="bad_value", message=f"is a state that is not sent again; these are: {known}")])
        ledger = self._open.ledger
        if not dry_run:
            wanted = {name: str(value) for name, value in filters.model_dump(exclude_none=True, exclude={"recipient"}).items()}
            told = {**wanted, "possible_duplicate": possible_duplicate, "most": most}
            await ledger.audit.record([self._entry(Action.MESSAGES_RETRIED, filters.recipient or "", **told)])
        retried = await ledger.replays.all(self.brand, filters, possible_duplicate=possible_duplicate, dry_run=dry_run, most=most)
        self._wake()
        return retried

    async def put_recipient(self, recipient: Recipient) -> RecipientSeen:
        """Store a recipient (with an id) as given, in place of what was known; raises Refused."""
        if recipient.id is None:
            raise Refused([Problem(pointer="/id", code="missing_field", message="is missing")])
        if recipient.id.startswith(STUB):
            raise Refused([Problem(pointer="/id", code="erased_recipient", message="is of a person who was erased; use their own id")])
        check_preferred(recipient.preferred, self.config.channels, "/preferred")
        addresses = self._open.addresses.normal_all(recipient, where="")
        person = Person(recipient.audience, recipient.locale, recipient.timezone, addresses, recipient.attributes, recipient.preferred)
        await self._open.ledger.put_recipient(self.brand, recipient.id, person)
        return person.seen(recipient.id)

    @property
    def counters(self) -> Counters:
        """What this process counted since it began."""
        return self._open.measuring.counters

    async def measured(self) -> Known:
        """What the ledger knows that /metrics tells, at most five seconds old."""
        return await self._open.measuring.known()

    def _wake(self) -> None:
        if self._open.worker is not None:
            self._open.worker.wake()

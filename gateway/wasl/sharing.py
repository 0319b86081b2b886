"""Links to one person for a help desk: read-only, for at most a week, without login, and revocable. Gateway has these verbs too."""

import os
import re
from datetime import timedelta
from typing import Self

from wasl import tokens
from wasl.audited import Action, Actor
from wasl.branded import Branded
from wasl.clock import micros, moment
from wasl.desk_link_seen import DeskLinkSeen
from wasl.errors import NotFound, Problem, Refused
from wasl.ledger.desk_links import DeskLinks

LONGEST = timedelta(days=7)
"""For how long a link can open."""
_PURPOSE = "desk_link"
_ID = re.compile(r"dsk_[0-9a-f]{20}")


class Sharing(Branded):
    """The verbs of links for help desks."""

    async def share_recipient(self, recipient_id: str, *, by: str, lasts: timedelta, link_id: str | None = None) -> DeskLinkSeen:
        """A new link to a person, with its token, which is told now and never again. `by` is who makes it.

        With a `link_id` of one's own (`new_link_id`) the same call again makes no second one, and the token is the same.

        Raises:
            NotFound: nobody is known by that id, or they were erased.
            Refused: it would last no time, or longer than `LONGEST`.
        """
        if not timedelta(0) < lasts <= LONGEST:
            raise Refused([Problem(pointer="/lasts", code="out_of_range", message="must be more than no time and at most 7 days")])
        if link_id is not None and not _ID.fullmatch(link_id):
            raise Refused([Problem(pointer="/link_id", code="bad_value", message="is not an id that new_link_id gave")])
        ledger, now = self._open.ledger, self._links.now()
        if await ledger.contacts.get(self.brand, recipient_id) is None:
            raise NotFound("There is no recipient with this id.")
        link = DeskLinkSeen(
            id=link_id or new_link_id(), brand=self.brand, recipient=recipient_id, made_by=by, made_at=now, expires_at=now + lasts
        )
        days = round(lasts / timedelta(days=1), 2)
        if not await self._links.put(link, self._entry(Action.PERSON_SHARED, recipient_id, link=link.id, days=str(days))):
            link = await self._made_before(link)
        told: dict[str, str | int] = {"brand": link.brand, "recipient": link.recipient, "link": link.id, "until": micros(link.expires_at)}
        return link.model_copy(update={"token": tokens.issue(self._open.ring, _PURPOSE, told)})

    async def opened_link(self, token: str) -> tuple[Self, DeskLinkSeen] | None:
        """The gateway as the brand of a link sees it, and the link; None for a token that is not ours, that has ended or was revoked."""
        told = tokens.read(self._open.ring, _PURPOSE, token)
        if told is None or self.seen_as not in (None, told["brand"]) or moment(int(told["until"])) <= self._links.now():
            return None
        link = await self._links.get(str(told["brand"]), str(told["link"]))
        if link is None or link.revoked_at is not None or link.recipient != told["recipient"]:
            return None
        return self._as(link.brand, Actor("system", link.id)), link

    async def tell_link_opened(self, link: DeskLinkSeen) -> None:
        """Tell the audit that somebody looked through a link."""
        await self._open.ledger.audit.record([self._entry(Action.PERSON_LINK_OPENED, link.recipient, link=link.id)])

    async def shared_links(self, recipient_id: str) -> tuple[DeskLinkSeen, ...]:
        """The links to a person that open now, the tokens not told."""
        return await self._links.open_to(self.brand, recipient_id)

    async def revoke_link(self, link_id: str) -> None:
        """Let a link open nothing any more; again is as good as once.

        Raises:
            NotFound: this brand has no such link.
        """
        link = await self._links.get(self.brand, link_id)
        if link is None:
            raise NotFound("There is no such link.")
        await self._links.revoke(link, self._entry(Action.PERSON_LINK_REVOKED, link.recipient, link=link.id))

    @property
    def _links(self) -> DeskLinks:
        return self._open.ledger.desk_links

    async def _made_before(self, link: DeskLinkSeen) -> DeskLinkSeen:
        """The link that was made by the first of two calls."""
        stored = await self._links.get(link.brand, link.id)
        if stored is None or stored.recipient != link.recipient:
            raise NotFound("There is no such link.")
        return stored


def new_link_id() -> str:
    """`dsk_` and 80 random bits."""
    return f"dsk_{os.urandom(10).hex()}"

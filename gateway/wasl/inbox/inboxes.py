"""All that a person's app asks of their feed, with a token in place of an API key.

What they did with an item is told to the ledger as a provider's receipt would be, by the same path, before it is kept in the feed: so
after a crash it can be told again, and counts once.
"""

import asyncio
import re
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import NamedTuple

from wasl import tokens
from wasl.clock import micros, moment
from wasl.config import Config
from wasl.config.inbox import InboxSection
from wasl.errors import NotFound, Problem, Refused, Unauthenticated
from wasl.ids import new_callback_id
from wasl.inbox.seen import CountsSeen, InboxToken, ItemSeen, ItemsSeen, counts_seen, item_id, item_seen
from wasl.inbox.watching import Watcher, Watching
from wasl.keys import KeyRing
from wasl.ledger.callbacks import Arrival, Callbacks
from wasl.ledger.inbox import MOST, Item, Owner, Step
from wasl.ledger.ledger import Ledger
from wasl.ledger.reports import Attempted, Report
from wasl.receipts.sealing import sealed
from wasl_contracts import Callback, EventKind

_PURPOSE = "inbox"
_ITEM = re.compile(r"itm_([0-9a-f]{1,64})_([0-9]{1,6})")
_NUMBER = re.compile(r"[0-9]{1,18}")
_TOLD: dict[Step, EventKind] = {"delivered": "delivered", "seen": "seen", "read": "read"}


class Whose(NamedTuple):
    """Whose feed a token opens, and until when (microseconds)."""

    owner: Owner
    until: int


class Inboxes:
    """The feeds of a gateway."""

    def __init__(self, ledger: Ledger, callbacks: Callbacks, watching: Watching, ring: KeyRing, section: InboxSection) -> None:
        self._inbox, self._clock = ledger.inbox, ledger.clock
        self._callbacks = callbacks
        self._watching = watching
        self._ring = ring
        self._section = section

    def token(self, brand: str, owner: str) -> InboxToken:
        """A token for somebody's feed."""
        until = self._clock.now() + self._section.token_life
        told: dict[str, str | int] = {"brand": brand, "owner": owner, "until": micros(until)}
        return InboxToken(token=tokens.issue(self._ring, _PURPOSE, told), expires_at=until)

    def whose(self, token: str) -> Whose:
        """Whose feed it opens.

        Raises:
            Unauthenticated: it is not ours, or its time is over.
        """
        told = tokens.read(self._ring, _PURPOSE, token)
        if told is None or int(told["until"]) <= micros(self._clock.now()):
            raise Unauthenticated(
                "The token for the feed is wrong, or its time is over.",
                suggested_action="Ask your server for a new one; it gets it from POST /v1/recipients/{id}/inbox-token.",
            )
        return Whose((str(told["brand"]), str(told["owner"])), int(told["until"]))

    def holds(self, whose: Whose) -> bool:
        """Whether the token still holds."""
        return micros(self._clock.now()) < whose.until

    async def page(self, whose: Whose, *, limit: int, cursor: str | None, archived: bool) -> ItemsSeen:
        """Items, newest first. Raises Refused for a cursor that is none."""
        newest = (await self._inbox.newest([whose.owner])).get(whose.owner, 0)
        items = await self._inbox.page(whose.owner, _number(cursor, "cursor"), limit + 1, archived=archived)
        counts = await self._inbox.counts(whose.owner)
        following = str(items[limit - 1].number) if len(items) > limit else None
        data = tuple(map(item_seen, items[:limit]))
        return ItemsSeen(data=data, next_cursor=following, unread=counts.unread, unseen=counts.unseen, revision=newest)

    async def counts(self, whose: Whose) -> CountsSeen:
        """How many are unread, and unseen."""
        return counts_seen(await self._inbox.counts(whose.owner))

    async def take(self, whose: Whose, step: Step, item: str) -> ItemSeen:
        """Take a step with an item; again is as good as once. Raises NotFound for an item that is not in this feed."""
        match = _ITEM.fullmatch(item)
        key = (f"msg_{match[1]}", int(match[2])) if match is not None else ("", 0)
        found = await self._inbox.one(whose.owner, *key)
        if found is None:
            raise NotFound("There is no such item in this feed.")
        if not found.took(step):
            await self._take(whose.owner, step, [found])
            found = await self._inbox.one(whose.owner, *key) or found
        return item_seen(found)

    async def take_all(self, whose: Whose, step: Step, until: str | None) -> CountsSeen:
        """Take a step with every item up to a place that is not archived. Raises Refused for a place that is none."""
        place = _number(until, "until")
        while items := await self._inbox.without(whose.owner, step, place):
            await self._take(whose.owner, step, items)
            if len(items) < MOST:
                break
        return await self.counts(whose)

    async def changed(self, whose: Whose, after: int) -> list[Item]:
        """What came or changed after a revision, in that order, at most 200."""
        return await self._inbox.changed(whose.owner, after, MOST)

    async def place(self, whose: Whose, after: str | None) -> int:
        """The revision from which on something is new. Raises Refused for one that is none."""
        if (given := _number(after, "after")) is not None:
            return given
        return (await self._inbox.newest([whose.owner])).get(whose.owner, 0)

    def watching(self, whose: Whose) -> AbstractAsyncContextManager[Watcher]:
        """Follow a feed. Raises TooManyListeners."""
        return self._watching.watching(whose.owner)

    def end(self) -> None:
        """Let all who follow their feed end."""
        self._watching.end()

    async def _take(self, owner: Owner, step: Step, items: list[Item]) -> None:
        at = micros(self._clock.now())
        if (kind := _TOLD.get(step)) is not None:
            await asyncio.gather(*(self._callbacks.put(self._arrival(owner[0], kind, item, at)) for item in items))
        await self._inbox.take(owner, step, items, at)
        self._watching.wake()

    def _arrival(self, brand: str, kind: EventKind, item: Item, at: int) -> Arrival:
        """What the person did, as a provider would tell it; the same again is recognised."""
        name, path = new_callback_id(at), f"/inbox/v1/items/{item_id(item.message_id, item.delivery)}:{kind}"
        key = item.message_id[4:] + self._ring.hash(f"inbox|{brand}|{item.delivery}|{item.attempt}|{kind}|{item.message_id}")
        call = Attempted(item.message_id, item.delivery, item.attempt)
        report = Report(provider=item.provider, key=key, kind=kind, at=at, attempted=call)
        raw = sealed(self._ring, item.provider, name, Callback("POST", path, {}, b"", moment(at)))
        return Arrival(name, item.provider, at, raw, key, (report,))


def _number(text: str | None, name: str) -> int | None:
    if text is None or _NUMBER.fullmatch(text):
        return int(text) if text is not None else None
    raise Refused([Problem(pointer=f"/{name}", code="bad_place", message="is not a place in the feed; take it from an answer")])


def inboxes(config: Config, ledger: Ledger, callbacks: Callbacks, ring: KeyRing, stack: AsyncExitStack) -> Inboxes:
    """The feeds of a gateway; `stack` closes them."""
    watching = Watching(ledger.inbox, config.inbox.streams, ledger.feed.on_told)
    stack.push_async_callback(watching.close)
    return Inboxes(ledger, callbacks, watching, ring, config.inbox)

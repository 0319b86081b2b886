"""Following what happens: events as they come, or since an earlier one. Gateway has these verbs too."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import asynccontextmanager

from wasl.errors import Problem, Refused
from wasl.event_types import EVENT_TYPES
from wasl.feed.listeners import Listener
from wasl.feed.seen import BEGINNING, HEARTBEAT, FeedEvent, Wanted
from wasl.forwarding import Forwarding, forwarding
from wasl.inboxing import Inboxing
from wasl.ledger.feed import START, Cursor
from wasl.notifying import Notifying
from wasl.problems import did_you_mean, validated


class Following(Inboxing, Notifying):
    """The verbs of the feed."""

    async def events(
        self, *, after: str | None = None, types: Collection[str] = (), message: str | None = None, recipient: str | None = None
    ) -> AsyncGenerator[FeedEvent, None]:
        """What happens to the messages of this brand, in one order for everybody, without an end: `async for event in gateway.events()`.

        From when the first one is asked for; with `after`, the id of an event, from there; with `after="start"` all that is kept.
        An event may come again, with another id, after the database was away.

        Raises:
            Refused: there is no such type, or `after` is not the id of an event.
            Gone: what came after that event is not kept any more.
            LedgerUnavailable: they cannot be read just now; go on after the last one that came.
            TooManyListeners.
        """
        async with self.listening(after=after, types=types, message=message, recipient=recipient) as listener:
            while not listener.ended:
                for event in await listener.take(HEARTBEAT.total_seconds()):
                    yield event

    @asynccontextmanager
    async def listening(
        self, *, after: str | None = None, types: Collection[str] = (), message: str | None = None, recipient: str | None = None
    ) -> AsyncIterator[Listener]:
        """As `events`, in portions, with the place up to which they were told."""
        wanted = validated(Wanted, {"types": checked_types(types), "message": message, "recipient": recipient})
        async with self._open.listeners.listening(self.brand, wanted, _place(after)) as listener:
            yield listener

    @asynccontextmanager
    async def forwarding(self, url: str, secret: str) -> AsyncIterator[Forwarding]:
        """Posts events of this brand to a URL, signed with `whsec_…`, as a webhook would get them; it may be of this machine.

        Raises:
            Refused: the URL is none that is asked, or the secret is none.
        """
        ledger = self._open.ledger
        async with forwarding(self.config, ledger.webhooks, ledger.clock, self.brand, (url, secret)) as poster:
            yield poster

    def end_listening(self) -> None:
        """Let all who listen end: this process is about to."""
        self._open.listeners.end()
        self._open.inboxes.end()


def checked_types(types: Collection[str]) -> Collection[str]:
    """These types; raises Refused where one is none."""
    for one in types:
        if one not in EVENT_TYPES:
            hint = did_you_mean(one, EVENT_TYPES) or f"; there are: {', '.join(EVENT_TYPES)}"
            told = f"has a type that does not exist{hint}"
            raise Refused([Problem(pointer="/type", code="bad_value", message=told)])
    return types


def _place(after: str | None) -> Cursor | None:
    if after is None or after == BEGINNING:
        return START if after else None
    try:
        return Cursor.parse(after)
    except ValueError:
        told = f'is not the id of an event; give the id of the last one that came, or "{BEGINNING}"'
        raise Refused([Problem(pointer="/after", code="bad_cursor", message=told)]) from None

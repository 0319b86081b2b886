"""Putting the feeds of a gateway together."""

from contextlib import AsyncExitStack

from wasl.config.inbox import InboxSection
from wasl.inbox.inboxes import Inboxes
from wasl.inbox.watching import Watching
from wasl.keys import KeyRing
from wasl.ledger.callbacks import Callbacks
from wasl.ledger.ledger import Ledger


def inboxes(section: InboxSection, ledger: Ledger, callbacks: Callbacks, ring: KeyRing, stack: AsyncExitStack) -> Inboxes:
    """The feeds; `stack` closes them."""
    watching = Watching(ledger.inbox, section.streams, ledger.feed.on_told)
    stack.push_async_callback(watching.close)
    return Inboxes(ledger, callbacks, watching, ring, section)

"""The in-app feed: whom the application lets read it. Gateway has these verbs too."""

from wasl.branded import Branded
from wasl.errors import Problem, Refused
from wasl.inbox.inboxes import Inboxes
from wasl.inbox.seen import InboxToken

_LONGEST = 255


class Inboxing(Branded):
    """The verbs of the feed; what the person's own app asks is in inbox/inboxes.py."""

    @property
    def inboxes(self) -> Inboxes:
        """The feeds, for whoever has a token."""
        return self._open.inboxes

    def inbox_token(self, recipient_id: str) -> InboxToken:
        """A token with which this person's browser or app reads their feed, as long as `token_life` of `[inbox]` says.

        Raises:
            Refused: that cannot be the id of a recipient.
        """
        if not 0 < len(recipient_id) <= _LONGEST or not recipient_id.isprintable():
            raise Refused([Problem(pointer="/id", code="bad_recipient", message="is not the id of a recipient")])
        return self.inboxes.token(self.brand, recipient_id)

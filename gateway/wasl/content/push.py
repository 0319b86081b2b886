"""A notification on a device."""

from wasl.content.actions import actions
from wasl.content.cutting import cut
from wasl.content.plain import body, title
from wasl.content.written import Written
from wasl_contracts.content import Push

_LONGEST_TITLE = 200
_LONGEST_BODY = 1000


def push(written: Written) -> Push:
    """Title and text, cut to what a lock screen can show; a tap opens the first action."""
    first = next(iter(actions(written)), None)
    return Push(title=cut(title(written), _LONGEST_TITLE), body=cut(body(written), _LONGEST_BODY), url=first.url if first else None)

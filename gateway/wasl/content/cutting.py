"""Cutting text to a length without tearing what people see as one character, nor a link. Where a character begins: `wasl_contracts`."""

from bisect import bisect_right
from collections.abc import Callable

from wasl.content.bidi import FSI, PDI
from wasl_contracts.graphemes import boundary
from wasl_contracts.length import LINK

Measure = Callable[[str], int]


def cut(text: str, limit: int, measure: Measure = len) -> str:
    """At most `limit` of the text, with an ellipsis where something is missing and no isolate left open.

    `measure` tells how long a text is for whoever takes it (`wasl_contracts.length`); an ellipsis is one there.
    """
    if measure(text) <= limit:
        return text
    end = _outside_links(text, _most(text, limit - measure("…"), measure))
    while True:
        while end > 0 and not boundary(text, end):
            end -= 1
        kept = text[:end].rstrip()
        still_open = max(0, kept.count(FSI) - kept.count(PDI))
        ended = f"{kept}{PDI * still_open}…"
        if not kept or measure(ended) <= limit:
            return ended if measure(ended) <= limit else ""
        end -= 1


def _most(text: str, room: int, measure: Measure) -> int:
    """How many of its characters fit. What does not is looked at in steps: a text may be much longer than what fits."""
    if measure is len:
        return max(0, room)
    beyond = max(1, room)
    while beyond < len(text) and measure(text[:beyond]) <= room:
        beyond *= 2
    return bisect_right(range(min(beyond, len(text))), room, key=lambda end: measure(text[:end])) - 1


def _outside_links(text: str, end: int) -> int:
    """The same place, or the start of the link that it is in. A text that is one link has to be torn: its reader sees the ellipsis."""
    link = next((link for link in LINK.finditer(text) if link.start() < end < link.end()), None)
    return (link.start() if link else 0) or end

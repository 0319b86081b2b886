"""A message's actions with the data in them: those whose link is a web link."""

from collections.abc import Sequence

from wasl.content.cutting import cut
from wasl.content.links import is_web_link
from wasl.content.plain import INK
from wasl.content.sandbox import Fill
from wasl.content.written import Source, Written
from wasl_contracts.content import Action


def actions(written: Written) -> tuple[Action, ...]:
    """The actions that can be followed; a label that came out empty is the link itself."""
    found = []
    for label, url in written.source.form(_actions):
        if is_web_link(link := url(written.data)):
            text = " ".join(label(written.data).split())
            found.append(Action(label=cut(text or link, 80), url=link))
    return tuple(found)


def _actions(source: Source) -> Sequence[tuple[Fill, Fill]]:
    return [(source.fill(label, INK), source.fill(url, INK)) for label, url in source.actions]

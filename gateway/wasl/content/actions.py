"""A message's actions with the data in them: those whose link is a web link."""

from collections.abc import Sequence

from wasl.content.cutting import cut
from wasl.content.plain import INK, with_way_out
from wasl.content.sandbox import Fill
from wasl.content.unseen import one_line
from wasl.content.written import Source, Written
from wasl_contracts.content import Action
from wasl_contracts.links import web_link


def actions(written: Written) -> tuple[Action, ...]:
    """The actions that can be followed; a label that came out empty is the link itself."""
    found = []
    for label, url in written.source.form(_actions):
        if link := web_link(url(written.data)):
            text = one_line(label(written.data))
            found.append(Action(label=cut(text or link, 80), url=link))
    return tuple(found)


def below(written: Written, found: Sequence[Action], room: int) -> str:
    """What stands below a text: these actions, as in plain text, as many as there is room for; and a promotional message's way out."""
    gap = "\n" if written.source.direction == "rtl" else " "  # see plain.py
    text = ""
    for action in found:
        line = f"{action.label}:{gap}{action.url}"
        if len(text) + len(line) + 2 > room:
            break
        text += f"\n{line}" if text else f"\n\n{line}"
    return with_way_out(written, text)


def _actions(source: Source) -> Sequence[tuple[Fill, Fill]]:
    return [(source.fill(label, INK), source.fill(url, INK)) for label, url in source.actions]

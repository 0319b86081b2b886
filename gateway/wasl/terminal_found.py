"""What a search found as people read it in a terminal, and what of a query could not be read."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from wasl.searching.seen import MessageFound, SearchPage
from wasl.searching.tokens import Spot
from wasl.terminal import offset, state


def found(messages: Iterable[MessageFound], now: datetime) -> Table:
    """Messages, one a row."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for name in ("Id", "State", "To", "Channel", "Template", "Age", "Reason"):
        table.add_column(name, no_wrap=name == "Id")
    for one in messages:
        to = (one.address or "–") if one.recipient.startswith("anon_") else one.recipient
        age = offset(now - one.created_at).removeprefix("+")
        why = one.reason.sentence if one.reason is not None else ""
        channel = one.channel or ", ".join(one.channels)
        table.add_row(one.id, state(one.state), Text(to), channel, one.template or "–", age, Text(f"{one.code or ''} {why}".strip()))
    return table


def told(page: SearchPage) -> str:
    """What was searched, and how to see more."""
    said = []
    if not page.data:
        said.append("No message fits.")
    if page.searched.window:
        said.append("Words are looked for in the last 30 days.")
    if page.searched.goes_on and page.searched.back_to is not None:
        said.append(f"Searched back to {page.searched.back_to.astimezone():%Y-%m-%d %H:%M}; narrow it down with after: and before:.")
    elif page.older:
        said.append("There are more: --limit.")
    elif page.data:
        said.append("One of them: wasl messages show ID")
    return " ".join(said)


def pointed(query: str, spots: Sequence[Spot]) -> str:
    """The query with each mistake underlined, and what may have been meant."""
    shown = "".join(c if c.isprintable() else " " for c in query)
    lines = [shown]
    for spot in spots:
        lines.append(f"{' ' * spot.start}{'^' * max(1, spot.end - spot.start)}")
        lines.append(f"The query {spot.message}")
    return "\n".join(lines)

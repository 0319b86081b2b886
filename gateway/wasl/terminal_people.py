"""A person as people read them in a terminal: at a glance, and what happened to them."""

from collections.abc import Iterable

from rich.console import Group
from rich.table import Table
from rich.text import Text

from wasl.person_seen import PersonEntry, PersonSeen


def glance(seen: PersonSeen) -> Group:
    """Who they are, what holds, and when they last heard of us."""
    who = Text.assemble((seen.id, "bold"), f"  {seen.audience}")
    for name, value in (("locale", seen.locale), ("time zone", seen.timezone), ("prefers", ", ".join(seen.preferred))):
        if value:
            who.append(f" · {name} {value}")
    lines: list[Text | Table] = [who, *(Text(f"  {address}") for address in seen.addresses)]
    if seen.erased_at is not None:
        lines.append(Text(f"Erased {seen.erased_at:%Y-%m-%d %H:%M:%S} UTC ({seen.erased_because}); this is what is left.", "yellow"))
    states = ", ".join(f"{count} {state}" for state, count in seen.deliveries.items())
    last = f"{seen.last_contact_at:%Y-%m-%d %H:%M:%S} UTC" if seen.last_contact_at is not None else "never"
    lines.append(Text(f"{seen.messages} messages ({states})" if states else "No messages"))
    lines.append(Text(f"Last contact: {last}"))
    for listed in seen.suppressions:
        scope = f" for {listed.scope}" if listed.scope else ""
        lines.append(
            Text(f"Suppressed{scope}: {listed.channel} {listed.address}, {listed.reason}, since {listed.since:%Y-%m-%d}", "yellow")
        )
    if seen.consent is not None and seen.consent.rows:
        lines += [Text(""), _consents(seen)]
    return Group(*lines)


def entries(found: Iterable[PersonEntry]) -> Table:
    """What happened, newest first."""
    table = Table("When (UTC)", "What", "Message", "Facts", box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for entry in found:
        facts = ", ".join(f"{name} {_short(value)}" for name, value in entry.facts.items())
        table.add_row(f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.type, entry.message or "–", Text(facts))
    return table


def _consents(seen: PersonSeen) -> Table:
    table = Table("Topic", "Channel", "May go", "They said", box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for one in seen.consent.effective if seen.consent is not None else ():
        table.add_row(one.topic, one.channel, "yes" if one.allowed else f"no: {one.reason}", "–" if one.state == "none" else one.state)
    return table


def _short(value: object) -> str:
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return "; ".join(f"{one.get('channel')}: {'chosen' if one.get('chosen') else one.get('reason') or 'possible'}" for one in value)
    return str(value)

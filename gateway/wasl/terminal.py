"""A message as people read it in a terminal: where it is and why, its deliveries, what happened, and what was decided."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from rich.console import Group
from rich.table import Table
from rich.text import Text

from wasl.answers import CostSeen, DeliverySeen, MessageSeen, MessageSummary, RecipientSeen, TimelineEntry
from wasl.decision_seen import CandidateSeen, VerdictSeen
from wasl.origins import OriginSeen
from wasl_contracts import Reason, State

_COLOURS = {
    State.SENT: "green",
    State.DELIVERED: "green",
    State.ACCEPTED: "cyan",
    State.SCHEDULED: "cyan",
    State.SENDING: "cyan",
    State.UNKNOWN: "yellow",
    State.WITHHELD: "yellow",
}
_RULES = {
    "same_key": "the provider recognises a repetition",
    "look_up": "the provider was asked what became of it",
    "until_expiry": "its topic is sent again until it expires",
    "once": "its topic is sent again once",
    "never": "its topic is never sent again",
    "superseded": "a newer message replaced it",
    "expired": "its life has ended",
    "erased": "the person was erased",
    "receipt": "the provider reported it",
}
_ANSWERS = {
    "answer.receipt": "took it",
    "answer.rejected": "refused it",
    "answer.unavailable": "could not take it",
    "answer.unknown": "gave no proof",
}


def whole(seen: MessageSeen) -> Group:
    """Everything about one message."""
    facts = f"To {person(seen.to)} · topic {seen.topic} ({seen.category})"
    if seen.template:
        facts += f" · template {seen.template}"
    if seen.superseded_by:
        facts += f" · replaced by {seen.superseded_by}"
    created = f"Accepted {seen.created_at.astimezone():%Y-%m-%d %H:%M:%S %Z} · expires {seen.expires_at.astimezone():%Y-%m-%d %H:%M %Z}"
    if seen.origin is not None:
        created += f" · {asked(seen.origin)}"
    blank = Text("")
    return Group(heading(seen), Text(facts), Text(created, "dim"), blank, deliveries(seen), blank, timeline(seen), blank, *decisions(seen))


def heading(seen: MessageSeen) -> Text:
    """Id, state and, where there is one, the reason with who can fix it and the next step."""
    text = Text.assemble((seen.id, "bold"), "  ", state(seen.state), *(f"  {mark.replace('_', ' ')}" for mark in seen.marks))
    if seen.reason is not None:
        text.append(f"\n{seen.reason.sentence}")
        if seen.reason.who_can_fix != "nobody":
            text.append(f" Who can fix it: {seen.reason.who_can_fix}.")
        text.append(f" {seen.reason.next_step}")
    return text


def state(found: State) -> Text:
    """A state in its colour, which says no more than the word."""
    return Text(found.value, _COLOURS.get(found, "red"))


def person(to: RecipientSeen) -> str:
    """Who it is for: the caller's own id, or the masked addresses of somebody without one."""
    addresses = ", ".join(to.addresses)
    if to.id.startswith("anon_"):
        return addresses
    return f"{to.id} ({addresses})" if addresses else to.id


def asked(origin: OriginSeen) -> str:
    """Who asked for it: `by the API key web-backend, request req_…`."""
    name = origin.name or origin.id
    told = {
        "key": f"by the API key {name}",
        "user": f"by {name} at the console",
        "cli": f"by {name} at the command line",
        "app": "by the application, in process",
    }
    by = told.get(origin.kind, "by wasl itself")
    return f"{by}, request {origin.request}" if origin.request else by


def deliveries(seen: MessageSeen) -> Table:
    """One row for each way in which it went."""
    costs = any(delivery.cost is not None for delivery in seen.deliveries)
    table = _table("Channel", "Provider", "Address", "State", "Attempts", *(("Cost",) if costs else ()), "Reason")
    for delivery in seen.deliveries:
        attempts = str(len(delivery.attempts) or "–")
        address = Text(delivery.address or "–")
        cost = ((cost_words(delivery.cost) if delivery.cost else "–"),) if costs else ()
        why = _why(delivery.reason, None)
        table.add_row(delivery.channel or "–", delivery.provider or "–", address, state(delivery.state), attempts, *cost, why)
    return table


def cost_words(cost: CostSeen) -> str:
    """`2 segments (ucs2), 0.084 SAR`."""
    unit = "unit" if cost.encoding is None else "segment"
    counted = f"{cost.units} {unit}{'' if cost.units == 1 else 's'}{f' ({cost.encoding})' if cost.encoding else ''}"
    return f"{counted}, {cost.amount} {cost.currency}" if cost.amount is not None else counted


def timeline(seen: MessageSeen) -> Table:
    """What happened, and how long after acceptance."""
    channels = {delivery.id: delivery for delivery in seen.deliveries}
    table = _table("After", "Channel", "What happened", "Details")
    for entry in seen.timeline:
        delivery = channels.get(entry.delivery or "")
        what, details = _happening(entry, delivery)
        table.add_row(offset(entry.at - seen.created_at), (delivery and delivery.channel) or "", what, Text(details))
    return table


def decisions(seen: MessageSeen) -> Iterable[Text]:
    """For each candidate, what every policy said: ✓ nothing against it, ✕ not this way, … not yet."""
    for decision in seen.decisions:
        for candidate in decision.candidates:
            yield _candidate(candidate)


def listing(summaries: Iterable[MessageSummary], now: datetime) -> Table:
    """Messages, one a row."""
    table = _table("Id", "State", "To", "Channels", "Template", "Age", "Reason")
    table.columns[0].no_wrap = True
    for one in summaries:
        to = person(one.to) if one.to.id.startswith("anon_") else one.to.id
        channels = ", ".join(one.channels)
        age = offset(now - one.created_at).removeprefix("+")
        table.add_row(one.id, state(one.state), Text(to), channels, one.template or "–", age, _why(one.reason, None))
    return table


def offset(after: timedelta) -> str:
    """A duration in the unit in which people would say it."""
    seconds = max(after.total_seconds(), 0)
    if seconds < 10:
        return f"+{seconds:.2f} s"
    for unit, size, until in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if seconds < until:
            return f"+{seconds / size:.0f} {unit}"
    return f"+{seconds / 86_400:.0f} d"


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold", no_wrap=name in ("After", "Channel", "Provider", "State", "Age"))
    return table


def _happening(entry: TimelineEntry, delivery: DeliverySeen | None) -> tuple[Text, str]:
    facts = entry.facts
    code = facts.get("code")
    why = _why(facts.get("reason"), str(code) if code else None)
    if entry.type == "accepted":
        return Text("accepted"), f"topic {facts.get('topic')}, mode {facts.get('mode')}"
    if entry.type == "sending":
        return Text(f"asked {facts.get('provider')}"), f"attempt {facts.get('attempt')}"
    if entry.type in _ANSWERS:
        ref = facts.get("provider_ref")
        attempt = next((one for one in delivery.attempts if one.number == facts.get("attempt")), None) if delivery else None
        colour = "green" if entry.type == "answer.receipt" else "red"
        what = Text(f"{attempt.provider if attempt else 'provider'} {_ANSWERS[entry.type]}", colour)
        return what, why or (f"its reference: {ref}" if ref else "")
    if entry.type == "escalated":
        unproved = f"{facts.get('before')} was {facts.get('proof')}"
        return Text("escalated", "yellow"), f"No proof came in time that {unproved}, so the next channel goes."
    until = facts.get("until")
    later = offset(datetime.fromisoformat(str(until)) - entry.at).removeprefix("+") if until else ""
    if facts.get("reason") == Reason.AWAITING_PROOF:
        return state(State.SCHEDULED), f"Goes {later} later, unless {facts.get('before')} is {facts.get('proof')} by then."
    when = f" Again {later} later." if until else ""
    rule = f" By the rule: {_RULES.get(str(facts['rule']), facts['rule'])}." if "rule" in facts else ""
    known = entry.type in set(State)
    return state(State(entry.type)) if known else Text(entry.type.replace("_", " ")), f"{why}{when}{rule}".strip()


def _why(reason: object, code: str | None) -> str:
    if not isinstance(reason, str) or not reason:
        return ""
    found = Reason(reason)
    return f"{found.sentence} [{code}]" if code else found.sentence


def _candidate(candidate: CandidateSeen) -> Text:
    chosen = "chosen" if candidate.chosen else "not used"
    text = Text.assemble((candidate.channel, "bold"), f" {candidate.address or '–'} ({chosen}):")
    for verdict in candidate.verdicts:
        text.append("  ")
        text.append(*_verdict(verdict))
    if not candidate.verdicts and candidate.reason is not None:
        text.append(f"  ✕ {candidate.reason.sentence}", "red")
    if candidate.counterfactual is not None:
        text.append(f"  {candidate.counterfactual.sentences['en']}")
    return text


def _verdict(verdict: VerdictSeen) -> tuple[str, str]:
    if verdict.verdict == "allow":
        return f"✓ {verdict.policy}", "green"
    seen = ", ".join(f"{name} {value}" for name, value in verdict.inputs.items())
    sign, colour = ("✕", "red") if verdict.verdict == "withhold" else ("…", "yellow")
    return f"{sign} {verdict.policy}: {_why(verdict.reason, None)} (by {verdict.source}; {seen})", colour

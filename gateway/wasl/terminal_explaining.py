"""An explanation as people read it in a terminal: what would become of it, and for each way what every rule says."""

from collections.abc import Iterator

from rich.console import Group
from rich.text import Text

from wasl.decision_seen import CandidateSeen, ProviderConsidered, VerdictSeen
from wasl.explanations import Escalates, Explanation
from wasl.terminal import cost_words, offset
from wasl_contracts import Reason

_SIGNS = {"allow": ("✓", "green"), "withhold": ("✕", "red"), "defer": ("…", "yellow")}
_STOOD = {"chosen": ("→", "green"), "usable": ("✓", "green"), "resting": ("…", "yellow"), "refused": ("✕", "red"), "passed": ("–", "dim")}


def explained(explanation: Explanation) -> Group:
    """The answer, the route, and the rules of each way."""
    colour = {"send": "green", "defer": "yellow"}.get(explanation.verdict, "red")
    lines = [Text(f"{explanation.verdict}: {explanation.sentences['en']}", colour)]
    if explanation.reason is not None and explanation.reason.who_can_fix != "nobody":
        lines.append(Text(f"Who can fix it: {explanation.reason.who_can_fix}. {explanation.reason.next_step}"))
    if explanation.cost is not None:
        lines.append(Text(f"Costs {cost_words(explanation.cost)}."))
    route = explanation.route
    lines.append(Text(f"Route: {route.mode} of {', '.join(route.channels)} (by {route.source}), topic {explanation.topic}", "dim"))
    for delivery in explanation.deliveries:
        lines += [_escalation(one, explanation) for one in delivery.escalations]
        for candidate in delivery.decision.candidates:
            lines += _candidate(candidate)
    if explanation.assumptions:
        lines.append(Text(f"Taken for granted: {', '.join(one.replace('_', ' ') for one in explanation.assumptions)}.", "dim"))
    return Group(*lines)


def _escalation(one: Escalates, explanation: Explanation) -> Text:
    proof = "read" if explanation.route.until == "read" else "delivered"
    return Text(f"Then {one.channel} {offset(one.at - explanation.at).removeprefix('+')} later, unless it is {proof} by then")


def _candidate(candidate: CandidateSeen) -> Iterator[Text]:
    yield Text.assemble((candidate.channel, "bold"), f" {candidate.address or '–'}")
    if candidate.address is None and candidate.reason is not None:
        yield _line("✕", "red", candidate.reason.sentence, candidate)
    for verdict in candidate.verdicts:
        sign, colour = _SIGNS[verdict.verdict]
        why = f": {verdict.reason.sentence}" if verdict.reason is not None else ""
        yield _line(sign, colour, f"{verdict.policy}{why} (by {verdict.source}; {_inputs(verdict)})", verdict)
    for provider in candidate.providers:
        sign, colour = _STOOD[provider.verdict]
        yield _line(sign, colour, f"provider {provider.name} {provider.verdict}{_because(provider.reason)}", provider)


def _line(sign: str, colour: str, said: str, seen: VerdictSeen | CandidateSeen | ProviderConsidered) -> Text:
    change = f" {seen.counterfactual.sentences['en']}" if seen.counterfactual is not None else ""
    return Text.assemble("  ", (sign, colour), f" {said}", (change, "bold"))


def _because(reason: Reason | None) -> str:
    return f": {reason.sentence}" if reason is not None else ""


def _inputs(verdict: VerdictSeen) -> str:
    return ", ".join(f"{name} {value}" for name, value in verdict.inputs.items())

"""Whether the routes that escalate can: mistakes that would keep them from it, and warnings of what will always take its whole time."""

from collections.abc import Iterator, Mapping

from wasl.config.file import Config, Route
from wasl.config.mistakes import Findings, listed
from wasl.config.topics import LIFE
from wasl_contracts.duration import written
from wasl_contracts.provider import ProviderSpec


def check_escalation(config: Config, specs: Mapping[str, ProviderSpec], findings: Findings) -> None:
    """Add a finding for each route that can never escalate, or on which a proof can never come."""
    for name, route in config.routes.items():
        if route.until == "sent":
            if "escalate_after" in route.model_fields_set:
                findings.add(("routes", name, "escalate_after"), 'does nothing without until; write until = "delivered" or "read"')
        elif route.mode == "all":
            findings.add(("routes", name, "until"), 'does nothing with mode = "all": there is no next channel; write mode = "first"')
        else:
            _check_proofs(name, route, config, specs, findings)
    _check_lives(config, findings)


def _check_proofs(name: str, route: Route, config: Config, specs: Mapping[str, ProviderSpec], findings: Findings) -> None:
    if len(route.channels) == 1:
        findings.warn(("routes", name, "until"), f"has no channel to go on to after {route.channels[0]}; add one to channels")
    silent = [channel for channel in route.channels[:-1] if channel in config.channels and not _proves(route, channel, config, specs)]
    if silent:
        said = f"waits for a proof that no provider of {listed(silent)} ever gives: the next channel always goes after the whole time"
        findings.warn(("routes", name, "until"), said)


def _proves(route: Route, channel: str, config: Config, specs: Mapping[str, ProviderSpec]) -> bool:
    """Whether some provider of the channel can prove what the route asks for. That somebody read it is told where anything is."""
    able = [specs[name].capabilities for name in config.channels[channel] if name in specs]
    return any(can.receipts and (route.until == "read" or can.confirms_in_seconds is not None) for can in able)


def _check_lives(config: Config, findings: Findings) -> None:
    for name, route in _escalating(config):
        for topic, about in config.topics.items():
            life = about.expires_in or LIFE[about.category]
            if about.route == name and route.escalate_after != "smart" and route.escalate_after >= life:
                after, lives = written(route.escalate_after), written(life)
                said = f"escalates after {after}, but messages about {topic} live {lives}, so these never do; shorten escalate_after"
                findings.warn(("routes", name, "escalate_after"), said)


def _escalating(config: Config) -> Iterator[tuple[str, Route]]:
    return ((name, route) for name, route in config.routes.items() if route.escalation is not None)

"""The channels and routes that hold where the configuration is silent, and whether providers stand under their channel."""

from collections.abc import Mapping

from wasl.config.escalation import check_escalation
from wasl.config.file import Config, Route
from wasl.config.mistakes import Findings
from wasl_contracts.provider import ProviderSpec


def completed(config: Config, specs: Mapping[str, ProviderSpec], findings: Findings) -> Config:
    """The configuration with its channels and routes filled in; `specs` are those of its providers, by their names.

    Without channels, all providers are grouped by the channel that they carry. A route without channels, and the route `default`,
    use all channels but those where everybody can read.
    """
    channels = config.channels or _grouped(specs)
    _check_channels(channels, specs, findings)
    public = {spec.channel for spec in specs.values() if any(kind.audience == "public" for kind in spec.addresses)}
    usual = tuple(channel for channel in channels if channel not in public) or tuple(channels)
    routes = {"default": Route(), **config.routes}
    filled = {name: route if route.channels else route.model_copy(update={"channels": usual}) for name, route in routes.items()}
    found = config.model_copy(update={"channels": channels, "routes": filled})
    check_escalation(found, specs, findings)
    return found


def _check_channels(channels: Mapping[str, tuple[str, ...]], specs: Mapping[str, ProviderSpec], findings: Findings) -> None:
    for channel, providers in channels.items():
        for index, name in enumerate(providers):
            if name in specs and specs[name].channel != channel:
                carried = specs[name].channel
                findings.add(("channels", channel, index), f"{name} carries {carried}, not {channel}; list it under {carried}")
    for name in specs:
        if not any(name in providers for providers in channels.values()):
            findings.warn(("providers", name), f"is in no channel, so it is never used; add it to channels.{specs[name].channel}")


def _grouped(specs: Mapping[str, ProviderSpec]) -> dict[str, tuple[str, ...]]:
    channels = dict.fromkeys(spec.channel for spec in specs.values())
    return {channel: tuple(name for name, spec in specs.items() if spec.channel == channel) for channel in channels}

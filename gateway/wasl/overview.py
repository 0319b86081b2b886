"""How the configured providers do: what is configured, put together with what the workers found."""

from collections.abc import Iterable
from datetime import datetime

from wasl.answers import ProviderSeen, ProvidersSeen, WhyNot
from wasl.registry import Specs
from wasl.standing import Standing


def overview(specs: Specs, found: Iterable[Standing], now: datetime) -> ProvidersSeen:
    """Each configured provider; one that no worker has seen yet is closed."""
    standings = {standing.name: standing for standing in found}
    return ProvidersSeen(data=tuple(_seen(specs, standings.get(name, Standing(name)), now) for name in sorted(specs.plugins)))


def _seen(specs: Specs, standing: Standing, now: datetime) -> ProviderSeen:
    name, rate = standing.name, specs.rate(standing.name)
    waits = standing.state != "closed" or (standing.until is not None and standing.until > now)
    return ProviderSeen(
        name=name,
        channel=specs[name].channel,
        plugin=specs.config.providers[name].plugin,
        state=standing.state,
        reason=WhyNot.of(standing.reason, standing.code) if waits and standing.reason is not None else None,
        since=standing.since if waits else None,
        until=standing.until if waits else None,
        concurrency=specs.concurrency(name),
        rate=str(rate) if rate is not None else None,
    )

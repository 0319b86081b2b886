"""How the configured providers do: what is configured, put together with what the workers found."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from wasl.answers import ProviderSeen, ProvidersSeen, WhyNot
from wasl.registry import Specs
from wasl.standing import Standing


class Found(NamedTuple):
    """What workers found of providers: how they stand, and which are silent since when."""

    standings: Iterable[Standing]
    silent: Mapping[str, datetime]


def overview(specs: Specs, found: Found, now: datetime, seen_as: str | None = None) -> ProvidersSeen:
    """Each configured provider; one that no worker has seen yet is closed. A brand is shown those that serve it, and no other brand."""
    standings = {standing.name: standing for standing in found.standings}
    names = [name for name in sorted(specs.plugins) if seen_as is None or serves(specs, name, seen_as)]
    shown = (_seen(specs, standings.get(name, Standing(name)), now, seen_as) for name in names)
    return ProvidersSeen(data=tuple(one.model_copy(update={"silent_since": found.silent.get(one.name)}) for one in shown))


def serves(specs: Specs, provider: str, brand: str) -> bool:
    """Whether a provider carries the messages of a brand."""
    return brand in (specs.brands[provider] or (brand,))


def _shown(brands: tuple[str, ...], seen_as: str | None) -> tuple[str, ...]:
    return brands if seen_as is None or not brands else (seen_as,)


def _seen(specs: Specs, standing: Standing, now: datetime, seen_as: str | None) -> ProviderSeen:
    name, rate = standing.name, specs.rate(standing.name)
    waits = standing.state != "closed" or (standing.until is not None and standing.until > now)
    return ProviderSeen(
        name=name,
        channel=specs[name].channel,
        plugin=specs.config.providers[name].plugin,
        brands=_shown(specs.brands[name], seen_as),
        state=standing.state,
        reason=WhyNot.of(standing.reason, standing.code) if waits and standing.reason is not None else None,
        since=standing.since if waits else None,
        until=standing.tried_at if waits else None,
        concurrency=specs.concurrency(name),
        rate=str(rate) if rate is not None else None,
    )

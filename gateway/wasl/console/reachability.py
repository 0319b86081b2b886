"""Whether a person can be reached on each channel, and if not, why and since when. Nothing is sent, and no content is looked at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from wasl.answers import ProviderSeen
from wasl.consent import ConsentSeen, Effective
from wasl.person_life import AddressSeen, PersonGlance
from wasl.suppression import SuppressionSeen
from wasl_contracts import ProviderSpec, Reason


@dataclass(frozen=True, slots=True)
class Reached:
    """An address, and what holds against it: `held` is for every message, `partly` for some categories of them."""

    address: AddressSeen
    held: SuppressionSeen | None = None
    partly: tuple[SuppressionSeen, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """A channel: it reaches the person where there is no `reason` against it.

    `since` is when that began, where it is known. Of `topics` that go there so many are turned off.
    """

    channel: str
    addresses: tuple[Reached, ...]
    reason: Reason | None = None
    since: datetime | None = None
    topics: int = 0
    off: int = 0


def reaches(seen: PersonGlance, channels: Iterable[str], providers: Iterable[ProviderSeen]) -> tuple[Reach, ...]:
    """Each of these channels, in their order."""
    standing: dict[str, list[ProviderSeen]] = {}
    for provider in providers:
        standing.setdefault(provider.channel, []).append(provider)
    return tuple(_reach(seen, channel, standing.get(channel, [])) for channel in channels)


def channels_for(specs: Iterable[ProviderSpec], configured: Mapping[str, object], audience: str) -> tuple[str, ...]:
    """The configured channels that serve such an audience: nobody reaches one person on a page that everybody reads."""
    serving = {spec.channel for spec in specs for kind in spec.addresses if kind.audience == audience}
    return tuple(channel for channel in configured if channel in serving)


def _reach(seen: PersonGlance, channel: str, providers: list[ProviderSeen]) -> Reach:
    addresses = tuple(_reached(one, seen.suppressions) for one in seen.writes_to if one.channel == channel)
    asked = [one for one in (seen.consent.effective if seen.consent else ()) if one.channel == channel]
    off = [one for one in asked if not one.allowed]
    reason, since = _against(seen.consent, addresses, asked, off)
    if reason is None and providers and all(one.state != "closed" for one in providers):
        reason = providers[0].reason.code if providers[0].reason is not None else Reason.PROVIDER_FAILING
        since = providers[0].since
    return Reach(channel, addresses, reason, since, len(asked), len(off))


def _against(
    consent: ConsentSeen | None, addresses: tuple[Reached, ...], asked: list[Effective], off: list[Effective]
) -> tuple[Reason | None, datetime | None]:
    if not addresses:
        return Reason.NO_ADDRESS, None
    if all(one.held is not None for one in addresses):
        held = addresses[0].held
        return (held.reason, held.since) if held is not None else (None, None)
    if asked and len(off) == len(asked):
        return off[0].reason or Reason.CONSENT_MISSING, said_at(consent, off[0])
    return None, None


def _reached(address: AddressSeen, suppressions: Iterable[SuppressionSeen]) -> Reached:
    here = [one for one in suppressions if one.id == address.id]
    held = next((one for one in here if one.scope is None), None)
    return Reached(address, held, tuple(one for one in here if one.scope is not None))


def said_at(consent: ConsentSeen | None, one: Effective) -> datetime | None:
    """When that was said from which it follows; None where they said nothing."""
    row_id = one.source.removeprefix("consent ")
    return next((row.at for row in (consent.rows if consent is not None else ()) if row.id == row_id), None)

"""Which channels, addresses and providers a message could use, in which order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from wasl.policies.verdict import Candidate
from wasl_contracts import Address, Audience, Envelope, ProviderSpec, everybody

_Kind = tuple[str, str]
"""A channel and a kind of address."""


class _Ways(NamedTuple):
    """The providers that serve a brand, by kind of address and audience; and the kinds by which anybody may read."""

    serving: Mapping[tuple[str, str, Audience], tuple[str, ...]]
    not_private: frozenset[_Kind]


class Routing:
    """Lists candidates: for each channel of the route, the addresses that some provider of the channel serves.

    A push goes to all of a person's devices; the other channels take the first address that fits. An envelope for one person never
    gets an address whose audience is a group or the public. `brands` names those of providers that serve only some: these come before
    the providers that serve all; `served` are all brands that there are. An envelope that must have its attachments gets only providers
    that carry them.
    """

    def __init__(
        self,
        channels: Mapping[str, Sequence[str]],
        specs: Mapping[str, ProviderSpec],
        brands: Mapping[str, Sequence[str]] | None = None,
        served: Iterable[str] = ("default",),
    ) -> None:
        self.brands = frozenset(served)
        only = {name: frozenset(served) for name, served in (brands or {}).items() if served}
        self.channels = frozenset(channels)
        self._carriers = frozenset(name for name, spec in specs.items() if spec.capabilities.attachments)
        self._others = _ways(_serving(channels, only, None), specs)
        own = {brand for served in only.values() for brand in served}
        self._own = {brand: _ways(_serving(channels, only, brand), specs) for brand in own}
        self.shared: Mapping[str, Sequence[str]] = _serving(channels, only, None)
        """Each channel with the providers that serve all brands."""
        self.own = {
            channel: {brand: _serving(channels, only, brand)[channel] for name in names for brand in only.get(name, ())}
            for channel, names in channels.items()
            if any(name in only for name in names)
        }
        """Channels on which brands have providers of their own, with all that such a brand may use."""

    def addresses(self, brand: str, channel: str, audience: Audience, addresses: Sequence[Address]) -> list[Address]:
        """The addresses that a message to this audience would use on the channel."""
        if audience == "public":
            addresses = [everybody(channel)]
        serving = self._of(brand).serving
        fit = [a for a in addresses if a.channel == channel and (channel, a.kind, audience) in serving]
        return fit if channel == "push" else fit[:1]

    def first_channel(self, brand: str, channels: Sequence[str], audience: Audience, addresses: Sequence[Address]) -> str:
        """The channel that a message will most likely leave by: the first one of the route that has an address."""
        return next((channel for channel in channels if self.addresses(brand, channel, audience, addresses)), channels[0])

    def serves_others(self, brand: str, channel: str) -> bool:
        """Whether a channel has providers, but none for this brand."""
        return channel in self.own and not any(served == channel for served, _, _ in self._of(brand).serving)

    def candidates(self, envelope: Envelope, channels: Sequence[str], hashed: Callable[[Address], str]) -> list[Candidate]:
        """Every way in which the envelope could leave by these channels, in order of preference."""
        found = [
            self.candidate(envelope, address, hashed(address))
            for channel in channels
            for address in self.addresses(envelope.brand, channel, envelope.audience, envelope.addresses)
        ]
        return [candidate for candidate in found if candidate.providers] if _must_carry_files(envelope) else found

    def carries_no_files(self, envelope: Envelope, channel: str) -> bool:
        """Whether an envelope could leave by a channel, were it not for its attachments."""
        if not _must_carry_files(envelope):
            return False
        found = self.addresses(envelope.brand, channel, envelope.audience, envelope.addresses)
        return bool(found) and not any(self._providers(envelope, address) for address in found)

    def candidate(self, envelope: Envelope, address: Address, address_hash: str) -> Candidate:
        """One address as a candidate, with the providers that serve its kind."""
        ways = self._of(envelope.brand)
        return Candidate(
            envelope=envelope,
            channel=address.channel,
            address=address,
            address_hash=address_hash,
            providers=self._providers(envelope, address),
            private=(address.channel, address.kind) not in ways.not_private,
        )

    def _providers(self, envelope: Envelope, address: Address) -> tuple[str, ...]:
        serving = self._of(envelope.brand).serving.get((address.channel, address.kind, envelope.audience), ())
        return tuple(name for name in serving if name in self._carriers) if _must_carry_files(envelope) else serving

    def _of(self, brand: str) -> _Ways:
        return self._own.get(brand, self._others)


def _must_carry_files(envelope: Envelope) -> bool:
    return bool(envelope.files) and not envelope.files_optional


def _serving(channels: Mapping[str, Sequence[str]], only: Mapping[str, frozenset[str]], brand: str | None) -> dict[str, Sequence[str]]:
    """Each channel with the providers that a brand may use, its own before those of all; None is a brand without any of its own."""
    return {
        channel: [*(name for name in names if brand in only.get(name, ())), *(name for name in names if name not in only)]
        for channel, names in channels.items()
    }


def _ways(channels: Mapping[str, Sequence[str]], specs: Mapping[str, ProviderSpec]) -> _Ways:
    serving: dict[tuple[str, str, Audience], tuple[str, ...]] = {}
    not_private: set[_Kind] = set()
    for channel, names in channels.items():
        for name in names:
            for kind in specs[name].addresses:
                key = (channel, kind.kind, kind.audience)
                serving[key] = (*serving.get(key, ()), name)
                if not kind.private:
                    not_private.add((channel, kind.kind))
    return _Ways(serving, frozenset(not_private))

"""Which channels, addresses and providers a message could use, in which order."""

from collections.abc import Callable, Mapping, Sequence

from wasl.policies.verdict import Candidate
from wasl_contracts import Address, Audience, Envelope, ProviderSpec, everybody


class Routing:
    """Lists candidates: for each channel of the route, the addresses that some provider of the channel serves.

    A push goes to all of a person's devices; the other channels take the first address that fits. An envelope for one person never
    gets an address whose audience is a group or the public.
    """

    def __init__(self, channels: Mapping[str, Sequence[str]], specs: Mapping[str, ProviderSpec]) -> None:
        self.channels = frozenset(channels)
        self._serving: dict[tuple[str, str, Audience], tuple[str, ...]] = {}
        self._not_private: set[tuple[str, str]] = set()
        for channel, providers in channels.items():
            for name in providers:
                for kind in specs[name].addresses:
                    key = (channel, kind.kind, kind.audience)
                    self._serving[key] = (*self._serving.get(key, ()), name)
                    if not kind.private:
                        self._not_private.add((channel, kind.kind))

    def addresses(self, channel: str, audience: Audience, addresses: Sequence[Address]) -> list[Address]:
        """The addresses that a message to this audience would use on the channel."""
        if audience == "public":
            addresses = [everybody(channel)]
        fit = [a for a in addresses if a.channel == channel and (channel, a.kind, audience) in self._serving]
        return fit if channel == "push" else fit[:1]

    def first_channel(self, channels: Sequence[str], audience: Audience, addresses: Sequence[Address]) -> str:
        """The channel that a message will most likely leave by: the first one of the route that has an address."""
        return next((channel for channel in channels if self.addresses(channel, audience, addresses)), channels[0])

    def candidates(self, envelope: Envelope, channels: Sequence[str], hashed: Callable[[Address], str]) -> list[Candidate]:
        """Every way in which the envelope could leave by these channels, in order of preference."""
        return [
            self.candidate(envelope, address, hashed(address))
            for channel in channels
            for address in self.addresses(channel, envelope.audience, envelope.addresses)
        ]

    def candidate(self, envelope: Envelope, address: Address, address_hash: str) -> Candidate:
        """One address as a candidate, with the providers that serve its kind."""
        return Candidate(
            envelope=envelope,
            channel=address.channel,
            address=address,
            address_hash=address_hash,
            providers=self._serving.get((address.channel, address.kind, envelope.audience), ()),
            private=(address.channel, address.kind) not in self._not_private,
        )

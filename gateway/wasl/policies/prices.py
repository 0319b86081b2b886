"""What a unit costs: the operator's rows, found by provider and number. What no row tells is unknown, and never nothing."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from wasl.answers import CostSeen
from wasl.config.prices import MICROS, Price
from wasl.policies.verdict import Cost
from wasl.policies.whereabouts import of_number
from wasl_contracts import Address


class Rate(NamedTuple):
    """The price of a unit in micro units of a currency."""

    micros: int
    currency: str


class _Rows:
    """Those of a channel or of a provider."""

    def __init__(self, prices: Iterable[Price]) -> None:
        self._by_prefix: dict[str, Rate] = {}
        self._by_country: dict[str, Rate] = {}
        self._everywhere: Rate | None = None
        for price in prices:
            rate = Rate(price.micros, price.currency)
            if price.prefix is not None:
                self._by_prefix[price.prefix] = rate
            elif price.country is not None:
                self._by_country[price.country] = rate
            else:
                self._everywhere = rate
        self._lengths = sorted({len(prefix) for prefix in self._by_prefix}, reverse=True)

    def of(self, address: Address) -> Rate | None:
        """The longest prefix of the number, else its country, else what holds for all."""
        if address.kind == "phone":
            for length in self._lengths:
                if (rate := self._by_prefix.get(address.value[:length])) is not None:
                    return rate
            if self._by_country and (country := of_number(address.value)[0]) in self._by_country:
                return self._by_country[str(country)]
        return self._everywhere


class Prices:
    """All prices of a configuration; of two rows about the same, the later one holds."""

    def __init__(self, prices: Iterable[Price]) -> None:
        listed = tuple(prices)
        self._of_provider = self._grouped(listed, "provider")
        self._of_channel = self._grouped(listed, "channel")

    def of(self, channel: str, provider: str, address: Address) -> Rate | None:
        """The price of a unit by this provider to this address: its own, else that of the channel; None where it is not known."""
        own, shared = self._of_provider.get(provider), self._of_channel.get(channel)
        found = own.of(address) if own is not None else None
        return found if found is not None or shared is None else shared.of(address)

    def knows(self, channel: str, providers: Iterable[str]) -> bool:
        """Whether anything is told of what the channel, or one of these providers, costs."""
        return channel in self._of_channel or any(name in self._of_provider for name in providers)

    @staticmethod
    def _grouped(prices: Iterable[Price], by: str) -> Mapping[str, _Rows]:
        names: dict[str, list[Price]] = {}
        for price in prices:
            if (name := getattr(price, by)) is not None:
                names.setdefault(name, []).append(price)
        return MappingProxyType({name: _Rows(rows) for name, rows in names.items()})


def written(micros: int) -> str:
    """An amount of micro units as a decimal, with two digits after the point or as many more as it has."""
    amount = Decimal(micros) / MICROS
    return f"{amount:.2f}" if amount == round(amount, 2) else f"{amount.normalize():f}"


def cost_seen(cost: Cost) -> CostSeen:
    """A cost as it is shown."""
    amount = written(cost.micros) if cost.micros is not None else None
    return CostSeen(units=cost.units, encoding=cost.encoding, amount=amount, currency=cost.currency)

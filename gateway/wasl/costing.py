"""What a rendered message costs by a provider: counted in segments where it is an SMS, priced where the operator told a price."""

from typing import Final

from wasl.answers import ForcedBy, SmsCount
from wasl.config import Config
from wasl.content.segments import Segments, count, forcing, plainer
from wasl.policies.prices import Prices, cost_seen
from wasl.policies.verdict import Candidate, Cost
from wasl_contracts import Address
from wasl_contracts.content import Plain, Rendered, ShiftTable, Sms

FREE: Final = Cost()
"""One unit, of which no price is known."""
_ANYBODY: Final = Address(channel="sms", kind="anybody", value="-")


class Costing:
    """Counts and prices, as a configuration says."""

    def __init__(self, config: Config, prices: Prices) -> None:
        self._prices = prices
        self._tables: dict[str, tuple[ShiftTable, ...]] = {name: one.shift_tables for name, one in config.providers.items()}
        self._plain = {name for name, one in config.providers.items() if one.plain_typography}

    def weighed(self, content: Rendered, candidate: Candidate, provider: str) -> tuple[Rendered, Cost]:
        """The content as this provider gets it, and what it costs."""
        counted = None
        if isinstance(content, Sms):
            content, counted = self.fitted(content, provider)
        elif candidate.channel == "sms" and isinstance(content, Plain):
            counted = count(content.text)
        return content, self.priced(counted, candidate.channel, provider, candidate.address)

    def priced(self, counted: Segments | None, channel: str, provider: str, address: Address) -> Cost:
        """What so many segments cost, or one message where nothing was counted."""
        rate = self._prices.of(channel, provider, address)
        if counted is None and rate is None:
            return FREE
        units, encoding = (counted.segments, counted.encoding) if counted is not None else (1, None)
        return Cost(units, encoding, units * rate.micros if rate else None, rate.currency if rate else None)

    def count(self, text: str, provider: str, address: Address | None = None) -> SmsCount:
        """How a text goes by a provider; without an address, only a price that holds for every number is known."""
        sms, counted = self.fitted(Sms(text=text), provider)
        tables = self._tables.get(provider, ())
        plain = count(plainer(sms.text, tables), tables).segments
        cost = self.priced(counted, "sms", provider, address or _ANYBODY)
        return SmsCount(
            **counted._asdict(),
            forced_by=tuple(ForcedBy(character=one.character, name=one.name, position=one.position) for one in forcing(sms.text, tables)),
            plainer_segments=plain if plain < counted.segments else None,
            cost=cost_seen(cost) if cost.micros is not None else None,
        )

    def fitted(self, content: Sms, provider: str) -> tuple[Sms, Segments]:
        """An SMS as cheap as this provider can send it, and how it goes."""
        tables = self._tables.get(provider, ())
        text = plainer(content.text, tables) if provider in self._plain else content.text
        counted = count(text, tables)
        told = {"text": text, "encoding": counted.encoding, "segments": counted.segments, "table": counted.table}
        same = text is content.text and (content.encoding, content.segments, content.table) == (
            counted.encoding,
            counted.segments,
            counted.table,
        )
        return content if same else content.model_copy(update=told), counted

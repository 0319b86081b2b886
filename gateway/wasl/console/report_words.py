"""How reports write their values in the language of a page: moments, groups, reasons, shares and what has changed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Final

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_currency, format_percent

from wasl.config.prices import MICROS
from wasl.console.consent_grid import CATEGORIES
from wasl.console.telling import channel_told, sentence
from wasl.console.times import Times
from wasl.console.visit import Visit
from wasl.console.words import msgid
from wasl.reported import Dimension, Measured
from wasl_contracts import Reason

DIMENSION_NAMES: Final[Mapping[Dimension, str]] = {
    "channel": msgid("Channel"),
    "provider": msgid("Provider"),
    "template": msgid("Template"),
    "category": msgid("Category"),
    "brand": msgid("Brand"),
    "country": msgid("Country"),
}


class Wording:
    """Writes values for one visit: `number`, a count; `moment`, the beginning of an hour or a day; `share`, a rate; `lasted`, a time."""

    def __init__(self, visit: Visit) -> None:
        self.times: Times = visit.times
        self.locale: Locale = visit.words.locale
        self.rtl = visit.dir == "rtl"
        self._visit = visit
        # A report says the same numbers and moments many times, and each takes Babel some 30 µs.
        self.number = cache(visit.words.number)
        self.moment = cache(self._moment)
        self.share = cache(self._share)
        self.lasted = cache(self._lasted)

    def t(self, said: str, **values: object) -> str:
        """See Visit.t."""
        return self._visit.t(said, **values)

    def _moment(self, at: datetime, grain: str) -> str:
        """The beginning of an hour or of a day, in UTC as it is counted."""
        return str(format_datetime(at, "d MMM HH:mm" if grain == "h" else "d MMM", tzinfo=UTC, locale=self.locale))

    def group(self, dimension: Dimension, name: str) -> str:
        """A value of a dimension; what has none is told so."""
        if not name:
            return self.t("without one")
        if dimension == "channel":
            return self.t(channel_told(name).name)
        if dimension == "category":
            return self.t(CATEGORIES[name]) if name in CATEGORIES else name  # type: ignore[index]  # it is one of them then
        return str(self.locale.territories.get(name, name)) if dimension == "country" else name

    def reason(self, name: str) -> str:
        """The sentence of a reason; one of an older wasl by its code."""
        return sentence(self._visit.words, Reason(name)) if name in set(Reason) else name or self.t("without one")

    def _share(self, share: float | None) -> str:
        """A rate; a dash where there is none."""
        return "–" if share is None else str(format_percent(share, "#,##0.##%", locale=self.locale, numbering_system="latn"))

    def _lasted(self, seconds: float | None) -> str:
        """A length of time; a dash where there is none."""
        return "–" if seconds is None else self.times.lasted(seconds)

    def money(self, currency: str, amount: float) -> str:
        """An amount of a currency."""
        return str(format_currency(Decimal(str(round(amount, 6))), currency, locale=self.locale, numbering_system="latn"))

    def cost(self, measured: Measured) -> str:
        """What it cost, in each currency; a dash where no price is known."""
        return " + ".join(self.money(currency, micros / MICROS) for currency, micros in sorted(measured.cost.items())) or "–"

    def change(self, now: float, before: float) -> str:
        """How much more or less than in the time before: +12 %; nothing where there was none to compare with."""
        if not before:
            return ""
        return str(format_percent((now - before) / before, "+#,##0%;-#,##0%", locale=self.locale, numbering_system="latn"))

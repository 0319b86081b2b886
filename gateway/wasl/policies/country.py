"""Numbers of countries that are switched off get nothing: toll fraud earns with numbers that nobody meant to write to."""

from collections.abc import Iterable
from datetime import datetime

from wasl.config import Config
from wasl.policies.verdict import Allow, Candidate, Inputs, Verdict, Withhold
from wasl.policies.whereabouts import of_number
from wasl_contracts import Address, Reason

_POLICY = "country"


class Countries:
    """Judges by `[countries]` of a configuration."""

    def __init__(self, config: Config) -> None:
        self._section = config.countries
        self._source = config.line("countries", "allowed" if self._section.allowed else "denied") or "countries"

    def __call__(self, candidate: Candidate, _inputs: Inputs, _now: datetime) -> Verdict:
        """Withhold from numbers of a country that is switched off, and of none."""
        if candidate.address.kind != "phone":
            return Allow(_POLICY, self._source, {"open": True})
        country = of_number(candidate.address.value)[0]
        seen = {"country": country, "open": self._section.open(country)}
        if seen["open"]:
            return Allow(_POLICY, self._source, seen)
        return Withhold(_POLICY, self._source, seen, Reason.COUNTRY_BLOCKED)

    def closed(self, addresses: Iterable[Address]) -> list[int]:
        """The positions of numbers that get nothing."""
        if not self._section.told:
            return []
        phones = ((place, address) for place, address in enumerate(addresses) if address.kind == "phone")
        return [place for place, address in phones if not self._section.open(of_number(address.value)[0])]

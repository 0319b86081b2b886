"""What `[countries]` of wasl.toml may say: to which countries' numbers messages may go. It keeps strangers from spending our money."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from wasl.config.quiet import Country
from wasl_contracts.model import Frozen

# An empty list could mean all or none.
_Countries = Annotated[tuple[Country, ...], Field(min_length=1)]


class CountriesSection(Frozen):
    """`[countries]`: numbers of the `allowed` countries alone, or of all but the `denied` ones.

    Where it says anything, numbers of no country (satellites, worldwide services) get nothing: calls to them are dear.
    """

    allowed: _Countries | None = None
    denied: _Countries | None = None

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        if self.allowed and self.denied:
            raise PydanticCustomError("two_lists", "has countries that are allowed and such that are denied; keep one of the lists")
        return self

    @property
    def told(self) -> bool:
        """Whether it keeps anything back."""
        return bool(self.allowed or self.denied)

    def open(self, country: str | None) -> bool:
        """Whether messages may go to numbers of a country; None: of no country."""
        if not self.told:
            return True
        return country is not None and (country in self.allowed if self.allowed else country not in (self.denied or ()))

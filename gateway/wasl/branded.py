"""A gateway as one of its brands sees it: what all the verbs of people, messages and addresses stand on."""

from abc import ABC, abstractmethod
from typing import Self

from wasl.assembly import Assembly
from wasl.config import Config
from wasl.config.mistakes import listed
from wasl.errors import Problem, Refused


class Branded(ABC):
    """All verbs are of `brand`. `seen_as` is None on a gateway that may send for every brand; then `brand` is the configuration's."""

    config: Config
    seen_as: str | None = None

    @property
    @abstractmethod
    def _open(self) -> Assembly: ...

    @property
    def brand(self) -> str:
        """Whose messages, people and addresses these are."""
        return self.seen_as or self.config.brand

    @property
    def brands(self) -> tuple[str, ...]:
        """The names of all brands, in order."""
        return self._open.brands.names

    @property
    def link_domains(self) -> frozenset[str]:
        """The hosts of links that brands have for themselves."""
        found = (self._open.brands.find(name).link_domain for name in self.brands)
        return frozenset(domain for domain in found if domain is not None)

    def of(self, brand: str) -> Self:
        """The same open gateway, seen as one brand: it sees and sends for this one only.

        Raises:
            Refused: there is no such brand.
        """
        if brand not in self._open.brands:
            told = f"is not a brand of this installation; there are: {listed(self.brands)}"
            raise Refused([Problem(pointer="/brand", code="unknown_brand", message=told)])
        return self._as(brand)

    def _as(self, brand: str) -> Self:
        """As `of`, also for a brand that is not configured any more: what was stored of it stays its own."""
        seen = object.__new__(type(self))
        seen.__dict__.update(self.__dict__, seen_as=brand)
        return seen

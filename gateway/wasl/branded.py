"""A gateway as one of its brands sees it: what all the verbs of people, messages and addresses stand on."""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Self

from wasl.acceptance import Caller
from wasl.assembly import Assembly
from wasl.audited import IN_PROCESS, Action, Actor, Entry, Fact
from wasl.config import Config
from wasl.config.mistakes import listed
from wasl.errors import Problem, Refused
from wasl.origins import packed


class Branded(ABC):
    """All verbs are of `brand`. `seen_as` is None on a gateway that may send for every brand; then `brand` is the configuration's.

    What must be answered for is done by `actor`, and said `why`: the audit tells (`by`). `request` is the id of the HTTP request that
    asks, where one does.
    """

    config: Config
    seen_as: str | None = None
    actor: Actor = IN_PROCESS
    why: str = ""
    request: str = ""

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

    @cached_property
    def caller(self) -> Caller:
        """Who asks for the messages that are sent with this: all those of a batch share it."""
        return Caller(self.seen_as, packed(self.actor, self.request))

    def of(self, brand: str, actor: Actor | None = None, request: str = "") -> Self:
        """The same open gateway, seen as one brand: it sees and sends for this one only. With an actor, also as `by`.

        `request` is the id of the HTTP request for which it is; messages remember it.

        Raises:
            Refused: there is no such brand.
        """
        if brand not in self._open.brands:
            told = f"is not a brand of this installation; there are: {listed(self.brands)}"
            raise Refused([Problem(pointer="/brand", code="unknown_brand", message=told)])
        return self._as(brand, actor, request)

    def by(self, actor: Actor, why: str = "") -> Self:
        """The same open gateway in somebody's hands: the audit tells that they did what is done with it, and why."""
        return self._with(actor=actor, why=why)

    def _as(self, brand: str, actor: Actor | None = None, request: str = "") -> Self:
        """As `of`, also for a brand that is not configured any more: what was stored of it stays its own."""
        return self._with(seen_as=brand) if actor is None else self._with(seen_as=brand, actor=actor, request=request)

    def _with(self, **told: object) -> Self:
        seen = object.__new__(type(self))
        seen.__dict__.update(self.__dict__, **told)
        seen.__dict__.pop("caller", None)  # it is another one's now
        return seen

    def _entry(self, action: Action, about: str = "", **facts: Fact) -> Entry:
        """What the audit tells of something that is done here, to what has that id."""
        return Entry(action, self.actor, about, self.brand, self.why, facts)

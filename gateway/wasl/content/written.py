"""What an author wrote, before any format: the value that each format turns into its own form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

from wasl.brands.brand import DEFAULT, Brand
from wasl.content.holes import Holes
from wasl.content.prose import Prose
from wasl.content.sandbox import Data, Fill, Ink, filling
from wasl_contracts.content import Direction

Form = TypeVar("Form")


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """A title, a body and actions (label, URL) with their holes put aside, in a brand's face.

    Formats compile it once for each brand and keep the outcome here.
    """

    title: str
    body: Prose
    actions: Sequence[tuple[str, str]]
    locale: str
    direction: Direction
    holes: Holes
    brand: Brand = DEFAULT
    _forms: dict[object, object] = field(default_factory=dict, repr=False)
    _faces: "dict[str, Source]" = field(default_factory=dict, repr=False)

    def worn(self, brand: Brand) -> "Source":
        """The same text in the face of a brand."""
        if brand.version == self.brand.version:
            return self
        if brand.version not in self._faces:
            self._faces[brand.version] = replace(self, brand=brand, _forms={}, _faces={})
        return self._faces[brand.version]

    def form(self, build: "Callable[[Source], Form]") -> Form:
        """What `build` makes of this source, built on first use."""
        if build not in self._forms:
            self._forms[build] = build(self)
        return cast("Form", self._forms[build])

    def fill(self, text: str, ink: Ink) -> Fill:
        """A text with marks as a function of the data."""
        jinja = self.holes.as_jinja(text)
        return filling(jinja, ink, self.direction) if jinja is not None else lambda data: text


@dataclass(frozen=True, eq=False, slots=True)
class Written:
    """A source and the data for its holes."""

    source: Source
    data: Data = field(repr=False)

    def filled(self, build: Callable[[Source], Fill]) -> str:
        """One of the source's texts with the data in it. Raises Unfillable."""
        return self.source.form(build)(self.data)

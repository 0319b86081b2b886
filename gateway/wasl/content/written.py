"""What an author wrote, before any format: the value that each format turns into its own form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar, cast

from wasl.brands.brand import DEFAULT, Brand
from wasl.content.bidi import isolated
from wasl.content.blocks import Block, HoleKind, Way, changed
from wasl.content.holes import Holes
from wasl.content.languages import Manner
from wasl.content.prose import Prose
from wasl.content.sandbox import Data, Fill, Ink, filling
from wasl_contracts.content import Direction
from wasl_contracts.links import web_link

Form = TypeVar("Form")
Own = TypeVar("Own", bound=Block)

PLAIN = Ink(literal=str, value=isolated, url=str)
"""How formats without markup write."""

UNSUBSCRIBE: Final = "_unsubscribe"
"""The name in the data of the link by which the recipient opts out; no variable of an author can be called so."""
PROMOTIONAL: Final = "_promotional"
"""The name in the data of whether the message is promotional, so that it must say how to opt out."""


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """A title, a body and actions (label, URL) with their holes put aside, in a brand's face.

    Formats compile it once for each brand and keep the outcome here. `block` is what the template says for the format alone, with its
    holes put aside; read it filled by `Written.block`.
    """

    title: str
    body: Prose
    actions: Sequence[tuple[str, str]]
    locale: str
    direction: Direction
    holes: Holes
    brand: Brand = DEFAULT
    block: Block | None = field(default=None, repr=False)
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
        manner = Manner(self.locale, self.direction, self.brand.digits, self.brand.calendar)
        return filling(jinja, ink, manner) if jinja is not None else lambda data: text


@dataclass(frozen=True, eq=False, slots=True)
class Written:
    """A source and the data for its holes."""

    source: Source
    data: Data = field(repr=False)

    def filled(self, build: Callable[[Source], Fill]) -> str:
        """One of the source's texts with the data in it. Raises Unfillable."""
        return self.source.form(build)(self.data)

    def block(self, kind: type[Own]) -> Own:
        """What the template says for this format alone, with the data in it; the block's defaults if it says nothing. Raises Unfillable."""
        block = self.source.form(_block)(self.data)
        return block if isinstance(block, kind) else kind()


def _block(source: Source) -> Callable[[Data], Block | None]:
    fills: dict[Way, Fill] = {}

    def compiled(kind: HoleKind, text: str, way: Way) -> str:
        if source.holes.as_jinja(text) is not None:
            fill = source.fill(source.holes.bare(text) if kind == "value" else text, PLAIN)
            fills[way] = _web_link(fill) if kind == "link" else fill
        return text

    block = source.block and changed(source.block, compiled)
    if block is None or not fills:
        return lambda data: block
    return lambda data: changed(block, lambda kind, text, way: fills[way](data) if way in fills else text)


def _web_link(fill: Fill) -> Fill:
    def link(data: Data) -> str:
        return web_link(fill(data)) or ""

    return link

"""What authors and support see of templates and brands."""

from collections.abc import Mapping
from typing import Literal

from wasl.brands.brand import Look, Sender
from wasl.content.findings import Finding
from wasl_contracts.content import Direction, SmsEncoding
from wasl_contracts.model import Frozen


class Listed(Frozen):
    """A template in a list. `missing` are languages that other templates have; `own` are formats for which it has texts of its own."""

    name: str
    locales: tuple[str, ...]
    missing: tuple[str, ...]
    own: tuple[str, ...]
    version: str
    mistakes: int


CellState = Literal["own", "text", "fallback", "unserved", "broken"]
"""`own`: a text for this channel alone; `text`: the template's text; `fallback`: that of another language; `unserved`: no provider of
the channel serves the brand; `broken`: it cannot be filled with its examples, or has none."""


class Cell(Frozen):
    """A template on a channel, in a language, in a brand's face, tried with its examples.

    `locale` is the language of the text that readers get; `why` says what is broken. `segments` and `encoding` are of an SMS, `cut`
    tells that a push is longer than wasl sends, `clipped` that a mail is longer than Gmail shows.
    """

    channel: str
    state: CellState
    locale: str | None = None
    why: str = ""
    segments: int | None = None
    encoding: SmsEncoding | None = None
    cut: bool = False
    clipped: bool = False


class Line(Frozen):
    """One language of a template, channel by channel."""

    locale: str
    cells: tuple[Cell, ...]


class Matrix(Frozen):
    """A template in one brand's face. `lacks` tells, by sentence, what the brand must add before it may be sent as promotion."""

    brand: str
    channels: tuple[str, ...]
    lines: tuple[Line, ...]
    lacks: tuple[str, ...]


class Written(Frozen):
    """A template in one language: its file, and the version that messages accepted now are pinned to."""

    locale: str
    direction: Direction
    version: str
    file: str


class Detailed(Frozen):
    """A template with all that can be told of it without a message. `examples` are by the name of the variable."""

    name: str
    languages: tuple[Written, ...]
    matrices: tuple[Matrix, ...]
    findings: tuple[Finding, ...]


class Pair(Frozen):
    """A text on its ground: the colours' names and values, and the contrast (WCAG 2.2), which should be `LEAST_CONTRAST` or more."""

    text: str
    ground: str
    colours: tuple[str, str]
    contrast: float
    enough: bool


class Scheme(Frozen):
    """A brand's colours by name, light or dark, and how well each text can be read."""

    dark: bool
    colours: Mapping[str, str]
    pairs: tuple[Pair, ...]


class LegalLine(Frozen):
    """A text that a brand must be able to say: in each language the text, or None where it has none there. `field` is its setting."""

    field: Literal["title", "legal", "postal", "opt_out"]
    texts: Mapping[str, str | None]


class Face(Frozen):
    """A brand as messages wear it. `promotions` tells what it lacks for promotional topics; `warnings` have file:line:column."""

    name: str
    version: str
    title: str
    look: Look
    schemes: tuple[Scheme, ...]
    senders: Mapping[str, Sender]
    legal: tuple[LegalLine, ...]
    layouts: tuple[str, ...]
    promotions: tuple[Finding, ...]
    warnings: tuple[str, ...]

    @property
    def hard_to_read(self) -> int:
        """How many texts lack contrast, of both schemes."""
        return sum(not pair.enough for scheme in self.schemes for pair in scheme.pairs)


class Changed(Frozen):
    """A line of a comparison: kept, added, removed, or `gap`, where lines that are the same are left out. Numbers are of either text."""

    kind: Literal["kept", "added", "removed", "gap"]
    before: int | None
    after: int | None
    text: str

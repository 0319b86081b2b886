"""What a person gets about what and by which way, as a table: topics by category in its rows, channels in its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from wasl.config import Config
from wasl.consent import ConsentRow, ConsentSeen, Effective
from wasl.console.words import msgid
from wasl_contracts import Category

SOURCES: Mapping[str, str] = {
    "api": msgid("told by the application"),
    "preference_page": msgid("on the preference page"),
    "one_click": msgid("by one click in a message"),
    "keyword": msgid("by a word such as STOP"),
    "double_opt_in": msgid("confirmed by a link"),
    "import": msgid("came with an import"),
    "support": msgid("written down by support"),
    "provider": msgid("told by the provider"),
}
"""How a person's word came."""
RULES: Mapping[str, str] = {
    "implied": msgid("on unless they turn it off"),
    "opt_in": msgid("off until they agree"),
    "required": msgid("cannot be turned off"),
}
"""What holds where they said nothing."""
SPOKEN: Mapping[str, str] = {
    "granted": msgid("They agreed"),
    "withdrawn": msgid("They turned off"),
    "pending": msgid("They were asked"),
}
"""What a row of the consent ledger tells of them."""
CATEGORIES: Mapping[Category, str] = {
    "otp": msgid("One-time codes"),
    "transactional": msgid("Orders and account"),
    "service": msgid("Service"),
    "promotional": msgid("Promotional"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A topic on a channel: whether it goes, by which rule, and the row that says so where they said something."""

    effective: Effective
    row: ConsentRow | None


@dataclass(frozen=True, slots=True)
class Line:
    """A topic with its title, and a cell for each channel."""

    topic: str
    title: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """The topics of one category."""

    category: Category
    lines: tuple[Line, ...]

    @property
    def all(self) -> int:
        """How many topics on channels there are."""
        return sum(cell is not None for line in self.lines for cell in line.cells)

    @property
    def on(self) -> int:
        """How many of them go."""
        return sum(cell is not None and cell.effective.allowed for line in self.lines for cell in line.cells)


def grid(consent: ConsentSeen, config: Config, channels: Sequence[str], lang: str) -> tuple[Block, ...]:
    """The table of these channels."""
    rows = {row.id: row for row in consent.rows}
    cells = {(one.topic, one.channel): Cell(one, rows.get(one.source.removeprefix("consent "))) for one in consent.effective}
    blocks = []
    for category in get_args(Category):
        topics = [name for name, topic in config.topics.items() if topic.category == category]
        lines = tuple(Line(name, topic_title(config, name, lang), tuple(cells.get((name, one)) for one in channels)) for name in topics)
        if lines:
            blocks.append(Block(category, lines))
    return tuple(blocks)


def topic_title(config: Config, topic: str, lang: str) -> str:
    """What a topic is called in a language; its name where it is not told, or configured no more."""
    titles = config.topics[topic].title if topic in config.topics else {}
    return next((title for locale, title in titles.items() if locale.partition("-")[0] == lang), topic)

"""A console that lets no text give orders to the terminal."""

from collections.abc import Callable, Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text


class WaryConsole(Console):
    """As rich's, but text is no markup, and is made `safe`: plain text before it is laid out, the rest after that. Colours go through."""

    def __init__(self, safe: Callable[[str], str], *, highlight: bool, width: int | None = None) -> None:
        super().__init__(highlight=highlight, width=width, markup=False, emoji=False)
        self._safe = safe

    def render_str(self, text: str, **how: Any) -> Text:  # its many options are rich's own affair
        """Plain text as rich lays it out."""
        return super().render_str(self._safe(text), **how)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The parts of what is printed."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=self._safe(segment.text))

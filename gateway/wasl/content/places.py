"""Where a setting of a template stands in its file."""

from typing import Final

from wasl.config.positions import Key, Position, positions
from wasl.content.parts import unbundled

FENCE: Final = "+++"
"""The line before the front matter of a template, and the line behind it."""


def place(source: str, way: Key) -> Position:
    """Line and column, from 1, of a setting in the file that a loaded template was read from; else of the nearest table around it."""
    lines = unbundled(source)[0].split("\n")
    end = next(at for at, line in enumerate(lines) if at and line.rstrip() == FENCE)
    # The empty first line stands for the fence, so that TOML's lines are the file's.
    places = positions("\n".join(["", *lines[1:end]]))
    return next((places[way[:length]] for length in range(len(way), 0, -1) if way[:length] in places), (1, 1))

"""Where output goes: data to stdout, talk to stderr. What a terminal would obey is written as an escape: others wrote some of it."""

import json
import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel, JsonValue
    from rich.console import Console

# Controls but tab and line feed, line separators, half surrogates, tags, and what shows text in another order than it has. Isolates that
# end by themselves (FSI, PDI) stay, and so do joiners, without which Persian, Urdu and some emoji are misspelled.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066\u2067\ud800-\udfff\U000e0000-\U000e007f]")
_WIDE = 160  # columns where nobody looks: in a pipe or a file


def safe(text: str) -> str:
    """The text, with what a terminal would obey as escapes."""
    return _OBEYED.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def say(text: str) -> None:
    """One line for people, on stderr."""
    typer.echo(safe(text), err=True)


def tell(text: str) -> None:
    """One line of data, on stdout."""
    typer.echo(safe(text))


def screen() -> "Console":
    """The terminal, or a wide page where stdout is none. Honours NO_COLOR and COLUMNS."""
    from wasl.cli.wary_console import WaryConsole

    found = WaryConsole(safe, highlight=False)
    return found if found.is_terminal else WaryConsole(safe, highlight=False, width=max(_WIDE, found.width))


def print_json(data: "JsonValue | BaseModel") -> None:
    """One JSON document on stdout; Arabic stays readable."""
    typer.echo(_written(data, indent=2))


def print_json_lines(rows: "Iterable[JsonValue | BaseModel]") -> None:
    """One JSON document a line, each on its way at once."""
    for row in rows:
        typer.echo(_written(row, indent=None))
        sys.stdout.flush()


def _written(data: "JsonValue | BaseModel", indent: int | None) -> str:
    from pydantic import BaseModel

    plain = data.model_dump(mode="json") if isinstance(data, BaseModel) else data
    return _OBEYED.sub(lambda match: json.dumps(match[0])[1:-1], json.dumps(plain, ensure_ascii=False, indent=indent))

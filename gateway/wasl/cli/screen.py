"""Where output goes: data to stdout, talk to stderr."""

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel, JsonValue
    from rich.console import Console

_WIDE = 160  # columns where nobody looks: in a pipe or a file


def say(text: str) -> None:
    """One line for people, on stderr."""
    typer.echo(text, err=True)


def screen() -> "Console":
    """The terminal, or a wide page where stdout is none. Honours NO_COLOR and COLUMNS."""
    from rich.console import Console

    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=max(_WIDE, found.width))


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
    return json.dumps(plain, ensure_ascii=False, indent=indent)

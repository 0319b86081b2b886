"""`wasl brand`: the faces that messages wear. Reads files only, so it works without a database."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wasl.cli.exits import ExitCode
from wasl.cli.options import ConfigFile, Json
from wasl.cli.screen import print_json, say, screen, tell

if TYPE_CHECKING:
    from wasl.brands.brand import Brand
    from wasl.brands.brands import Brands

app = typer.Typer(name="brand", help="The faces that messages wear.", no_args_is_help=True)


@app.command("list")
def list_brands(json: Json = False, config: ConfigFile = None) -> None:
    """List the brands, with what people call them and the version that messages accepted now will wear."""
    from rich.table import Table

    brands = _brands(config)
    found = [brands.find(name) for name in brands.names]
    if json:
        print_json([{"name": brand.name, "version": brand.version, "title": dict(brand.title)} for brand in found])
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("Brand", "Title", "Version"):
        table.add_column(column, overflow="fold")
    for brand in found:
        table.add_row(brand.name, " · ".join(brand.title.values()), brand.version)
    screen().print(table)


@app.command()
def show(name: Annotated[str, typer.Argument(metavar="NAME")], json: Json = False, config: ConfigFile = None) -> None:
    """Show a brand with all that it inherits."""
    from wasl.brands.brands import NoSuchBrand

    try:
        brand = _brands(config).find(name)
    except NoSuchBrand as missing:
        raise typer.BadParameter(str(missing), param_hint="NAME") from None
    if json:
        print_json(brand)
        return
    for key, value in _lines(brand):
        tell(f"{key} = {value}")


@app.command()
def lint(json: Json = False, config: ConfigFile = None) -> None:
    """Tell what is wrong with the brands, and what works but should be changed, such as text that is hard to read.

    Exit code 1 where something should be changed, 3 where a brand cannot be used.
    """
    brands = _brands(config)
    if json:
        print_json([{"file": one.file, "line": one.line, "column": one.column, "said": one.message} for one in brands.warnings])
    else:
        for warning in brands.warnings:
            tell(str(warning))
        say(f"{_counted(len(brands.names), 'brand')}, {_counted(len(brands.warnings), 'warning')}.")
    if brands.warnings:
        raise typer.Exit(ExitCode.FAILED)


def _brands(config: Path | None) -> "Brands":
    """The brands; what else is wrong with the configuration, as secrets that are not set here, does not matter."""
    from wasl.config import examine
    from wasl.pinned import brands_of

    found, findings = examine(config, os.environ)
    if findings.touches(("brand",)) or findings.touches(("brands",)):
        findings.raise_mistakes()
    return brands_of(found)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _lines(brand: "Brand") -> Iterator[tuple[str, object]]:
    """Each setting that has a value, by its way in a brand.toml; a layout with how long it is."""
    yield from _flat(brand.model_dump(exclude={"layouts"}, exclude_none=True), "")
    yield from ((f"layouts.{name}", f"{len(text)} characters") for name, text in brand.layouts.items())


def _flat(table: dict[str, Any], way: str) -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{way}{name or '*'}.")
        else:
            yield f"{way}{name or '*'}", value

"""`wasl template`: list them, find what is wrong or missing, and compare versions. `wasl preview` shows what becomes of one."""

import os
import re
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli.exits import ExitCode, run
from wasl.cli.gateways import looking
from wasl.cli.options import ConfigFile, Json
from wasl.cli.screen import print_json, say, screen, tell

if TYPE_CHECKING:
    from wasl.api import Gateway
    from wasl.config import Config
    from wasl.content.findings import Finding
    from wasl.ledger.rows import SourceRow

app = typer.Typer(name="template", help="Texts with holes, in many languages.", no_args_is_help=True)
_VERSION = re.compile(r"[0-9a-f]{6,32}")
_Side = tuple[str, str]
"""What a text is called, and the text; nothing where there is none."""


@app.command("list")
def list_templates(json: Json = False, config: ConfigFile = None) -> None:
    """List the templates with their languages and the data that they ask for."""
    from rich.table import Table

    from wasl.authoring import seen
    from wasl.content.templates import Templates

    told = _config(config)
    found = seen(Templates.load(told.templates, told.locale))
    if json:
        print_json(found)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("Template", "Languages", "Data"):
        table.add_column(column, overflow="fold")
    for template in found.data:
        data = [f"{name}{'?' if variable.optional else ''}: {variable.type}" for name, variable in template.variables.items()]
        table.add_row(template.name, ", ".join(language.locale for language in template.languages), ", ".join(data))
    screen().print(table)
    if not found.data:
        say("There are no templates yet; write templates/<name>/<language>.md, or begin with: wasl init")


@app.command()
def lint(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One template; without it all, their parts and brands.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 for warnings too.")] = False,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Find mistakes, languages that lack something, data without examples, and what promotional messages must carry.

    Exit code 1 where there is a mistake.
    """
    from rich.text import Text

    findings = [finding for finding in _findings(config) if name is None or _is_of(finding, name)]
    if json:
        print_json([finding.model_dump(mode="json") for finding in findings])
    for finding in () if json else findings:
        colour = "red" if finding.severity == "mistake" else "yellow"
        code = "" if finding.code == finding.severity else f" {finding.code}"
        screen().print(Text.assemble((finding.severity, colour), f" {finding.place}: {finding.said}", (code, "dim")), soft_wrap=True)
    if not findings:
        say("Nothing to mend.")
    if any(strict or finding.severity == "mistake" for finding in findings):
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def diff(
    one: Annotated[str, typer.Argument(metavar="A", help="A template's name; or a version, or NAME/LANGUAGE for its file.")],
    other: Annotated[str | None, typer.Argument(metavar="[B]", help="What to compare it with: a version, or NAME/LANGUAGE.")] = None,
    config: ConfigFile = None,
) -> None:
    """Compare a template as the last messages were accepted with it to its files; or two versions.

    wasl template diff order_shipped          wasl template diff 3f2a91c0 order_shipped/ar
    """
    pairs = run(looking(config, lambda gateway: _pairs(gateway, one, other)))
    same = True
    for (before, old), (after, new) in pairs:
        lines = list(unified_diff(old.splitlines(), new.splitlines(), before, after, lineterm=""))
        same = same and not lines
        for line in lines:
            tell(line)
    if same:
        say("They are the same." if pairs else "No message was accepted with it, and it has no file.")


async def _pairs(gateway: "Gateway", one: str, other: str | None) -> Sequence[tuple[_Side, _Side]]:
    from wasl.catalogue.versions import told

    files = {f"{name}/{locale}": told(text) for name, locale, text in _files(gateway.config)}
    if other is not None:
        return [(await _side(gateway, one, files), await _side(gateway, other, files))]
    used = {f"{row['name']}/{row['locale']}": row for row in await gateway.template_in_use(one)}
    names = sorted({*used, *(name for name in files if name.startswith(f"{one}/"))})
    return [(_used(name, used.get(name)), (f"{name} (file)", files.get(name, ""))) for name in names]


async def _side(gateway: "Gateway", named: str, files: dict[str, str]) -> _Side:
    if named in files:
        return f"{named} (file)", files[named]
    found = await gateway.template_versions(named) if _VERSION.fullmatch(named) else ()
    if len(found) == 1:
        return _used(f"{found[0]['name']}/{found[0]['locale']}", found[0])
    said = "begins several versions; write more of it" if found else "is neither a kept version nor a template's NAME/LANGUAGE"
    raise typer.BadParameter(f"{named} {said}")


def _used(name: str, row: "SourceRow | None") -> _Side:
    from wasl.catalogue.versions import told

    return (f"{name} ({row['version']})", told(row["text"])) if row is not None else (f"{name} (not used yet)", "")


def _files(config: "Config") -> Iterator[tuple[str, str, str]]:
    from wasl.content.templates import Templates

    return ((template.name, template.locale, template.source) for template in Templates.load(config.templates, config.locale).all())


def _findings(config: Path | None) -> Iterator["Finding"]:
    from wasl.content.linting import lint as linting
    from wasl.content.linting import lint_promotion
    from wasl.content.templates import examine
    from wasl.parts import promotion_of
    from wasl.pinned import brands_of
    from wasl.registry import read

    specs = read(config, os.environ)
    loaded, brands = examine(specs.config.templates, specs.config.locale), brands_of(specs.config)
    yield from linting(loaded, specs.config.locale)
    locales = {template.locale for template in loaded.templates}
    yield from lint_promotion(promotion_of(specs), map(brands.find, brands.names), locales)


def _is_of(finding: "Finding", name: str) -> bool:
    return finding.at == name or f"{name}/" in finding.at


def _config(path: Path | None) -> "Config":
    from wasl.registry import read

    return read(path, os.environ).config

"""`wasl plugin`: those that are installed, a new one, and how good one is."""

from os import environ
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli.exits import ExitCode
from wasl.cli.options import ConfigFile, Json
from wasl.cli.screen import print_json, say, screen, tell
from wasl.scaffold import Kind

if TYPE_CHECKING:
    from pydantic import JsonValue
    from rich.text import Text

    from wasl.quality.checking import Finding, Report
    from wasl.registry import Plugin

app = typer.Typer(name="plugin", help="Provider plugins: those that are installed, a new one, and how good one is.", no_args_is_help=True)
_COLOURS = {"met": "green", "declared": "green", "exempt": "dim", "unmet": "red"}


@app.command("list")
def list_plugins(json: Json = False, config: ConfigFile = None) -> None:
    """List every installed plugin, and the files of the folder that wasl.toml names; those that cannot be loaded with the reason."""
    from rich.table import Table
    from rich.text import Text

    from wasl.config import examine
    from wasl.registry import plugins

    found = plugins(folder=examine(config, environ)[0].plugins)
    if json:
        print_json([_described(plugin) for plugin in found])
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("Plugin", "Version", "Tier", "Channel", "Address kinds", "Receipts", "Can do"):
        table.add_column(column, overflow="fold", no_wrap=column not in ("Address kinds", "Can do"))
    for plugin in found:
        if plugin.spec is None:
            table.add_row(plugin.name, plugin.version, "–", "–", "–", "–", Text(f"✕ cannot be loaded: {plugin.broken}", "red"))
        else:
            kinds, tier = ", ".join(kind.kind for kind in plugin.spec.addresses), _tier(plugin) or "–"
            receipts = "yes" if plugin.spec.capabilities.receipts else "no"
            table.add_row(plugin.name, plugin.version, tier, plugin.channel, kinds, receipts, Text(_abilities(plugin)))
    screen().print(table)
    if not found:
        say("No plugin is installed; install one with: pip install wasl-smtp")


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called: small letters, digits and underscores.")],
    kind: Annotated[Kind, typer.Option(help="What it speaks with: an HTTP API, a server over TCP, or this machine alone.")] = Kind.HTTP,
    into: Annotated[Path, typer.Option(metavar="DIR", help="The folder to put its folder in.", show_default="here")] = Path(),
) -> None:
    """Write a plugin that works against its own fake at once, as a distribution of its own. Overwrites nothing."""
    from wasl.scaffold import write

    folder, *files = write(name, kind, into)
    for file in files:
        tell(str(file))
    say("Next:")
    say(f"  wasl plugin check {folder}")
    say(f"  then make {files[2]} speak with the real one, and {files[-2]} answer as it does")


@app.command()
def check(
    plugin: Annotated[str, typer.Argument(metavar="[PATH|NAME]", help="The folder of its sources, or its name.")] = ".",
    record: Annotated[bool, typer.Option("--record", help="Write the tier that is reached into its quality.toml.")] = False,
    json: Json = False,
) -> None:
    """Run a plugin's tests with the contract kit, and say how good it is. Exit code 1 below bronze, or below what it claims to be."""
    from dataclasses import replace
    from datetime import UTC, datetime

    from wasl.quality.checking import check as judge
    from wasl.quality.said import record as keep

    report = judge(_folder(plugin), datetime.now(UTC).date())
    if record:
        keep(report.package, report.tier)
        report = replace(report, recorded=report.tier)
    if json:
        print_json(_reported(report))
    else:
        _show(report)
    if not report.good:
        raise typer.Exit(ExitCode.FAILED)


def _show(report: "Report") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("Tier", "Rule", "", "Because"):
        table.add_column(column, overflow="fold", no_wrap=column != "Because")
    for finding in report.findings:
        table.add_row(finding.rule.tier, finding.rule.name, _verdict(finding), Text(finding.evidence))
    page = screen()
    page.print(table)
    page.print(Text.assemble(f"\n{report.name} {report.version} is ", (report.tier, "bold"), f"; it claims {report.recorded}."))
    if (step := report.next_step()) is not None:
        page.print(Text(f"Next, for {step.rule.tier}: {step.rule.asks}."), soft_wrap=True)


def _verdict(finding: "Finding") -> "Text":
    from rich.text import Text

    return Text(finding.verdict, _COLOURS[finding.verdict])


def _folder(plugin: str) -> Path:
    """The folder of a plugin's sources.

    Raises:
        Unusable: there is no such folder, and no plugin of that name whose sources are on this machine.
    """
    from wasl.errors import Unusable
    from wasl.registry import installed, sources_of

    if Path(plugin).is_dir():
        return Path(plugin)
    entry = installed().get(plugin)
    if entry is None:
        raise Unusable(f"There is no folder {plugin}, and no plugin of that name is installed; wasl plugin list tells which are.")
    folder = sources_of(entry)
    if folder is None:
        raise Unusable(f"The sources of {plugin} are not on this machine, and so neither are its tests; name the folder that has them.")
    return folder


def _reported(report: "Report") -> "JsonValue":
    findings: list[JsonValue] = [
        {"rule": one.rule.name, "tier": one.rule.tier, "verdict": one.verdict, "asks": one.rule.asks, "evidence": one.evidence}
        for one in report.findings
    ]
    return {"name": report.name, "version": report.version, "tier": report.tier, "claims": report.recorded, "findings": findings}


def _described(plugin: "Plugin") -> "JsonValue":
    spec = plugin.spec
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "api": spec.api if spec else None,
        "tier": _tier(plugin),
        "channel": plugin.channel,
        "broken": plugin.broken,
        "kinds": [kind.model_dump(mode="json") for kind in spec.addresses] if spec else [],
        "capabilities": spec.capabilities.model_dump(mode="json") if spec else None,
        "docs_url": spec.docs_url if spec else None,
    }


def _tier(plugin: "Plugin") -> str | None:
    """The tier that it claims; None where it claims none."""
    from wasl.quality.said import recorded

    return recorded(plugin.package) if plugin.package is not None else None


def _abilities(plugin: "Plugin") -> str:
    if plugin.spec is None:
        return ""
    can = plugin.spec.capabilities
    said = [f"{can.concurrency} calls at a time"]
    if can.max_characters:
        said.append(f"at most {can.max_characters} {'bytes' if can.counted_in == 'bytes' else 'characters'}")
    if can.idempotency_seconds:
        said.append("recognises repeats")
    if not can.shared:
        said.append("each address is a server of its own")
    return ", ".join(said)

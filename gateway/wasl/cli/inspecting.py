"""Commands that look and change nothing: plugin list, doctor, openapi."""

from typing import TYPE_CHECKING

import typer

from wasl.cli.exits import ExitCode, run
from wasl.cli.options import ConfigFile, Json
from wasl.cli.screen import print_json, say, screen

if TYPE_CHECKING:
    from pydantic import JsonValue

    from wasl.registry import Plugin

plugin_app = typer.Typer(name="plugin", help="The installed provider plugins.", no_args_is_help=True)


@plugin_app.callback()
def _plugins() -> None:
    pass


@plugin_app.command("list")
def list_plugins(json: Json = False) -> None:
    """List every installed plugin, those that cannot be loaded with the reason."""
    from rich.table import Table
    from rich.text import Text

    from wasl.registry import plugins

    found = plugins()
    if json:
        print_json([_described(plugin) for plugin in found])
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("Plugin", "Version", "Channel", "Address kinds", "Can do"):
        table.add_column(column, overflow="fold", no_wrap=column != "Can do")
    for plugin in found:
        if plugin.spec is None:
            table.add_row(plugin.name, plugin.version, "–", "–", Text(f"✕ cannot be loaded: {plugin.broken}", "red"))
        else:
            kinds = ", ".join(kind.kind for kind in plugin.spec.addresses)
            table.add_row(plugin.name, plugin.version, plugin.channel, kinds, Text(_abilities(plugin)))
    screen().print(table)
    if not found:
        say("No plugin is installed; install one with: pip install wasl-smtp")


def openapi() -> None:
    """Print the OpenAPI 3.1 document of the HTTP API."""
    from wasl.server.app import OPERATIONS
    from wasl.server.openapi import document

    print_json(document(OPERATIONS))


def doctor(json: Json = False, config: ConfigFile = None) -> None:
    """Check the configuration, the database, the providers and the templates. Exit code 1 where something is wrong."""
    from rich.text import Text

    from wasl.cli.checkup import examine

    findings = run(examine(config))
    if json:
        print_json([finding.described() for finding in findings])
    else:
        page = screen()
        for finding in findings:
            sign = Text("ok ", "green") if finding.ok else Text("✕  ", "red")
            page.print(Text.assemble(sign, (f"{finding.what}: ", "bold"), finding.said), soft_wrap=True)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(ExitCode.FAILED)


def _described(plugin: "Plugin") -> "JsonValue":
    spec = plugin.spec
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "channel": plugin.channel,
        "broken": plugin.broken,
        "kinds": [kind.model_dump(mode="json") for kind in spec.addresses] if spec else [],
        "capabilities": spec.capabilities.model_dump(mode="json") if spec else None,
        "docs_url": spec.docs_url if spec else None,
    }


def _abilities(plugin: "Plugin") -> str:
    if plugin.spec is None:
        return ""
    can = plugin.spec.capabilities
    said = [f"{can.concurrency} calls at a time"]
    if can.max_characters:
        said.append(f"at most {can.max_characters} {'bytes' if can.counted_in == 'bytes' else 'characters'}")
    if can.idempotency_seconds:
        said.append("recognises repeats")
    if can.receipts:
        said.append("reports receipts")
    if not can.shared:
        said.append("each address is a server of its own")
    return ", ".join(said)

"""Commands that look and change nothing: doctor, openapi."""

import typer

from wasl.cli.exits import ExitCode, run
from wasl.cli.options import ConfigFile, Json
from wasl.cli.screen import print_json, screen


def openapi() -> None:
    """Print the OpenAPI 3.1 document of the HTTP API."""
    from wasl.server.app import OPERATIONS
    from wasl.server.openapi import document

    print_json(document(OPERATIONS))


def doctor(json: Json = False, config: ConfigFile = None) -> None:
    """Check the configuration, the database, the providers and the templates. Exit code 1 where something is wrong."""
    from rich.text import Text

    from wasl.checkup import examine

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

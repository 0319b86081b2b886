"""`wasl verify`: walks the ledger and tells of every broken promise. Changes nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli.exits import ExitCode, run
from wasl.cli.options import ConfigFile, Json
from wasl.cli.screen import print_json, say, tell

if TYPE_CHECKING:
    from pydantic import JsonValue

    from wasl.verifying import Report

Sinks = Annotated[
    list[Path] | None,
    typer.Option("--sink", metavar="F", help="What a provider saw, one JSON object a line; repeat it until all providers are told."),
]
Accepted = Annotated[Path | None, typer.Option(metavar="F", help="Ids of messages for which a client saw a 202, one a line.")]


def verify(sink: Sinks = None, accepted: Accepted = None, json: Json = False, config: ConfigFile = None) -> None:
    """Check that every message kept what wasl promises: nothing lost, nothing sent twice in silence. Also beside a running server."""
    import os

    from wasl.registry import read
    from wasl.verifying import Evidence
    from wasl.verifying import verify as verifying

    report = run(verifying(read(config, os.environ), Evidence(tuple(sink or ()), accepted)))
    if json:
        print_json(_described(report))
    else:
        for finding in report.findings:
            tell(f"{finding.promise:<5}  {finding.message}  {finding.said}")
        for remark in report.remarks:
            say(remark)
        say(_summed_up(report))
    if report.broken:
        raise typer.Exit(ExitCode.BROKEN)


def _summed_up(report: "Report") -> str:
    seen = f"{report.messages} messages, {report.deliveries} deliveries, {report.attempts} attempts"
    if not report.broken:
        return f"{seen}: every promise that can be checked is kept."
    more = report.broken.total() - len(report.findings)
    counted = ", ".join(f"{promise} {count} times" for promise, count in sorted(report.broken.items()))
    return f"{seen}: broken are {counted}.{f' {more} more are not shown.' if more else ''} Keep a copy of the database and report it."


def _described(report: "Report") -> "JsonValue":
    findings: list[JsonValue] = [
        {"message": one.message, "promise": one.promise, "check": one.check, "said": one.said} for one in report.findings
    ]
    return {
        "messages": report.messages,
        "deliveries": report.deliveries,
        "attempts": report.attempts,
        "broken": {promise: count for promise, count in sorted(report.broken.items())},
        "findings": findings,
        "remarks": [*report.remarks],
    }

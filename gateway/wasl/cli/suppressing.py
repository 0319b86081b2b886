"""`wasl suppress`: addresses that must not be used. Beside a running `wasl serve` or without one."""

import re
import sys
from collections.abc import Sequence
from datetime import datetime
from getpass import getuser
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from wasl.cli import arguments
from wasl.cli.exits import ExitCode, run
from wasl.cli.gateways import administering, looking
from wasl.cli.options import BrandName, ConfigFile, Json
from wasl.cli.screen import print_json, say, screen, tell

if TYPE_CHECKING:
    from wasl.api import Gateway
    from wasl.suppression import Imported, Named, Origin, SuppressionSeen, SuppressionStory

app = typer.Typer(name="suppress", help="Addresses that must not be used: why, since when, and taking them off.", no_args_is_help=True)

_SHOWN = 20  # problems of a file
Which = Annotated[str, typer.Argument(metavar="ADDRESS", help="ann@example.com, +966501234567, KIND:VALUE, or the id of a suppression.")]
Channel = Annotated[str | None, typer.Option(help="The channel, where the address does not tell it.")]
Scope = Annotated[str | None, typer.Option(help="Only this category, like promotional.", show_default="every message")]
Why = Annotated[str | None, typer.Option(help="bounce, complaint, unsubscribe, invalid, manual or import.")]
By = Annotated[str | None, typer.Option("--by", help="Who does it.", show_default="you")]
AllBrands = Annotated[bool, typer.Option("--all-brands", help="For every brand of the installation.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what it would do.")]


@app.command("list")
def list_suppressions(  # noqa: PLR0913 - the options of a command
    *,
    channel: Channel = None,
    reason: Why = None,
    address: Annotated[str | None, typer.Option(help="Only this address, or suppression by its id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="Go on where the list before ended: its next_cursor.")] = None,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """List what is suppressed now, newest first."""
    from wasl.problems import validated
    from wasl.suppression import Listed

    listed = validated(Listed, {"channel": channel, "reason": _code(reason), "address": address})
    page = run(looking(config, lambda gateway: gateway.suppressions(listed, limit=limit, cursor=cursor), brand))
    if json:
        print_json(page)
        return
    _table(page.data) if page.data else say("Nothing is suppressed like that.")
    if page.has_more:
        say(f"Newest {limit}; more with --limit, or with --cursor {page.next_cursor}")


@app.command()
def add(  # noqa: PLR0913 - the options of a command
    *,
    address: Which,
    reason: Why = "manual",
    channel: Channel = None,
    scope: Scope = None,
    until: Annotated[
        datetime | None, typer.Option(metavar="ISO", parser=arguments.moment, help="When it ends.", show_default="never")
    ] = None,
    note: Annotated[str | None, typer.Option(help="Why, in your words; kept encrypted.")] = None,
    by: By = None,
    all_brands: AllBrands = False,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Send nothing to an address any more. No call begins after this has ended."""
    from wasl.problems import validated
    from wasl.suppression import Suppression

    told = {"reason": _code(reason), "scope": scope, "expires_at": until, "note": note}
    asked = validated(Suppression, {**_named(address, channel).model_dump(), **told})
    _told(run(administering(config, lambda gateway: gateway.add_suppression(asked, _origin(by), all_brands=all_brands), brand)), json=json)


@app.command()
def remove(  # noqa: PLR0913 - the options of a command
    *,
    address: Which,
    reason: Annotated[str, typer.Option(help="Why, in your words; kept encrypted in the history.")],
    listed_for: Annotated[str | None, typer.Option(help="Only what was listed for this, like bounce.")] = None,
    channel: Channel = None,
    scope: Annotated[str | None, typer.Option(help="Only its row of this category, like promotional.", show_default="all its rows")] = None,
    by: By = None,
    all_brands: AllBrands = False,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Take an address off the list. What a person asked for, only that person should take back."""
    from wasl.problems import validated
    from wasl.suppression import Unsuppression
    from wasl_contracts import Reason

    asked = validated(Unsuppression, {"reason": reason, "scope": scope, "listed_for": _code(listed_for)})

    async def work(gateway: "Gateway") -> "SuppressionStory":
        story = await gateway.suppression(_named(address, channel))
        for said in {one.reason for one in story.data} & {Reason.SUPPRESSED_COMPLAINT, Reason.SUPPRESSED_UNSUBSCRIBE}:
            say(f"Mind: {said.sentence} {said.next_step}")
        return await gateway.remove_suppression(_named(address, channel), asked, _origin(by), all_brands=all_brands)

    _told(run(administering(config, work, brand)), json=json)


@app.command()
def show(address: Which, channel: Channel = None, json: Json = False, brand: BrandName = None, config: ConfigFile = None) -> None:
    """Show what holds against an address, and everything that ever happened."""
    _told(run(looking(config, lambda gateway: gateway.suppression(_named(address, channel)), brand)), json=json)


@app.command("import")
def import_file(  # noqa: PLR0913 - the options of a command
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", exists=True, dir_okay=False, readable=True)],
    dry_run: DryRun = False,
    by: By = None,
    all_brands: AllBrands = False,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Put the addresses of a CSV file on the list.

    The first line names the columns: address, and as wanted channel, kind, reason, scope, expires_at, note, message_id. A line that is
    wrong is told by its number and stops no other; importing a file again changes nothing.
    """
    with file.open("rb") as opened:
        done = run(
            administering(
                config, lambda gateway: _importing(gateway, opened, _origin(by, f"import {file.name}"), dry_run, all_brands), brand
            )
        )
    print_json(done) if json else _report(done)
    if done.invalid:
        raise typer.Exit(ExitCode.PARTIAL)


@app.command()
def export(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file to write.", show_default="stdout")] = None,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Write what is suppressed now as CSV: the keyed hash and the masked form of each address, which is not stored in clear."""

    async def work(gateway: "Gateway") -> int:
        lines = 0
        with output.open("w", encoding="utf-8", newline="") if output else _stdout() as file:
            async for part in gateway.export_suppressions():
                file.write(part)
                lines += part.count("\n")
        return lines - 1

    written = run(administering(config, work, brand))
    if output is not None:
        print_json({"file": str(output), "suppressions": written}) if json else say(f"{written} suppressions in {output}")


async def _importing(gateway: "Gateway", file: IO[bytes], origin: "Origin", dry_run: bool, all_brands: bool) -> "Imported":
    return await gateway.import_suppressions(file, dry_run=dry_run, origin=origin, all_brands=all_brands)


def _stdout() -> IO[str]:
    """Stdout as a file that may be closed, with line ends as they are."""
    return open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False)


def _code(short: str | None) -> str | None:
    """`bounce` is short for `suppressed_bounce`."""
    return short if short is None or short.startswith("suppressed_") else f"suppressed_{short}"


def _named(written: str, channel: str | None) -> "Named":
    from wasl.problems import validated
    from wasl.suppression import Named

    kind, colon, value = written.partition(":")
    by_kind = colon and re.fullmatch("[a-z][a-z0-9_-]*", kind)
    return validated(Named, {"address": value, "kind": kind, "channel": channel} if by_kind else {"address": written, "channel": channel})


def _origin(by: str | None, source: str = "cli") -> "Origin":
    from wasl.suppression import Origin

    return Origin(source, by or getuser())


def _told(story: "SuppressionStory", *, json: bool) -> None:
    if json:
        print_json(story)
        return
    tell(f"{story.id}  {story.address or ''}".rstrip())
    _table(story.data) if story.data else tell("Nothing holds against it now.")
    for change in story.history:
        scope = f" for {change.scope}" if change.scope else ""
        by = f" by {change.actor}" if change.actor else ""
        note = f": {change.note}" if change.note else ""
        tell(f"{change.at:%Y-%m-%d %H:%M:%S}  {change.change} {change.reason}{scope}, {change.source}{by}{note}")


def _table(rows: "Sequence[SuppressionSeen]") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("Address", "Channel", "Why", "For", "Since (UTC)", "Until (UTC)", "Source"):
        table.add_column(column, overflow="fold", no_wrap=column != "Source")
    for row in rows:
        scope = f"{row.scope or 'every message'}{' of all brands' if row.brand == '*' else ''}"
        until = f"{row.expires_at:%Y-%m-%d %H:%M}" if row.expires_at else "–"
        told = (row.address, row.channel, row.reason.removeprefix("suppressed_"), scope, f"{row.since:%Y-%m-%d %H:%M}", until, row.source)
        table.add_row(*map(Text, told))
    screen().print(table)


def _report(done: "Imported") -> None:
    for problem in done.problems[:_SHOWN]:
        say(f"line {problem.line}{f', {problem.column}' if problem.column else ''}: {problem.message}")
    if done.invalid > _SHOWN:
        say(f"… and {done.invalid - _SHOWN} more lines; with --json the first {len(done.problems)}")
    would = "would be " if done.dry_run else ""
    told = {"new": done.new, "on the list for longer": done.extended, "there already": done.already_there}
    counts = ", ".join(f"{count} {would}{what}" for what, count in told.items())
    tell(f"{done.lines} lines: {counts}, {done.repeated} repeated, {done.invalid} invalid")

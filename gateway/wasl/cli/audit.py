"""`wasl audit`: who did what, and whether the record of it is whole. Beside a running `wasl serve` or without one."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli.exits import ExitCode, as_options, run
from wasl.cli.gateways import looking
from wasl.cli.options import BrandName, ConfigFile, Json
from wasl.cli.screen import print_json, print_json_lines, say, screen, tell

if TYPE_CHECKING:
    from wasl.api import Gateway
    from wasl.audited import Audited, AuditFilters, Verified

app = typer.Typer(name="audit", help="Who did what, when and why; a record that cannot be changed in silence.", no_args_is_help=True)

_LOOKS = 1.0  # seconds between two looks for what is new

Did = Annotated[str | None, typer.Option("--action", help="Only this, like message.retried.")]
By = Annotated[str | None, typer.Option("--by", metavar="ID", help="Only by this user, API key or login name.")]
About = Annotated[str | None, typer.Option("--about", metavar="ID", help="Only about this message, person, provider or other thing.")]


@app.command("list")
def list_entries(  # noqa: PLR0913 - the options of a command
    *,
    action: Did = None,
    by: By = None,
    about: About = None,
    since: Annotated[datetime | None, typer.Option(help="Only from this moment on (UTC).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="Go on where the list before ended: its next_cursor.")] = None,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """List what was done, newest first."""
    wanted = _filters(action, by, about, since)
    page = run(looking(config, lambda gateway: gateway.audited(wanted, limit=limit, cursor=cursor), brand))
    if json:
        print_json(page)
        return
    _table(page.data) if page.data else say("Nothing was done like that.")
    if page.has_more:
        say(f"Newest {limit}; more with --limit, or with --cursor {page.next_cursor}")


@app.command()
def tail(
    action: Did = None,
    count: Annotated[int, typer.Option("--count", "-n", min=0, max=1000, help="How many old ones come first.")] = 10,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Show what was done last, then what is done, until Ctrl-C."""
    wanted = _filters(action, None, None, None)
    run(looking(config, lambda gateway: _follow(gateway, wanted, count, json=json)))


@app.command()
def verify(
    witness: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="A log of wasl serve: holds the audit against its signed heads."),
    ] = None,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Check that no entry was changed, removed or moved, and with --witness that the end was not cut off. Exit code 6 where one was."""

    async def work(gateway: "Gateway") -> "Verified":
        if witness is None:
            return await gateway.verify_audit()
        with witness.open(encoding="utf-8", errors="replace") as log:
            return await gateway.verify_audit(log)

    found = run(looking(config, work))
    print_json(found) if json else _say_found(found, witness)
    if not found.whole:
        raise typer.Exit(ExitCode.BROKEN)


async def _follow(gateway: "Gateway", wanted: "AuditFilters", count: int, *, json: bool) -> None:
    page = await gateway.audited(wanted, limit=max(count, 1))
    seen = page.data[0].number if page.data else 0
    _lines(reversed(page.data[:count]), json=json)
    while True:
        await asyncio.sleep(_LOOKS)
        news = (await gateway.audited(wanted.model_copy(update={"after": seen}), limit=1000)).data
        seen = news[0].number if news else seen
        _lines(reversed(news), json=json)


def _filters(action: str | None, by: str | None, about: str | None, since: datetime | None) -> "AuditFilters":
    from datetime import UTC

    from wasl.audited import AuditFilters
    from wasl.errors import Refused
    from wasl.problems import validated

    at = since.replace(tzinfo=UTC) if since is not None and since.tzinfo is None else since
    try:
        return validated(AuditFilters, {"action": action, "actor": by, "object": about, "since": at})
    except Refused as error:
        raise as_options(error) from None


def _lines(entries: "Iterable[Audited]", *, json: bool) -> None:
    if json:
        print_json_lines(entries)
        return
    for one in entries:
        why = f": {one.reason}" if one.reason else ""
        tell(f"{one.at:%Y-%m-%d %H:%M:%S}  {one.number:>6}  {_who(one)}  {one.action}  {one.object}{why}".rstrip())


def _who(one: "Audited") -> str:
    return f"{one.actor.kind} {one.actor.name or one.actor.id}"


def _table(entries: "Iterable[Audited]") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("No.", "When (UTC)", "Who", "Did", "To", "Why"):
        table.add_column(column, overflow="fold", no_wrap=column in ("No.", "When (UTC)"))
    for one in entries:
        to = "(erased)" if one.cleared else one.object
        table.add_row(*map(Text, (str(one.number), f"{one.at:%Y-%m-%d %H:%M:%S}", _who(one), one.action, to, one.reason)))
    screen().print(table)


def _say_found(found: "Verified", witness: Path | None) -> None:
    for one in found.findings:
        tell(f"{one.fault:<16} {one.sentence}")
    if found.whole:
        tell(f"{found.entries} entries, each follows from the one before; the head is {found.head}.")
    if witness is None:
        say("Without --witness LOGFILE it cannot be told whether the end was cut off, or all of it written anew.")
    elif not found.witnesses:
        say(f"{witness} has no line of an audit.witness that this installation signed.")
    else:
        say(f"Held against {found.witnesses} signed heads of {witness}.")

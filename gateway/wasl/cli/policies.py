"""`wasl policy`: what another configuration would change. Changes nothing."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli.exits import run
from wasl.cli.options import BrandName, ConfigFile, Json
from wasl.cli.screen import print_json, say, screen

if TYPE_CHECKING:
    from wasl.rehearsed import Outcome, Rehearsed

app = typer.Typer(name="policy", help="The rules that decide what is sent.", no_args_is_help=True)


@app.callback()
def _policies() -> None:
    pass


@app.command()
def rehearse(
    draft: Annotated[Path, typer.Option(metavar="F", help="The configuration to try, as it would stand in place of wasl.toml.")],
    since: Annotated[str, typer.Option(metavar="AGE", help="How far back, like 12h or 7d.")] = "7d",
    brand: BrandName = None,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Judge again what was decided, by the rules of a draft, and list what would have been otherwise.

    wasl policy rehearse --draft new.toml --since 7d
    """
    import os

    from wasl.registry import read
    from wasl.rehearsal import rehearse as rehearsing

    begin = _age(since)
    rehearsed = run(rehearsing(read(config, os.environ), read(draft, os.environ), begin, brand))
    if json:
        print_json(rehearsed)
        return
    _tell(rehearsed)


def _age(written: str) -> datetime:
    from pydantic import TypeAdapter, ValidationError

    from wasl.clock import SystemClock
    from wasl_contracts.duration import Duration

    try:
        age: timedelta = TypeAdapter(Duration).validate_python(written)
    except ValidationError as error:
        raise typer.BadParameter(error.errors(include_url=False)[0]["msg"], param_hint="--since") from None
    return SystemClock().now() - age


def _tell(rehearsed: "Rehearsed") -> None:
    from rich.table import Table

    if rehearsed.changes:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
        for column in ("Topic", "It was", "It would be", "Count", "For example"):
            table.add_column(column, overflow="fold")
        for change in rehearsed.changes:
            table.add_row(change.topic, _written(change.before), _written(change.after), str(change.count), change.examples[0])
        screen().print(table)
    say(f"{rehearsed.changed} of {rehearsed.same + rehearsed.changed} decisions would be otherwise.")
    if rehearsed.not_told:
        say(f"{rehearsed.not_told} more were made by an older wasl, whose records do not say enough.")
    if rehearsed.erased:
        say(f"{rehearsed.erased} more were about people who were erased since.")
    if rehearsed.new_channels:
        say(f"Left out, as no message had them to go by: {', '.join(rehearsed.new_channels)}.")


def _written(outcome: "Outcome") -> str:
    if outcome.channel is not None:
        return f"{outcome.fate} by {outcome.channel}"
    return f"{outcome.fate} ({outcome.reason})" if outcome.reason is not None else outcome.fate

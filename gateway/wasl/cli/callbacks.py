"""`wasl callbacks`: what providers told, and reading it again. Beside a running `wasl serve` or without one."""

from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli.exits import run
from wasl.cli.gateways import administering, looking
from wasl.cli.options import BrandName, ConfigFile, Json
from wasl.cli.screen import print_json, say, screen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wasl.callback_seen import CallbackSeen

app = typer.Typer(name="callbacks", help="What providers told of messages, and what became of it.", no_args_is_help=True)


@app.command("list")
def list_callbacks(  # noqa: PLR0913 - the options of a command
    *,
    state: Annotated[str | None, typer.Option(help="settled, waiting, orphan, unparsed or quarantine.", show_default="all")] = None,
    provider: Annotated[str | None, typer.Option(help="Only of this provider, by its name in wasl.toml.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="Go on where the list before ended: its next_cursor.")] = None,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """List what came, newest first: never what stood in it."""
    from wasl.callback_seen import ListedCallbacks
    from wasl.problems import validated

    wanted = validated(ListedCallbacks, {"state": state, "provider": provider})
    page = run(looking(config, lambda gateway: gateway.callbacks(wanted, limit=limit, cursor=cursor), brand))
    if json:
        print_json(page)
        return
    _table(page.data) if page.data else say("No callback came like that.")
    if page.has_more:
        say(f"Newest {limit}; more with --limit, or with --cursor {page.next_cursor}")


@app.command()
def retry(json: Json = False, config: ConfigFile = None) -> None:
    """Read again what was not understood, as after a plugin was updated, and match again what matched nothing."""
    read = run(administering(config, lambda gateway: gateway.reread_callbacks()))
    if json:
        print_json(read)
        return
    typer.echo(f"{read.understood} understood now, {read.left} still not; {read.matching} will be matched again by who sends.")


def _table(found: "Iterable[CallbackSeen]") -> None:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("Came", "Provider", "Told", "State", "Message"):
        table.add_column(column, overflow="fold", no_wrap=column in ("Came", "Message"))
    for one in found:
        table.add_row(f"{one.at.astimezone():%Y-%m-%d %H:%M:%S}", one.provider, one.kind or "–", one.state, one.message or "–")
    screen().print(table)

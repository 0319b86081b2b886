"""`wasl migrate`: the schema of the database. Starting migrates too; this is for those who want it to happen before."""

from typing import TYPE_CHECKING

import typer

from wasl.cli.exits import ExitCode, run
from wasl.cli.options import ConfigFile
from wasl.cli.screen import say

if TYPE_CHECKING:
    from wasl.config import Config

app = typer.Typer(name="migrate", help="The schema of the database.", no_args_is_help=True)


@app.command()
def status(config: ConfigFile = None) -> None:
    """Say which schema the database has, and which one this wasl needs. Ends with 1 where they differ."""
    from wasl.ledger.migrate import HEAD
    from wasl.ledger.opening import mending, schema_version

    found = run(schema_version(_configured(config)))
    typer.echo(found or "none")
    if found == HEAD:
        say("Up to date.")
        return
    say(f"This wasl needs {HEAD}: {mending(found) if found is not None else 'wasl migrate up'}")
    raise typer.Exit(ExitCode.FAILED)


@app.command()
def up(config: ConfigFile = None) -> None:
    """Bring the schema up to date. Safe when several do it at once, and beside a running wasl of the same schema."""
    from wasl.ledger.migrate import HEAD
    from wasl.ledger.opening import open_store

    async def work() -> None:
        await (await open_store(_configured(config), unsafe_durability=True)).close()

    run(work())
    typer.echo(HEAD)


def _configured(config: ConfigFile) -> "Config":
    import os

    from wasl.config import load

    return load(config, os.environ)

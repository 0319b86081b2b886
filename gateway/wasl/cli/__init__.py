"""The command `wasl`. Each file is a group of commands; heavy imports stand inside them, so that `wasl --help` is quick."""

import os
import sys
from typing import Annotated

import typer

from wasl.cli import (
    approvals,
    audit,
    brands,
    callbacks,
    consents,
    counting,
    developing,
    explaining,
    files,
    inspecting,
    listening,
    messages,
    migrating,
    people,
    plugins,
    policies,
    preferring,
    previewing,
    providers,
    reports,
    resending,
    retrying,
    sending,
    starting,
    suppressing,
    templates,
    users,
    webhooks,
)
from wasl.cli import verify as verifying
from wasl.cli.exits import EPILOG, explained

_EXAMPLES = """Send messages to people on any channel, with a receipt for everything.

Try it:  wasl demo

Begin:  wasl init shop && cd shop && wasl send welcome --to any:desk --data name=Ann --wait
"""

app = typer.Typer(name="wasl", help=_EXAMPLES, epilog=EPILOG, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command()(starting.demo)
app.command()(starting.init)
app.command()(developing.dev)
app.command()(starting.serve)
app.command()(starting.worker)
app.add_typer(migrating.app)
app.command()(sending.send)
app.command()(explaining.explain)
app.command()(previewing.preview)
messages.app.command()(previewing.rerender)
messages.app.command()(retrying.retry)
messages.app.command()(resending.resend)
app.add_typer(messages.app)
people.app.command("preference-url")(preferring.preference_url)
app.add_typer(people.app)
app.command()(preferring.inbound)
app.command()(listening.listen)
app.add_typer(providers.app)
app.add_typer(callbacks.app)
app.add_typer(files.app)
app.add_typer(brands.app)
templates.app.command()(previewing.preview)
app.add_typer(templates.app)
app.add_typer(counting.app)
app.add_typer(policies.app)
app.add_typer(consents.app)
app.add_typer(suppressing.app)
app.add_typer(webhooks.app)
app.add_typer(plugins.app)
app.add_typer(audit.app)
app.add_typer(approvals.app)
app.add_typer(reports.app)
app.add_typer(starting.apikey_app)
app.add_typer(users.app)
app.command()(inspecting.openapi)
app.command()(inspecting.doctor)
app.command()(verifying.verify)


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"wasl {version('wasl')}")
        raise typer.Exit


@app.callback()
def _wasl(
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.", is_eager=True, callback=_tell_version)] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; every expected error becomes sentences on stderr and an exit code."""
    try:
        app(prog_name="wasl")
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        code = explained(error)
        if code is None:
            raise
        sys.exit(code)

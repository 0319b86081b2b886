"""`wasl dev`: everything on one's own machine, with providers that only keep what they get."""

import os
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from wasl.cli.exits import run
from wasl.cli.options import ConfigFile
from wasl.cli.screen import say, tell


def dev(  # noqa: PLR0913, PLR0917 - the options of a command
    config: ConfigFile = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open the console in a browser.")] = False,
    chaos: Annotated[float, typer.Option(min=0, max=1, help="Let that share of calls go wrong.", metavar="SHARE")] = 0,
    seed: Annotated[bool, typer.Option("--seed", help="Make up a day of messages first, in several languages.")] = False,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 takes a free one.", show_default="8080, else a free one")] = None,
) -> None:
    """API, worker, console and an inbox that catches every channel, with no configuration at all. Nothing leaves this machine."""
    from wasl import log
    from wasl.capturing.mishaps import Chaos
    from wasl.dev.place import FOLDER, Place, free_port, made
    from wasl.dev.running import Development, Talk
    from wasl.dev.workshop import Workshop

    log.configure({"WASL_LOG": "error", **os.environ})
    with ExitStack() as stack:
        file = config or Path("wasl.toml")
        # Beside a configuration it is kept for the next start; without one nothing is left behind.
        folder = made(file.parent / FOLDER) if file.exists() else Path(stack.enter_context(TemporaryDirectory(prefix="wasl-dev-")))
        workshop = Workshop(Place(folder.absolute(), host, free_port(host, port)), config)
        workshop.tray.chaos = Chaos.of(chaos)
        run(Development(workshop, Talk(say, tell)).run(seeded=seed, shown=open_it), long=True)

"""The options that many commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="F", help="The configuration file.", show_default="wasl.toml")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

"""The options that many commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="F", help="The configuration file.", show_default="wasl.toml")]
BrandName = Annotated[str | None, typer.Option("--brand", metavar="NAME", help="Of which brand.", show_default="that of wasl.toml")]
UnsafeDurability = Annotated[
    bool, typer.Option("--unsafe-durability", help="Start even where a power cut could lose what was accepted (fsync switched off).")
]
AfterRestore = Annotated[
    bool,
    typer.Option("--after-restore", help="The database was restored from a backup: hold all that waits in it, as it may long be sent."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

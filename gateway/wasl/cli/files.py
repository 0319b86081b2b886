"""`wasl files`: store files for messages. Beside a running `wasl serve` or without one."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli.exits import run
from wasl.cli.gateways import administering
from wasl.cli.options import BrandName, ConfigFile, Json
from wasl.cli.screen import print_json

if TYPE_CHECKING:
    from wasl.answers import FileSeen
    from wasl.api import Gateway

app = typer.Typer(name="files", help="Files that go along with messages.", no_args_is_help=True)


@app.callback()
def _files() -> None:
    pass


@app.command()
def put(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", exists=True, dir_okay=False, readable=True)],
    media_type: Annotated[str | None, typer.Option("--type", help="What they are, like text/csv.", show_default="as they tell")] = None,
    brand: BrandName = None,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Store files of at most 25 MiB each, and print their ids for `attachments`. The same content has the same id."""
    stored = run(administering(config, lambda gateway: _stored(gateway, files, media_type), brand))
    for seen, path in zip(stored, files, strict=True):
        print_json(seen) if json else typer.echo(f"{seen.id}  {path.name}")


async def _stored(gateway: "Gateway", files: Sequence[Path], media_type: str | None) -> "list[FileSeen]":
    from wasl.errors import Problem, Refused
    from wasl.files.inspecting import LARGEST, NotSendable, check_name

    found = []
    for path in files:
        try:
            check_name(path.name)
            with path.open("rb") as opened:
                found.append(await gateway.files.put(opened.read(LARGEST + 1), media_type))
        except NotSendable as not_sent:
            raise Refused([Problem(pointer=path.name, code=not_sent.code, message=not_sent.message)]) from None
        except Refused as refused:
            raise Refused([one.model_copy(update={"pointer": path.name}) for one in refused.errors]) from None
    return found

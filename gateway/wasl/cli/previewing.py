"""`wasl preview`: what each provider would get of a message. `wasl messages rerender`: what one got, made again. Neither sends anything."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli import arguments
from wasl.cli.exits import ExitCode, as_options, run
from wasl.cli.gateways import administering, looking
from wasl.cli.options import BrandName, ConfigFile, Json
from wasl.cli.screen import print_json, say, screen

if TYPE_CHECKING:
    from pydantic import JsonValue

    from wasl.showing.seen import Preview, Rerendered


def preview(  # noqa: PLR0913 - the options of a command
    template: Annotated[str | None, typer.Argument(help="The template; or give --body.")] = None,
    *,
    to: Annotated[
        str | None, typer.Option(help="ann@example.com, +966501234567, KIND:VALUE, or a known recipient's id; without it nobody.")
    ] = None,
    body: Annotated[str | None, typer.Option(help="The text itself, in Markdown.")] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="K=TEXT|K:=JSON|@F", help="What fills the template; without it the template's examples. Repeat it."),
    ] = None,
    channel: Annotated[list[str] | None, typer.Option(help="In place of the topic's route; repeat it.")] = None,
    topic: Annotated[str | None, typer.Option(help="What it is about.")] = None,
    locale: Annotated[str | None, typer.Option(help="The language, like ar.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write pages to look at, and the bytes of each channel.", file_okay=False)
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Write the pages, and open them in the browser.")] = False,
    brand: BrandName = None,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Show a message as each channel's provider would get it, with its size and cost: wasl preview welcome --locale ar --open.

    Sends nothing and keeps nothing. Exit code 1 where nothing could be shown.
    """
    if (template is None) == (body is None):
        raise typer.BadParameter("give either a template or --body")
    fields: dict[str, JsonValue] = {
        "template": template, "content": {"body": body} if body is not None else None, "data": arguments.data(data or ()) or None,
        "channels": list(channel or ()) or None, "topic": topic, "locale": locale,
    }  # fmt: skip
    found = _previewed(config, arguments.To(to, None) if to is not None else None, fields, brand)
    if out is not None or open_it:
        _put_down(found, out, open_it=open_it)
    if json:
        print_json(found)
    elif not open_it:
        from wasl.showing.terminal import previewed

        screen().print(previewed(found))
    if all(one.content is None for one in found.channels):
        raise typer.Exit(ExitCode.FAILED)


def rerender(
    message_id: Annotated[str, typer.Argument(metavar="ID")],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the bytes of each call.", file_okay=False)] = None,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Make again what was handed over for a message, and tell whether it is equal to the byte, or what is gone or has changed.

    Sends nothing. Exit code 1 unless all of it is equal.
    """
    found = run(looking(config, lambda gateway: gateway.rerender(message_id), brand))
    if out is not None:
        _put_calls(found, out)
    if json:
        print_json(found)
    else:
        from wasl.showing.terminal import rerendered

        screen().print(rerendered(found))
    if not found.equal:
        raise typer.Exit(ExitCode.FAILED)


def _previewed(config: Path | None, to: arguments.To | None, fields: "dict[str, JsonValue]", brand: str | None) -> "Preview":
    from wasl.errors import Refused
    from wasl.problems import validated
    from wasl.registry import read
    from wasl.showing.seen import Glimpse

    specs = read(config, os.environ)
    recipient = to.recipient([specs[name] for name in specs.plugins]) if to is not None else None
    try:
        glimpse = validated(Glimpse, {name: value for name, value in {"to": recipient, **fields}.items() if value is not None})
        return run(administering(config, lambda gateway: gateway.show(glimpse), brand))
    except Refused as error:
        raise as_options(error) from None


def _put_down(found: "Preview", out: Path | None, *, open_it: bool) -> None:
    from tempfile import mkdtemp

    from wasl.showing.pages import write

    index = write(found, out or Path(mkdtemp(prefix="wasl-preview-")))
    say(f"Look at {index}")
    if open_it:
        typer.launch(index.resolve().as_uri())


def _put_calls(found: "Rerendered", out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for attempt in found.attempts:
        if attempt.wire is not None:
            (out / f"{attempt.id}.bin").write_bytes(attempt.wire)

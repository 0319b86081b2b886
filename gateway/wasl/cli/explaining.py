"""`wasl explain`: what would become of a message. Sends nothing, changes nothing."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli import arguments
from wasl.cli.exits import ExitCode, run
from wasl.cli.gateways import looking_with
from wasl.cli.options import BrandName, ConfigFile, Json
from wasl.cli.screen import print_json, screen
from wasl.cli.sending import ModeName

if TYPE_CHECKING:
    from pydantic import JsonValue

    from wasl.explanations import Explanation


def explain(  # noqa: PLR0913 - the options of a command
    template: Annotated[str | None, typer.Argument(help="The template; or give --body.")] = None,
    *,
    to: Annotated[str, typer.Option(help="ann@example.com, +966501234567, KIND:VALUE such as slack_user:U123, or a known recipient's id.")],
    body: Annotated[str | None, typer.Option(help="The text itself, in Markdown.")] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="K=TEXT|K:=JSON|@F", help="What fills the template: order=1042, count:=3, or @file.json; repeat it."),
    ] = None,
    channel: Annotated[list[str] | None, typer.Option(help="In place of the topic's route; repeat it.")] = None,
    mode: Annotated[ModeName | None, typer.Option(help="Channels in order until one succeeds, or all.")] = None,
    topic: Annotated[str | None, typer.Option(help="What it is about.")] = None,
    about: Annotated[str | None, typer.Option(help="The thing that it is about, like order-1042.")] = None,
    locale: Annotated[str | None, typer.Option(help="The recipient's language, like ar.")] = None,
    at: Annotated[
        datetime | None, typer.Option(metavar="ISO", parser=arguments.moment, help="At another moment; local where no zone is.")
    ] = None,
    brand: BrandName = None,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Tell whether a message would go, when, by what, and why or why not: wasl explain welcome --to ann@example.com --at 2026-12-01T23:00.

    Exit code 5 where it would not be sent at that moment.
    """
    if (template is None) == (body is None):
        raise typer.BadParameter("give either a template or --body")
    fields: dict[str, JsonValue | datetime] = {
        "template": template, "content": {"body": body} if body is not None else None, "data": arguments.data(data or ()) or None,
        "channels": list(channel or ()) or None, "mode": mode.value if mode else None, "topic": topic, "about": about, "at": at,
    }  # fmt: skip
    explanation = run(_explained(config, arguments.To(to, locale), fields, brand))
    if json:
        print_json(explanation)
    else:
        from wasl.terminal_explaining import explained

        screen().print(explained(explanation))
    if explanation.verdict != "send":
        raise typer.Exit(ExitCode.WITHHELD)


async def _explained(config: Path | None, to: arguments.To, fields: "dict[str, JsonValue | datetime]", brand: str | None) -> "Explanation":
    import os

    from wasl.explanations import Question
    from wasl.problems import validated
    from wasl.registry import read

    specs = read(config, os.environ)
    given = {"to": to.recipient([specs[name] for name in specs.plugins]), **fields}
    question = validated(Question, {name: value for name, value in given.items() if value is not None})
    return await looking_with(specs, lambda gateway: gateway.answer(question), brand)

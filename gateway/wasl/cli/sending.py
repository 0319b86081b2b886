"""`wasl send`: a template or a text to one recipient, from the command line."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from wasl.cli import arguments
from wasl.cli.exits import ExitCode, run
from wasl.cli.gateways import seen_as
from wasl.cli.options import BrandName, ConfigFile, Json, UnsafeDurability
from wasl.cli.screen import print_json, say

if TYPE_CHECKING:
    from pydantic import JsonValue

    from wasl.answers import MessageSeen
    from wasl.api import Gateway
    from wasl_contracts import Message

_PATIENCE = 10.0  # seconds in which this process sends what nobody else would
_LONG_PATIENCE = 60.0


class ModeName(StrEnum):
    """How channels are used."""

    FIRST = "first"
    ALL = "all"


def send(  # noqa: PLR0913 - the options of a command
    template: Annotated[str | None, typer.Argument(help="The template; or give --body.")] = None,
    *,
    to: Annotated[str, typer.Option(help="ann@example.com, +966501234567, KIND:VALUE such as slack_user:U123, or a known recipient's id.")],
    body: Annotated[str | None, typer.Option(help="The text itself, in Markdown.")] = None,
    title: Annotated[str | None, typer.Option(help="The title of --body.")] = None,
    action: Annotated[list[str] | None, typer.Option(metavar="LABEL=URL", help="A link to show with --body; repeat it.")] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="K=TEXT|K:=JSON|@F", help="What fills the template: order=1042, count:=3, or @file.json; repeat it."),
    ] = None,
    channel: Annotated[list[str] | None, typer.Option(help="In place of the topic's route; repeat it.")] = None,
    mode: Annotated[ModeName | None, typer.Option(help="Channels in order until one succeeds, or all.")] = None,
    topic: Annotated[str | None, typer.Option(help="What it is about.")] = None,
    locale: Annotated[str | None, typer.Option(help="The recipient's language, like ar.")] = None,
    at: Annotated[datetime | None, typer.Option(metavar="ISO", parser=arguments.moment, help="Not before; local where no zone is.")] = None,
    about: Annotated[str | None, typer.Option(metavar="KEY", help="Your label for the thing it is about, like order-1042.")] = None,
    supersedes: Annotated[bool, typer.Option("--supersedes", help="Older messages --about the same thing do not go any more.")] = False,
    fact: Annotated[str | None, typer.Option(metavar="KEY", help="Of the messages to them with one fact, one goes.")] = None,
    idempotency_key: Annotated[str | None, typer.Option(metavar="KEY", help="The same key again sends nothing again.")] = None,
    brand: BrandName = None,
    unsafe_durability: UnsafeDurability = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is sent or has failed; the exit code tells which.")] = False,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Send one message: wasl send welcome --to ann@example.com --data name=Ann --wait.

    Where no other process sends, this one does.
    """
    if (template is None) == (body is None):
        raise typer.BadParameter("give either a template or --body")
    if body is None and (title is not None or action):
        raise typer.BadParameter("--title and --action belong to --body; a template has its own")
    if supersedes and about is None:
        raise typer.BadParameter("--supersedes needs --about: say what the message is about")
    content: dict[str, JsonValue] | None = None
    if body is not None:
        content = {"title": title or "", "body": body, "actions": [arguments.action(one) for one in action or ()]}
    fields: dict[str, JsonValue | datetime] = {
        "template": template, "content": content, "data": arguments.data(data or ()) or None, "channels": list(channel or ()) or None,
        "mode": mode.value if mode else None, "topic": topic, "send_at": at, "about": about, "supersedes": supersedes, "fact": fact,
    }  # fmt: skip
    seen = run(_sent(config, arguments.To(to, locale), fields, _How(idempotency_key, wait, unsafe_durability, brand)))
    if json:
        print_json(seen)
    else:
        _tell(seen)
    if wait:
        raise typer.Exit(_outcome(seen))


class _How(NamedTuple):
    """What is not part of the message."""

    key: str | None
    wait: bool
    unsafe_durability: bool
    brand: str | None


async def _sent(config: Path | None, to: arguments.To, fields: "dict[str, JsonValue | datetime]", how: _How) -> "MessageSeen":
    import os
    from getpass import getuser

    from wasl.api import Gateway
    from wasl.audited import Actor
    from wasl.problems import validated
    from wasl.registry import read
    from wasl_contracts import Message

    specs = read(config, os.environ)
    recipient = to.recipient([specs[name] for name in specs.plugins])
    given = {"to": recipient, **fields}
    message = validated(Message, {name: value for name, value in given.items() if value is not None})
    async with Gateway(specs, unsafe_durability=how.unsafe_durability) as gateway:
        return await _followed(seen_as(gateway.by(Actor("cli", getuser())), how.brand), message, how)


async def _followed(gateway: "Gateway", message: "Message", how: _How) -> "MessageSeen":
    """Accept it, and stay for as long as it makes sense: the caller asked for it, or nobody else would send it."""
    from wasl.clock import SystemClock

    accepted = await gateway.accept(message, how.key)
    due = accepted.due_at <= SystemClock().now()
    patience = _LONG_PATIENCE if how.wait else _PATIENCE if gateway.sends and due else 0
    if patience:
        try:
            return await gateway.wait(accepted.id, timeout=patience)
        except TimeoutError:
            pass  # it goes on without us; its state says so
    return await gateway.get(accepted.id)


def _tell(seen: "MessageSeen") -> None:
    typer.echo(f"{seen.id} {seen.state}")
    if seen.reason is not None:
        say(f"{seen.reason.sentence} {seen.reason.next_step}")
    if seen.due_at > seen.created_at:
        say(f"It goes at {seen.due_at.astimezone():%Y-%m-%d %H:%M:%S %Z}; keep `wasl serve` or `wasl worker` running.")
    say(f"See what happened: wasl messages show {seen.id}")


def _outcome(seen: "MessageSeen") -> ExitCode:
    from wasl_contracts import State

    arrived = [delivery.state in (State.SENT, State.DELIVERED) for delivery in seen.deliveries]
    one_is_enough = seen.timeline[0].facts.get("mode") == ModeName.FIRST
    if all(arrived) or (one_is_enough and any(arrived)):
        return ExitCode.OK
    if any(arrived):
        return ExitCode.PARTIAL
    return ExitCode.WITHHELD if seen.state is State.WITHHELD else ExitCode.FAILED

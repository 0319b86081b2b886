"""`wasl messages`: what was sent, beside a running `wasl serve` or without one. Never takes the worker role."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli import arguments
from wasl.cli.exits import ExitCode, as_options, run
from wasl.cli.gateways import administering, looking
from wasl.cli.options import BrandName, ConfigFile, Json
from wasl.cli.screen import print_json, print_json_lines, say, screen, tell

if TYPE_CHECKING:
    from wasl.answers import MessageSummary
    from wasl.api import Filters, Gateway

app = typer.Typer(name="messages", help="What was sent, and what became of it.", no_args_is_help=True)

_LOOK_EVERY = 0.5  # seconds
State = Annotated[str | None, typer.Option(help="accepted, scheduled, sending, sent, delivered, failed, withheld, …")]
Channel = Annotated[str | None, typer.Option(help="Only what went by this channel.")]
Recipient = Annotated[str | None, typer.Option(help="Only to the recipient of this id.")]
Topic = Annotated[str | None, typer.Option(help="Only about this topic.")]
Template = Annotated[str | None, typer.Option(help="Only of this template.")]


@app.command("list")
def list_messages(  # noqa: PLR0913 - the options of a command
    query: Annotated[
        str | None, typer.Argument(metavar="[QUERY]", help="Such as 'is:failed channel:sms after:24h', or an address.")
    ] = None,
    *,
    state: State = None,
    reason: Annotated[str | None, typer.Option(help="Only for this reason, like poison or after_restore.")] = None,
    channel: Channel = None,
    recipient: Recipient = None,
    topic: Topic = None,
    template: Template = None,
    since: Annotated[datetime | None, typer.Option(metavar="ISO", parser=arguments.moment, help="Only accepted from then on.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """List messages, newest first."""
    from wasl.clock import SystemClock
    from wasl.terminal import listing

    if query is not None:
        if since or any((state, reason, channel, recipient, topic, template)):
            raise typer.BadParameter("say it all in the query, or all by options")
        _list_found(query, limit, (config, brand), json=json)
        return
    filters = filters_of(state=state, reason=reason, channel=channel, recipient=recipient, topic=topic, template=template, since=since)
    page = run(looking(config, lambda gateway: gateway.list(filters, limit=limit), brand))
    if json:
        print_json(page)
        return
    if page.data:
        screen().print(listing(page.data, SystemClock().now()))
        say(f"Newest {limit}; more with --limit." if page.has_more else "One of them: wasl messages show ID")
    else:
        say("No message fits. Send one: wasl send --help")


@app.command()
def show(
    message_id: Annotated[str, typer.Argument(metavar="ID")], json: Json = False, brand: BrandName = None, config: ConfigFile = None
) -> None:
    """Show one message: where it is, why, what happened, and what was decided."""
    from wasl.terminal import whole

    seen = run(looking(config, lambda gateway: gateway.get(message_id), brand))
    if json:
        print_json(seen)
    else:
        screen().print(whole(seen))


@app.command()
def cancel(
    message_id: Annotated[str, typer.Argument(metavar="ID")], json: Json = False, brand: BrandName = None, config: ConfigFile = None
) -> None:
    """Cancel what has not begun to leave."""
    seen = run(administering(config, lambda gateway: gateway.cancel(message_id), brand))
    if json:
        print_json(seen)
    else:
        tell(f"{seen.id} {seen.state}")


@app.command()
def tail(  # noqa: PLR0913 - the options of a command
    *,
    state: State = None,
    channel: Channel = None,
    recipient: Recipient = None,
    topic: Topic = None,
    template: Template = None,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Follow new messages, and what becomes of them, until Ctrl-C."""
    from wasl.clock import SystemClock

    since = SystemClock().now()
    filters = filters_of(state=state, channel=channel, recipient=recipient, topic=topic, template=template, since=since)

    async def follow(gateway: "Gateway") -> None:
        async for one in _changes(gateway, filters):
            if json:
                print_json_lines([one])
            else:
                reason = f"  {one.reason.sentence}" if one.reason else ""
                tell(f"{one.created_at.astimezone():%H:%M:%S}  {one.id}  {one.state:<9}  {','.join(one.channels)}{reason}")

    say("Following. Ctrl-C ends it.")
    run(looking(config, follow, brand))


def _list_found(query: str, limit: int, where: "tuple[Path | None, str | None]", *, json: bool) -> None:
    """What a query finds; a query that cannot be read is pointed at."""
    from wasl.clock import SystemClock
    from wasl.searching.tokens import Misread
    from wasl.terminal_found import found, pointed, told

    config, brand = where
    zone = SystemClock().now().astimezone().tzinfo or UTC
    try:
        page = run(looking(config, lambda gateway: gateway.search(query, limit=limit, zone=zone), brand))
    except Misread as misread:
        say(pointed(query, misread.spots))
        raise typer.Exit(ExitCode.USAGE) from None
    if json:
        print_json(page)
        return
    if page.data:
        screen().print(found(page.data, SystemClock().now()))
    say(told(page))


def filters_of(**given: "str | datetime | None") -> "Filters":
    """What was written as options; raises Refused."""
    from wasl.api import Filters
    from wasl.errors import Refused
    from wasl.problems import validated

    try:
        return validated(Filters, given)
    except Refused as error:
        raise as_options(error) from None


async def _changes(gateway: "Gateway", filters: "Filters") -> "AsyncIterator[MessageSummary]":
    """Messages that fit, oldest first, as they come, each again when its state has changed."""
    shown: dict[str, str] = {}
    while True:
        page = await gateway.list(filters, limit=1000)
        for one in reversed(page.data):
            if shown.get(one.id) != one.state:
                yield one
        shown = {one.id: one.state for one in page.data}
        await asyncio.sleep(_LOOK_EVERY)

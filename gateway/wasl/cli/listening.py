"""`wasl listen`: what happens, as it happens, on the screen or to a program on this machine."""

import os
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli.exits import as_options, run
from wasl.cli.gateways import looking
from wasl.cli.options import BrandName, ConfigFile, Json
from wasl.cli.screen import print_json_lines, say, tell

if TYPE_CHECKING:
    from wasl.api import Gateway
    from wasl.feed.seen import FeedEvent
    from wasl.forwarding import Forwarding

_SECRET = "WASL_LISTEN_SECRET"  # noqa: S105 - where it is, not what it is


def listen(  # noqa: PLR0913 - the options of a command
    *,
    forward_to: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Post each event there too, signed as a webhook's would be: http://127.0.0.1:3000/hook"),
    ] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Only events of this type, like message.bounced; repeat it.", show_default="all")
    ] = None,
    message: Annotated[str | None, typer.Option(metavar="ID", help="Only what happens to this message.")] = None,
    recipient: Annotated[str | None, typer.Option(help="Only what happens to messages to the recipient of this id.")] = None,
    after: Annotated[
        str | None, typer.Option(metavar="ID", help="Begin after this event; `start`: with all that is kept.", show_default="from now on")
    ] = None,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Follow what happens to messages, until Ctrl-C. Beside a running `wasl serve`, on this machine's database.

    With --forward-to each event is posted once; what fails is told, and not tried again. The signature's secret is new each time, or that
    of WASL_LISTEN_SECRET.
    """
    from wasl.errors import Refused

    async def follow(gateway: "Gateway") -> None:
        async with AsyncExitStack() as stack:
            poster = await stack.enter_async_context(gateway.forwarding(forward_to, _secret())) if forward_to is not None else None
            listener = await stack.enter_async_context(
                gateway.listening(after=after, types=types or (), message=message, recipient=recipient)
            )
            say("Listening. Ctrl-C ends it.")
            while True:
                for event in await listener.take(60):
                    await _show(event, poster, json=json)

    try:
        run(looking(config, follow, brand))
    except Refused as error:
        raise as_options(error) from None


async def _show(event: "FeedEvent", poster: "Forwarding | None", *, json: bool) -> None:
    if json:
        print_json_lines([event.model_dump(mode="json", exclude_none=True)])
    else:
        tell(
            "  ".join(filter(None, (f"{event.at.astimezone():%H:%M:%S}", f"{event.type:<20}", event.message, event.channel, event.reason)))
        )
    if poster is not None:
        answered = await poster.post(event)
        say(f"  → {answered.status or answered.code} in {answered.ms} ms")


def _secret() -> str:
    from wasl.webhooks.signing import new_secret

    if (given := os.environ.get(_SECRET)) is not None:
        return given
    made = new_secret()
    say(f"Signed with {made} (set {_SECRET} to keep it)")
    return made

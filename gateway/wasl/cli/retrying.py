"""`wasl messages retry`: send again what failed, by id or all that fit."""

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli import arguments
from wasl.cli.exits import ExitCode, as_options, explained, run
from wasl.cli.gateways import administering
from wasl.cli.messages import Channel, Recipient, Template, Topic, filters_of
from wasl.cli.options import BrandName, ConfigFile, Json
from wasl.cli.screen import print_json, print_json_lines, say, tell

if TYPE_CHECKING:
    from wasl.answers import MessageSeen, Retried
    from wasl.api import Gateway
    from wasl.errors import WaslError


def retry(  # noqa: PLR0913 - the options of a command
    *,
    message_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Which messages; or say it by options.")] = None,
    state: Annotated[str | None, typer.Option(help="failed, expired, bounced or unknown.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why they ended, like provider_rejected, poison or after_restore.")] = None,
    channel: Channel = None,
    recipient: Recipient = None,
    topic: Topic = None,
    template: Template = None,
    since: Annotated[datetime | None, typer.Option(metavar="ISO", parser=arguments.moment, help="Only accepted from then on.")] = None,
    possible_duplicate: Annotated[bool, typer.Option("--possible-duplicate", help="Also what may have arrived; it is marked.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Send messages again, with their whole life and route before them. What options select is counted and asked about first."""
    from wasl.errors import Refused, WaslError

    given = {"state": state, "reason": reason, "channel": channel, "recipient": recipient, "topic": topic, "template": template}
    if message_ids and (since or any(given.values())):
        raise typer.BadParameter("name messages by id, or select them by options, not both")
    if message_ids:
        ended = run(administering(config, lambda gateway: _each(gateway, message_ids, possible_duplicate), brand))
        seen = [one for one in ended if not isinstance(one, WaslError)]
        print_json_lines(seen) if json else _tell_each(seen)
        raise typer.Exit(_said([one for one in ended if isinstance(one, WaslError)], some=bool(seen)))
    filters = filters_of(**given, since=since)

    async def work(gateway: "Gateway") -> "Retried":
        preview = await gateway.retry_all(filters, possible_duplicate=possible_duplicate, dry_run=True)
        _tell(preview)
        if not preview.retried:
            return preview
        if not yes and not _agreed(f"Send {preview.retried} again? [y/N]"):
            raise typer.Exit(ExitCode.FAILED)
        return await gateway.retry_all(filters, possible_duplicate=possible_duplicate)

    try:
        done = run(administering(config, work, brand))
    except Refused as error:
        raise as_options(error) from None
    if json:
        print_json(done)
    else:
        tell(f"{done.retried} on their way again")


def _agreed(question: str) -> bool:
    """Ask on stderr: stdout is for data. No answer is a no."""
    say(question)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


async def _each(gateway: "Gateway", message_ids: list[str], possible_duplicate: bool) -> "list[MessageSeen | WaslError]":
    from wasl.errors import WaslError

    ended: list[MessageSeen | WaslError] = []
    for message_id in message_ids:
        try:
            ended.append(await gateway.retry(message_id, possible_duplicate=possible_duplicate))
        except WaslError as error:
            ended.append(error)
    return ended


def _tell_each(seen: "list[MessageSeen]") -> None:
    for one in seen:
        tell(f"{one.id} {one.state}")


def _said(errors: "list[WaslError]", *, some: bool) -> ExitCode:
    for error in errors:
        error.suggested_action = _with_options(error.suggested_action)
        explained(error)
    if not errors:
        return ExitCode.OK
    return ExitCode.PARTIAL if some else ExitCode.FAILED


def _tell(preview: "Retried") -> None:
    from wasl.answers import LEFT_ALONE
    from wasl_contracts import Reason

    if not preview.retried and not preview.left_alone:
        say("No message fits.")
    for code, count in sorted(preview.by_reason.items(), key=lambda item: -item[1]):
        say(f"{count:>7}  {code}: {Reason(code).sentence}" if code != "none" else f"{count:>7}  without a reason")
    for why, count in preview.left_alone.items():
        sentence, next_step = LEFT_ALONE[why]
        say(f"{count:>7}  left alone. {sentence} {_with_options(next_step)}")


def _with_options(next_step: str) -> str:
    """The next step as it is written on a command line."""
    return next_step.replace("(possible_duplicate)", "(--possible-duplicate)")

"""`wasl messages resend`: send a message again as a new one, or tell what that would do."""

from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli.exits import ExitCode, as_options, run
from wasl.cli.gateways import administering
from wasl.cli.options import BrandName, ConfigFile, Json
from wasl.cli.screen import print_json, say, screen, tell

if TYPE_CHECKING:
    from wasl.answers import Accepted
    from wasl.api import Gateway
    from wasl.resent_seen import ResendSeen


def resend(  # noqa: PLR0913 - the options of a command
    message_id: Annotated[str, typer.Argument(metavar="ID")],
    *,
    channel: Annotated[str | None, typer.Option(help="By this channel in place of its own.")] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Also what was confirmed, or replaced by a newer one.")] = False,
    key: Annotated[str | None, typer.Option(help="Makes repetitions of this command send once, like ticket-4711.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be, and what the person has already.")] = False,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Send a message again as a new one that is tied to the old: filled anew, and only as all rules allow today.

    To try the very same message once more: wasl messages retry. With --dry-run, exit code 5 where it would not be sent.
    """
    from wasl.errors import Refused
    from wasl.ids import new_request_id

    async def foresee(gateway: "Gateway") -> "ResendSeen":
        return await gateway.foresee_resend(message_id, channel=channel)

    async def send(gateway: "Gateway") -> "Accepted":
        return await gateway.resend(message_id, channel=channel, anyway=anyway, token=key or new_request_id())

    try:
        if dry_run:
            _tell(run(administering(config, foresee, brand)), json=json, anyway=anyway)
            return
        accepted = run(administering(config, send, brand))
    except Refused as error:
        raise as_options(error) from None
    if json:
        print_json(accepted)
    else:
        tell(accepted.id)
        say(f"It is on its way as a new message: wasl messages show {accepted.id}")


def _tell(seen: "ResendSeen", *, json: bool, anyway: bool) -> None:
    from wasl.terminal_explaining import explained

    if json:
        print_json(seen)
    else:
        for one in seen.has:
            which = "this very message" if one.own else one.message
            say(f"The person {'has' if one.certain else 'may have'} {which} ({one.state}, {one.at.astimezone():%Y-%m-%d %H:%M}).")
        if seen.explanation is not None:
            screen().print(explained(seen.explanation))
        if seen.refused is not None:
            say(f"{seen.sentence} {seen.next_step.replace('(anyway)', '(--anyway)')}")
    if seen.refused is not None and not (anyway and seen.overridable):
        raise typer.Exit(ExitCode.WITHHELD)

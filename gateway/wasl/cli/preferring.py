"""`wasl people preference-url` and `wasl inbound`: what recipients do for themselves. Beside a running `wasl serve` or without one."""

from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli.exits import run
from wasl.cli.gateways import administering
from wasl.cli.options import BrandName, ConfigFile, Json
from wasl.cli.screen import print_json, tell

if TYPE_CHECKING:
    from wasl.api import Gateway
    from wasl.inbound import InboundSeen
    from wasl.preferences import PreferenceLink


def preference_url(  # noqa: PLR0913, PLR0917 - the arguments and options of a command
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Your own id of the recipient.")],
    topic: Annotated[str | None, typer.Option(help="One click stops this topic.")] = None,
    channel: Annotated[str | None, typer.Option(help="One click stops this channel.")] = None,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Print the link to their preference page. Whoever has it can choose for them."""

    async def made(gateway: "Gateway") -> "PreferenceLink":
        from wasl.preferences import PreferenceLink

        return PreferenceLink(url=gateway.preference_url(person, topic=topic, channel=channel))

    link = run(administering(config, made, brand))
    print_json(link) if json else tell(link.url)


def inbound(  # noqa: PLR0913, PLR0917 - the arguments and options of a command
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where the text came from, like +966501234567.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The whole text.")],
    channel: Annotated[str | None, typer.Option(help="On which channel, where the address does not tell.")] = None,
    kind: Annotated[str | None, typer.Option(help="The kind of the address, where the channel does not tell.")] = None,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Obey a text that a person sent: STOP, START and HELP, where that is all of it."""
    heard = run(administering(config, lambda gateway: gateway.inbound_text(channel, address, text, kind=kind), brand))
    print_json(heard) if json else _tell(heard)


def _tell(heard: "InboundSeen") -> None:
    said = {
        ("stop", True): "STOP: nothing is sent there any more.",
        ("stop", False): "STOP: nothing was sent there before either.",
        ("start", True): "START: what STOP did is taken back.",
        ("start", False): "START: there was no STOP to take back.",
        ("help", False): "HELP.",
    }
    otherwise = "It may mean STOP: somebody should read it." if heard.maybe_stop else "It means nothing that wasl knows."
    tell(said.get((heard.meaning or "", heard.changed), otherwise))
    if heard.reply is not None:
        tell(f"Answer: {heard.reply}")

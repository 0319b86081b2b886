"""`wasl consent`: what people said of topics and channels. Beside a running `wasl serve` or without one."""

from collections.abc import Sequence
from datetime import datetime
from getpass import getuser
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli import arguments
from wasl.cli.exits import run
from wasl.cli.gateways import administering, looking
from wasl.cli.options import BrandName, ConfigFile, Json
from wasl.cli.screen import print_json, screen, tell

if TYPE_CHECKING:
    from wasl.consent import ConsentChange, ConsentSeen

app = typer.Typer(name="consent", help="What people granted and withdrew, by topic and channel.", no_args_is_help=True)

Person = Annotated[str, typer.Argument(metavar="PERSON", help="Your own id of the recipient.")]
Topic = Annotated[str, typer.Option(help="A topic, or * for all of them.")]
Channel = Annotated[str, typer.Option(help="A channel, or * for all of them.")]
Source = Annotated[str, typer.Option(help="How it came: api, preference_page, one_click, keyword, import or support.")]
Actor = Annotated[str | None, typer.Option(help="Who writes it down.", show_default="you")]
Wording = Annotated[str | None, typer.Option(help="The words that were shown to them.")]
Version = Annotated[str | None, typer.Option("--wording-version", help="Which version of the words.")]
Locale = Annotated[str | None, typer.Option(help="The language of the words, like ar.")]
Ip = Annotated[str | None, typer.Option("--ip", help="The IP address that it came from; kept encrypted.")]


@app.command()
def show(
    person: Person,
    at: Annotated[datetime | None, typer.Option(metavar="ISO", parser=arguments.moment, help="What held at that moment.")] = None,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Show what holds for each topic and channel, and everything that they said."""
    seen = run(looking(config, lambda gateway: gateway.consent(person, at=at), brand))
    print_json(seen) if json else _tell(seen)


@app.command()
def grant(  # noqa: PLR0913 - the options of a command
    *,
    person: Person,
    topic: Topic,
    channel: Channel,
    source: Source = "support",
    actor: Actor = None,
    wording: Wording = None,
    wording_version: Version = None,
    locale: Locale = None,
    ip: Ip = None,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Write down that they granted it, with the evidence."""
    evidence = {"wording": wording, "wording_version": wording_version, "locale": locale, "ip": ip}
    changes = _change(topic=topic, channel=channel, state="granted", source=source, actor=actor or _me(), **evidence)
    seen = run(administering(config, lambda gateway: gateway.record_consent(person, changes), brand))
    print_json(seen) if json else tell(f"{seen.rows[-1].id} granted")


@app.command()
def withdraw(  # noqa: PLR0913 - the options of a command
    *,
    person: Person,
    topic: Topic = "*",
    channel: Channel = "*",
    source: Source = "support",
    actor: Actor = None,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Write down that they do not want it any more; what has not begun to leave stays here."""
    changes = _change(topic=topic, channel=channel, state="withdrawn", source=source, actor=actor or _me())
    seen = run(administering(config, lambda gateway: gateway.record_consent(person, changes), brand))
    print_json(seen) if json else tell(f"{seen.rows[-1].id} withdrawn")


@app.command()
def ask(  # noqa: PLR0913 - the options of a command
    *,
    person: Person,
    topic: Topic,
    channel: Channel,
    wording: Wording = None,
    wording_version: Version = None,
    locale: Locale = None,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Begin a double opt-in: print the token by which they confirm. It sends nothing."""
    words = {"wording": wording, "wording_version": wording_version, "locale": locale}
    token = run(administering(config, lambda gateway: gateway.ask_consent(person, topic, channel, **words), brand))
    print_json({"token": token}) if json else tell(token)


@app.command()
def confirm(token: Annotated[str, typer.Argument(metavar="TOKEN")], ip: Ip = None, json: Json = False, config: ConfigFile = None) -> None:
    """Grant what a token was issued for; again is as good as once."""
    seen = run(administering(config, lambda gateway: gateway.confirm_consent(token, ip=ip)))
    print_json(seen) if json else tell(f"{seen.recipient} confirmed")


def _change(**told: str | None) -> "Sequence[ConsentChange]":
    from wasl.consent import ConsentChange
    from wasl.problems import validated

    return [validated(ConsentChange, told)]


def _me() -> str:
    return f"{getuser()} by wasl consent"


def _tell(seen: "ConsentSeen") -> None:
    from rich.table import Table

    holds = Table(
        "Topic", "Channel", "May go", "They said", "Rule", "By", box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False
    )
    for one in seen.effective:
        goes = "yes" if one.allowed else f"no: {one.reason}"
        holds.add_row(one.topic, one.channel, goes, "–" if one.state == "none" else one.state, one.rule, one.source)
    said = Table(
        "When (UTC)", "Topic", "Channel", "", "Source", "Who", "Row", box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False
    )
    for row in seen.rows:
        said.add_row(f"{row.at:%Y-%m-%d %H:%M:%S}", row.topic, row.channel, row.state, row.source, row.actor, row.id)
    screen().print(holds)
    if seen.rows:
        screen().print()
        screen().print(said)

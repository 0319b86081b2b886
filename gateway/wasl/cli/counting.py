"""`wasl sms`: what a text takes as an SMS, before it is sent. Opens no database."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli.options import ConfigFile, Json
from wasl.cli.screen import print_json, say

if TYPE_CHECKING:
    from wasl.config import Config
    from wasl_contracts import Address

app = typer.Typer(name="sms", help="What a text takes as an SMS.", no_args_is_help=True)


@app.callback()
def _sms() -> None:
    pass


@app.command()
def count(
    text: Annotated[str, typer.Argument(help="The text, or - to read it from stdin.")],
    *,
    to: Annotated[str | None, typer.Option(metavar="NUMBER", help="To whom: prices depend on it.")] = None,
    provider: Annotated[str | None, typer.Option(metavar="NAME", help="By which provider.", show_default="the first one of sms")] = None,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Count segments, name the characters that make it dear, and tell the price if one is known: wasl sms count "طلبك في الطريق"."""
    import os

    from wasl.costing import Costing
    from wasl.policies.prices import Prices
    from wasl.registry import read

    told = read(config, os.environ).config
    costing = Costing(told, Prices(told.prices))
    counted = costing.count(_read(text), _carrier(provider, told), _address(to, told) if to is not None else None)
    if json:
        print_json(counted)
        return
    unit = "septet" if counted.encoding == "gsm7" else "UTF-16 unit"
    table = f" with the {counted.table} table" if counted.table is not None else ""
    typer.echo(f"{counted.segments} segment{'' if counted.segments == 1 else 's'}, {counted.encoding}{table}")
    typer.echo(f"{counted.units} {unit}{'' if counted.units == 1 else 's'}, {counted.left} left in the last segment")
    for one in counted.forced_by:
        typer.echo(f"needs ucs2: {one.character} {one.name}, character {one.position + 1}")
    if counted.plainer_segments is not None:
        typer.echo(f"with plain typography: {counted.plainer_segments}")
    if counted.cost is not None:
        typer.echo(f"costs {counted.cost.amount} {counted.cost.currency}")
    elif told.prices:
        say("No price is known for that number." if to else "No price holds for every number; tell which one with --to.")


def _read(text: str) -> str:
    from pydantic_core import PydanticCustomError

    from wasl_contracts.model import without_nul

    if text == "-":
        text = sys.stdin.buffer.read().decode(errors="surrogateescape").removesuffix("\n")
    if not text:
        raise typer.BadParameter("is empty; write the text", param_hint="TEXT")
    try:
        return without_nul(text)
    except PydanticCustomError as wrong:
        told = "is not UTF-8; save it as UTF-8" if wrong.type == "invalid_unicode" else wrong.message()
        raise typer.BadParameter(told, param_hint="TEXT") from None


def _carrier(provider: str | None, config: "Config") -> str:
    if provider is not None and provider not in config.providers:
        known = ", ".join(config.providers) or "none"
        raise typer.BadParameter(f"is not a provider of the configuration; there are: {known}", param_hint="--provider")
    of_sms = config.channels.get("sms", ())
    if provider is not None and provider not in of_sms:
        raise typer.BadParameter(f"is not a provider of sms; there are: {', '.join(of_sms) or 'none'}", param_hint="--provider")
    return provider or next(iter(of_sms), "")


def _address(number: str, config: "Config") -> "Address":
    from wasl.addresses import BadAddress, normal_phone
    from wasl_contracts import Address

    try:
        return Address(channel="sms", kind="phone", value=normal_phone(number, config.country))
    except BadAddress as bad:
        raise typer.BadParameter(bad.message, param_hint="--to") from None

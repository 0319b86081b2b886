"""`wasl providers`: who carries messages, how each does just now, pausing one and letting it go on. Beside `wasl serve` or without it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli.exits import run
from wasl.cli.gateways import administering, looking
from wasl.cli.options import ConfigFile, Json
from wasl.cli.screen import print_json, screen

if TYPE_CHECKING:
    from rich.text import Text

    from wasl.answers import ProviderSeen, ProvidersSeen

app = typer.Typer(name="providers", help="The configured providers, and how each does.", no_args_is_help=True)


@app.command("list")
def list_providers(json: Json = False, config: ConfigFile = None) -> None:
    """List the configured providers; those that are not called as usual with the reason."""
    from rich.table import Table

    found = run(_providers(config))
    if json:
        print_json(found)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("Provider", "Channel", "Plugin", "Brands", "At a time", "Rate", "State"):
        table.add_column(column, overflow="fold", no_wrap=column != "State")
    for provider in found.data:
        limits = (str(provider.concurrency), provider.rate or "–")
        table.add_row(provider.name, provider.channel, provider.plugin, ", ".join(provider.brands) or "all", *limits, _state(provider))
    screen().print(table)


@app.command()
def pause(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name in wasl.toml.")], json: Json = False, config: ConfigFile = None
) -> None:
    """Begin no call to a provider until it is resumed: its messages take the channel's next provider, or wait."""
    found = run(administering(config, lambda gateway: gateway.pause_provider(name)))
    if json:
        print_json(found)
    else:
        typer.echo(f"{name} is not called any more; what would go by it takes another provider of its channel, or waits.")


@app.command()
def resume(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name in wasl.toml.")], json: Json = False, config: ConfigFile = None
) -> None:
    """Call a provider again that is open or paused, as after its settings were mended."""
    found = run(_providers(config, resumed=name))
    if json:
        print_json(found)
    else:
        typer.echo(f"{name} is called again.")


async def _providers(config: Path | None, resumed: str | None = None) -> "ProvidersSeen":
    if resumed is None:
        return await looking(config, lambda gateway: gateway.providers())
    return await administering(config, lambda gateway: gateway.resume_provider(resumed))


def _state(provider: "ProviderSeen") -> "Text":
    from rich.text import Text

    if provider.reason is None and provider.silent_since is not None:
        since = f"{provider.silent_since:%Y-%m-%d %H:%M} UTC"
        return Text(f"{provider.state}, but it does not confirm any more since {since}: wasl doctor", "red")
    if provider.reason is None:
        return Text(provider.state, "green")
    code = f" ({provider.reason.provider_code})" if provider.reason.provider_code else ""
    colour = "yellow" if provider.state == "closed" else "red"
    return Text(f"{provider.state}{code}: {provider.reason.sentence} {provider.reason.next_step}", colour)

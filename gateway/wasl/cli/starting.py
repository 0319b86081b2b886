"""Commands that begin something: demo, init, serve, worker, apikey create."""

from contextlib import AsyncExitStack
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli.exits import ExitCode, run
from wasl.cli.gateways import administering
from wasl.cli.options import AfterRestore, BrandName, ConfigFile, UnsafeDurability
from wasl.cli.screen import say, screen

if TYPE_CHECKING:
    from wasl.api import Gateway

apikey_app = typer.Typer(name="apikey", help="Keys for the HTTP API.", no_args_is_help=True)
_BEGINNING = Path(__file__).with_name("beginning")


class ScopeName(StrEnum):
    """What an API key may do."""

    SEND = "send"
    READ = "read"
    PEOPLE_EXPORT = "people:export"
    PEOPLE_ERASE = "people:erase"
    WEBHOOKS = "webhooks"


_USUAL = (ScopeName.SEND, ScopeName.READ)
"""What a key may do where nothing is said: nothing that shows addresses in clear, and nothing that cannot be undone."""


def _scope(text: str) -> ScopeName:
    try:
        return ScopeName(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is not a scope; there are: {', '.join(ScopeName)}") from None


def demo() -> None:
    """Show one person reached by mail, SMS, push, chat and social, with everything that can go wrong. Needs no account."""
    from wasl import log
    from wasl.demo.play import play
    from wasl.demo.playground import require_plugins

    log.configure({"WASL_LOG": "error"})
    require_plugins()
    run(play(screen()))


def init(folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where; made if it is not there.")] = Path()) -> None:
    """Write a wasl.toml that works, and a first template in English and Arabic. Overwrites nothing."""
    files = {folder / path.relative_to(_BEGINNING): path for path in sorted(_BEGINNING.rglob("*")) if path.is_file()}
    if there := next((file for file in files if file.exists()), None):
        say(f"{there} is there already and stays as it is; name another folder: wasl init DIR")
        raise typer.Exit(ExitCode.USAGE)
    try:
        for file, source in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    except OSError as error:
        say(f"{error.filename} cannot be written ({error.strerror}); name a folder where you may write.")
        raise typer.Exit(ExitCode.UNUSABLE) from None
    for file in files:
        typer.echo(file)
    say("Next:" + ("" if folder == Path() else f"\n  cd {folder}"))
    say('  wasl send welcome --to any:desk --data name="Ann" --wait')
    say("  wasl dev      # all of it on this machine, with an inbox in place of providers")
    say("  wasl serve")


def serve(  # noqa: PLR0913, PLR0917 - the options of a command
    config: ConfigFile = None,
    host: Annotated[str | None, typer.Option(help="Where to listen.", show_default="127.0.0.1, or [server] host")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 takes a free one.", show_default="8080, or [server] port")] = None,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Accept and answer only; `wasl worker` sends.")] = False,
    unsafe_durability: UnsafeDurability = False,
    after_restore: AfterRestore = False,
) -> None:
    """Serve the HTTP API, and send, until SIGTERM or Ctrl-C."""
    from wasl.api import Gateway
    from wasl.server.app import serve as serving

    async def work() -> None:
        gateway = Gateway.from_config(
            config, worker=not no_worker, unsafe_durability=unsafe_durability, after_restore=after_restore, watchdog=True
        )
        async with gateway, AsyncExitStack() as stack:
            if gateway.config.mailbox.listen is not None:
                from wasl.mailbox.port import receiving

                await stack.enter_async_context(receiving(gateway))
            server = gateway.config.server
            await serving(gateway, host or server.host, server.port if port is None else port, partial(_welcome, gateway, no_worker))

    run(work(), long=True)


def worker(config: ConfigFile = None, unsafe_durability: UnsafeDurability = False, after_restore: AfterRestore = False) -> None:
    """Send what was accepted, and nothing else, until SIGTERM or Ctrl-C."""
    from wasl.api import Gateway
    from wasl.errors import Unusable
    from wasl.lasting import run_until_told

    async def work() -> None:
        gateway = Gateway.from_config(config, unsafe_durability=unsafe_durability, after_restore=after_restore, watchdog=True)
        async with gateway:
            if not gateway.sends:
                raise Unusable(
                    "Another process sends from this database, and SQLite allows one; stop it, let it do the work, or use PostgreSQL."
                )
            _warn(gateway)
            say("Sending what is due. Ctrl-C ends it.")
            await run_until_told()

    run(work(), long=True)


@apikey_app.callback()
def _apikeys() -> None:
    pass


@apikey_app.command("create")
def create_api_key(
    name: Annotated[str, typer.Argument(help="Whose it is, for people.")],
    scope: Annotated[
        list[ScopeName] | None,
        typer.Option(help="What it may do; repeat it.", show_default="send and read", parser=_scope, metavar=f"[{'|'.join(ScopeName)}]"),
    ] = None,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Make an API key and print it alone on stdout. It is never shown again."""
    typer.echo(
        run(
            administering(
                config, lambda gateway: gateway.create_api_key(name, [one.value for one in dict.fromkeys(scope or _USUAL)]), brand
            )
        )
    )
    say("Keep it now: it is stored as a hash only. Use it as `Authorization: Bearer …`, or as WASL_API_KEY.")


async def _welcome(gateway: "Gateway", no_worker: bool, url: str) -> None:
    _warn(gateway)
    if no_worker:
        say("This one accepts and answers; `wasl worker` sends.")
    elif not gateway.sends:
        say("Another process sends from this database; this one accepts, answers, and sends when that one has ended.")
    say(f"wasl serves {url}/v1/messages (Ctrl-C ends it)")
    if not await gateway.has_api_key():
        say("There is no API key yet; make one with: wasl apikey create my-app --scope send --scope read")


def _warn(gateway: "Gateway") -> None:
    if gateway.held is not None:
        say(f"Held {gateway.held} deliveries that may have been sent since the backup. See them: wasl messages list --reason after_restore")
        say("Release them: wasl messages retry --reason after_restore. Leave --after-restore out at the next start.")
    for warning in gateway.config.warnings:
        say(f"warning: {warning}")
    for topic in gateway.topics_without_rules:
        said = f"{topic} is promotional, but brand {gateway.brand} does not say who sends it"
        say(f"warning: {said}; before you send to people, see what is missing: wasl template lint")
    if not gateway.config.providers:
        say("warning: no providers are configured, so nothing can be sent; add one to wasl.toml (wasl init writes one to begin with)")

"""`wasl people`: find a person, look at one, what happened to them, a copy of everything, erase them."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from wasl.cli.arguments import To
from wasl.cli.exits import ExitCode, run
from wasl.cli.gateways import administering, looking, looking_with
from wasl.cli.options import BrandName, ConfigFile, Json
from wasl.cli.screen import print_json, print_json_lines, say, screen, tell

if TYPE_CHECKING:
    from wasl.api import Gateway
    from wasl.person_seen import PeopleSeen

app = typer.Typer(name="people", help="One person: what they were sent, what they said; copy it, erase it.", no_args_is_help=True)

Person = Annotated[str, typer.Argument(metavar="PERSON", help="Your own id of the recipient.")]


@app.command()
def find(
    whom: Annotated[str, typer.Argument(metavar="WHOM", help="An email address, a phone number in E.164, KIND:ADDRESS or an id.")],
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Find people by exactly this address, or by their id."""
    found = run(_found(whom, config, brand))
    if json:
        print_json(found)
        return
    for person in found.data:
        tell(f"{person.id}  {', '.join(person.addresses)}".rstrip())
    if not found.data:
        say("Nobody is known by that.")


@app.command()
def show(person: Person, json: Json = False, brand: BrandName = None, config: ConfigFile = None) -> None:
    """Show a person: addresses masked, consent, suppressions, how many messages, when they last heard of you."""
    from wasl.terminal_people import glance

    seen = run(looking(config, lambda gateway: gateway.recipient(person), brand))
    if json:
        print_json(seen)
    else:
        screen().print(glance(seen))


@app.command()
def timeline(  # noqa: PLR0913, PLR0917 - the arguments and options of a command
    person: Person,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many entries.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where to go on, as it was told.")] = None,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Show what happened to a person over all channels, newest first."""
    from wasl.terminal_people import entries

    page = run(looking(config, lambda gateway: gateway.recipient_timeline(person, limit=limit, cursor=cursor), brand))
    if json:
        print_json_lines(page.data)
    else:
        screen().print(entries(page.data))
    if page.next_cursor:
        say(f"What was before: --cursor {page.next_cursor}")


@app.command()
def export(
    person: Person,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to.", show_default="stdout")] = None,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Write everything that is stored about a person as one JSON document: in clear, for themselves."""
    try:
        run(looking(config, lambda gateway: _export(gateway, person, output), brand))
    except FileExistsError:
        raise typer.BadParameter(f"{output} is there already", param_hint="--output") from None


@app.command()
def erase(  # noqa: PLR0913, PLR0917 - the arguments and options of a command
    person: Person,
    because: Annotated[str, typer.Option(help="Why: request (they asked), retention or other.")] = "request",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Erase a person for good. What waits is cancelled; an address that is suppressed stays so; else a stub is left."""
    from wasl.person_seen import Erasure
    from wasl.problems import validated

    asked = validated(Erasure, {"because": because})
    if not yes:
        say(f"Erase {person} for good? [y/N]")
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise typer.Exit(ExitCode.FAILED)
    done = run(administering(config, lambda gateway: gateway.erase_recipient(person, because=asked.because), brand))
    if json:
        print_json(done)
    else:
        tell(f"{done.recipient} erased, {done.messages} messages emptied, {done.cancelled} cancelled")
    if done.under_way:
        say(f"{done.under_way} are just being sent; erase again when that has ended.")
        raise typer.Exit(ExitCode.PARTIAL)


async def _export(gateway: "Gateway", person: str, output: Path | None) -> None:
    parts = await gateway.export_recipient(person)
    with _target(output) as target:
        async for part in parts:
            target.write(part)
        target.write(b"\n")


@contextmanager
def _target(output: Path | None) -> Iterator[BinaryIO]:
    """A new file that only this user can read, or stdout."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with open(output, "xb", opener=_private) as file:
        yield file


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


async def _found(whom: str, config: Path | None, brand: str | None) -> "PeopleSeen":
    from wasl.person_seen import Sought
    from wasl.problems import validated
    from wasl.registry import read

    specs = read(config, os.environ)
    told = To(whom, None).recipient([specs[name] for name in specs.plugins])
    addresses = told.get("addresses")
    if isinstance(addresses, list) and isinstance(one := addresses[0], dict):
        told = {"address": one["value"], "channel": one["channel"], "kind": one["kind"]}
    sought = validated(Sought, told)
    return await looking_with(specs, lambda gateway: gateway.find_recipients(sought), brand)

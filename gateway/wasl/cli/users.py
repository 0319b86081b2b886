"""`wasl user`: who may sign in to the console. Beside a running `wasl serve` or without one."""

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli.exits import run
from wasl.cli.gateways import administering, looking
from wasl.cli.options import ConfigFile, Json
from wasl.cli.screen import print_json, safe, say, screen, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import JsonValue

    from wasl.api import Gateway
    from wasl.users import Member, User

app = typer.Typer(name="user", help="Who may sign in to the console, with which role and for which brands.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What they sign in with.")]
RoleName = Annotated[str, typer.Option("--role", help="viewer, support, operator, developer, admin or auditor.")]
BrandNames = Annotated[list[str] | None, typer.Option("--brand", metavar="NAME", help="Only this brand; repeat it.", show_default="all")]
_SAID = {"/name": "NAME", "/password": "The password", "/role": "The role", "/brand": "--brand"}
_ASKED = "The password is asked for, or read from stdin where that is no terminal; it is never an argument."


@app.command(help=f"Let somebody sign in. {_ASKED}")
def add(name: Name, role: RoleName, brands: BrandNames = None, config: ConfigFile = None) -> None:
    """Let somebody sign in."""
    password = _password()

    async def work(gateway: "Gateway") -> "User":
        return await gateway.add_user(name, password, role, tuple(brands or ()))

    with _in_its_words():
        user = run(administering(config, work))
    tell(f"{user.name} may sign in as {user.role} at /console.")


@app.command("list")
def list_users(json: Json = False, config: ConfigFile = None) -> None:
    """List all users."""
    found = run(looking(config, lambda gateway: gateway.members()))
    if json:
        print_json([_row(member) for member in found])
        return
    if not found:
        say("Nobody can sign in yet. Next: wasl user add NAME --role admin")
        return
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("Name", "Role", "Brands", "Second factor", "Last sign-in (UTC)", "Since (UTC)"):
        table.add_column(column, overflow="fold")
    for user, signed_in_at, factor_since, _ in found:
        last = f"{signed_in_at:%Y-%m-%d %H:%M}" if signed_in_at is not None else "–"
        since = f"{user.created_at:%Y-%m-%d %H:%M}"
        table.add_row(safe(user.name), user.role, ", ".join(user.brands) or "all", "yes" if factor_since else "no", last, since)
    screen().print(table)


def _row(member: "Member") -> "dict[str, JsonValue]":
    last = member.signed_in_at.isoformat() if member.signed_in_at is not None else None
    return {**member.user.model_dump(mode="json"), "second_factor": member.factor_since is not None, "signed_in_at": last}


@app.command()
def role(name: Name, role: Annotated[str, typer.Argument(metavar="ROLE")], brands: BrandNames = None, config: ConfigFile = None) -> None:
    """Give somebody another role, and other brands where they are named. They are signed out everywhere."""
    with _in_its_words():
        user = run(administering(config, lambda gateway: gateway.set_role(name, role, brands)))
    tell(f"{user.name} is {user.role} now, for {', '.join(user.brands) or 'all brands'}, and signs in anew.")


@app.command(help=f"Give somebody another password. They are signed out everywhere. {_ASKED}")
def password(name: Name, config: ConfigFile = None) -> None:
    """Give somebody another password."""
    given = _password()
    with _in_its_words():
        run(administering(config, lambda gateway: gateway.set_password(name, given)))
    tell(f"{name} has another password, and signs in anew.")


@app.command("reset-factor")
def reset_factor(name: Name, config: ConfigFile = None) -> None:
    """Take away the second factor of somebody who lost their phone: their password signs them in, and they enrol anew."""
    run(administering(config, lambda gateway: gateway.reset_factor(name)))
    tell(f"{name} signs in by password alone now, and enrols anew in their profile.")


@app.command()
def remove(name: Name, config: ConfigFile = None) -> None:
    """Let somebody sign in no more. What the audit tells of them stays."""
    run(administering(config, lambda gateway: gateway.remove_user(name)))
    tell(f"{name} cannot sign in any more.")


@contextmanager
def _in_its_words() -> "Iterator[None]":
    """What is refused, by the names that it has on the command line."""
    from wasl.errors import Refused

    try:
        yield
    except Refused as error:
        named = (one.model_copy(update={"pointer": _SAID.get(one.pointer, one.pointer)}) for one in error.errors)
        error.errors = tuple(named)
        raise


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True))
    return sys.stdin.readline().rstrip("\r\n")

"""`wasl approvals`: what waits for a second person, and saying yes or no to it. Beside a running `wasl serve` or without one."""

from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli.exits import run
from wasl.cli.gateways import administering, looking
from wasl.cli.options import ConfigFile, Json
from wasl.cli.screen import print_json, safe, say, screen, tell

if TYPE_CHECKING:
    from wasl.acts_seen import ActSeen
    from wasl.api import Gateway
    from wasl.users import User

app = typer.Typer(name="approvals", help="Acts on many messages, and what two people must agree to.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="Of the act; see: wasl approvals list")]
As = Annotated[str, typer.Option("--as", metavar="NAME", help="The user of the console who decides. The audit tells both names.")]


@app.command("list")
def list_acts(
    *, everything: Annotated[bool, typer.Option("--all", help="Also what nobody is asked about any more.")] = False,
    json: Json = False, config: ConfigFile = None,
) -> None:  # fmt: skip
    """List what waits for a second person, the oldest first."""
    found = run(looking(config, lambda gateway: gateway.acts() if everything else gateway.acts_asked()))
    if json:
        print_json([act.model_dump(mode="json", exclude={"aim"}) for act in found])
        return
    if not found:
        say("Nothing waits for a second person." if not everything else "There was no such act in the last 30 days.")
        return
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("Id", "Act", "State", "Messages", "Brands", "Asked by", "Why", "Asked (UTC)"):
        table.add_column(column, overflow="fold", no_wrap=column == "Id")
    for act in found:
        told = (act.id, act.kind, act.state, str(act.count), ", ".join(act.brands), safe(act.by.name), safe(act.reason))
        table.add_row(*told, f"{act.asked_at:%Y-%m-%d %H:%M}")
    screen().print(table)


@app.command()
def approve(act_id: Id, name: As, config: ConfigFile = None) -> None:
    """Let an act go. It is done by whoever sends: `wasl serve` or `wasl worker`."""

    async def work(gateway: "Gateway") -> "ActSeen":
        act, who = await _theirs(gateway, act_id, name)
        asker = next((one for one in await gateway.users() if one.id == act.by.id), None)
        from wasl.console.two_people import may_do, sees_all

        if asker is None or act.aim is None or not (may_do(asker, act.kind, act.count) and sees_all(asker, act.brands)):
            raise _refused("Who asked for it may not do it any more.", "It can be refused: wasl approvals refuse ID")
        now = (await gateway.foresee_act(act.kind, act.aim)).count
        say(f"Asked for with {act.count} messages; {now} now.")
        await gateway.approve_act(act, who, asker, now)
        return act

    act = run(administering(config, work))
    tell(f"{act.id} approved as {safe(name)}.")


@app.command()
def refuse(act_id: Id, name: As, reason: Annotated[str, typer.Option("--reason", help="Why not.")], config: ConfigFile = None) -> None:
    """Let an act not go."""

    async def work(gateway: "Gateway") -> None:
        act, who = await _theirs(gateway, act_id, name)
        await gateway.by(gateway.actor, reason).refuse_act(act, who)

    run(administering(config, work))
    tell(f"{act_id} refused as {safe(name)}.")


async def _theirs(gateway: "Gateway", act_id: str, name: str) -> "tuple[ActSeen, User]":
    """The act, and the user of that name, who may decide of it."""
    from wasl.console.two_people import may_decide

    act, who = await gateway.act(act_id), await gateway.user(name)
    if not may_decide(who, act):
        raise _refused(
            "It was decided already, or it is not theirs to decide.",
            "Name somebody who did not ask for it, may do it, and sees its brands.",
        )
    return act, who


def _refused(told: str, action: str) -> Exception:
    from wasl.errors import Conflict

    return Conflict(told, suggested_action=action)

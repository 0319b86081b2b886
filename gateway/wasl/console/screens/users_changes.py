"""Changing a user: role and brands, password, second factor, sessions, and removing them. Each tells first what it will do."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

from aiohttp import web

from wasl.api import Gateway
from wasl.console.page import Page
from wasl.console.permissions import PERMISSIONS, Permission
from wasl.console.roles import MAY, change
from wasl.console.screens.users import brands_problem, by_field, member_of, reason_problem
from wasl.console.visit import ROLE_NAMES, Visit
from wasl.console.words import msgid
from wasl.errors import Conflict, Refused
from wasl.users import Member, Role

_YOURSELF = msgid("That is you. Ask another admin, so that nobody locks themselves out.")
_LAST = msgid("They are the last admin who sees as many brands. Add another one first.")
_BY_SIGN_ON = msgid("A single sign-on signs them in: their role, their brands and their password are changed there.")


class Act(NamedTuple):
    """Something that is done to a user in one step: its heading, its button, what is said when it is done, and the verb."""

    title: str
    label: str
    done: str
    do: Callable[[Gateway, str, Mapping[str, str]], Awaitable[object]]
    own: bool = False
    """Whether they may do it to themselves here."""


ACTS: Final[Mapping[str, Act]] = {
    "password": Act(
        msgid("Set a new password for {name}"), msgid("Set the password"), msgid("{name} has a new password, and signs in anew."),
        lambda gateway, name, fields: gateway.set_password(name, fields.get("password", "")),
    ),
    "factor": Act(
        msgid("Reset the second factor of {name}"), msgid("Reset it"), msgid("{name} signs in by password alone now, and can enrol anew."),
        lambda gateway, name, _: gateway.reset_factor(name),
    ),
    "sign-out": Act(
        msgid("Sign {name} out everywhere"), msgid("Sign out everywhere"), msgid("{name} is signed in nowhere any more."),
        lambda gateway, name, _: gateway.sign_out_everywhere(name), own=True,
    ),
    "remove": Act(
        msgid("Remove {name}"), msgid("Remove the user"), msgid("{name} cannot sign in any more."),
        lambda gateway, name, _: gateway.remove_user(name),
    ),
}  # fmt: skip


async def ask_act(visit: Visit) -> web.StreamResponse:
    """What it will do."""
    return await _act_form(visit, await member_of(visit))


async def act(visit: Visit) -> web.StreamResponse:
    """Do it."""
    member, verb, fields = await member_of(visit), ACTS[visit.request.match_info["act"]], await visit.form()
    reason = fields.get("reason", "").strip()
    if hurdle := _hurdle(visit, member):
        return visit.refused(hurdle, status=409)
    if problems := reason_problem(visit, reason):
        return await _act_form(visit, member, problems)
    try:
        await verb.do(visit.house.gateway.by(visit.actor, reason), member.user.name, fields)
    except Refused as refused:
        return await _act_form(visit, member, by_field(visit, refused))
    except Conflict as conflict:
        return visit.refused(_told(visit, conflict), status=409)
    gone = visit.request.match_info["act"] == "remove"
    return visit.redirect("/users" if gone else f"/users/{member.user.id}", visit.t(verb.done, name=member.user.name))


async def ask_role(visit: Visit) -> web.StreamResponse:
    """Which role and brands; and once they are chosen, what that changes."""
    return await _role_form(visit, visit.query.get("role", ""), visit.query.getall("brand", []))


async def set_role(visit: Visit) -> web.StreamResponse:
    """Give it to them."""
    member, fields = await member_of(visit), await visit.form()
    role, brands, reason = fields.get("role", ""), fields.getall("brand", []), fields.get("reason", "").strip()
    if _unlike(visit, member) or reason_problem(visit, reason) or brands_problem(visit, brands):
        return await _role_form(visit, role, brands, reason_problem(visit, reason))
    try:
        await visit.house.gateway.by(visit.actor, reason).set_role(member.user.name, role, brands)
    except Refused as refused:
        return await _role_form(visit, role, brands, by_field(visit, refused))
    except Conflict as conflict:
        return visit.refused(_told(visit, conflict), status=409)
    return visit.redirect(f"/users/{member.user.id}", visit.t("{name} has another role, and signs in anew.", name=member.user.name))


async def _act_form(visit: Visit, member: Member, problems: Mapping[str, str] | None = None) -> web.StreamResponse:
    name = visit.request.match_info["act"]
    return visit.page(
        "users/act.html", status=422 if problems else 200, member=member, verb=name, act=ACTS[name], fields=await visit.form(),
        problems=problems or {}, hurdle=_hurdle(visit, member),
    )  # fmt: skip


async def _role_form(visit: Visit, chosen: str, brands: list[str], problems: Mapping[str, str] | None = None) -> web.StreamResponse:
    member = await member_of(visit)
    role = Role(chosen) if chosen in set(Role) else None
    wrong = {**(problems or {}), **(brands_problem(visit, brands) if chosen else {})}
    if chosen and role is None:
        wrong["role"] = visit.t("There is no such role.")
    hurdle = _unlike(visit, member)
    asked = None if hurdle or role is None or wrong.keys() & {"brand", "role"} else change(member.user.role, role)
    return visit.page(
        "users/role.html", status=422 if wrong else 200, member=member, role=role or member.user.role, change=asked, hurdle=hurdle,
        chosen=brands if chosen else member.user.brands, problems=wrong, fields=await visit.form(), roles=ROLE_NAMES, table=PERMISSIONS,
        may=MAY,
    )  # fmt: skip


def _hurdle(visit: Visit, member: Member) -> str:
    """What keeps this admin from doing that to them; empty where nothing does."""
    name = visit.request.match_info["act"]
    if name == "password":
        return _unlike(visit, member)
    if member.user.id == visit.user.id and not ACTS[name].own:
        return visit.t(_YOURSELF)
    if name == "factor" and member.factor_since is None:
        return visit.t("{name} has no second factor.", name=member.user.name)
    return ""


def _unlike(visit: Visit, member: Member) -> str:
    """What keeps this admin from giving them a role or a password."""
    if member.user.id == visit.user.id:
        return visit.t(_YOURSELF)
    return visit.t(_BY_SIGN_ON) if member.user.single_sign_on else ""


def _told(visit: Visit, conflict: Conflict) -> str:
    """What somebody else did meanwhile: whoever acts here is an admin who sees as much, so otherwise nobody is the last one."""
    told = {"own_user": _YOURSELF, "last_admin": _LAST}
    return visit.t(told[conflict.code]) if conflict.code in told else visit.t("It is not like that any more. Look again.")


PAGES = (
    Page("GET", "/users/{id}/role", Permission.USERS, ask_role),
    Page("POST", "/users/{id}/role", Permission.USERS, set_role),
    Page("GET", "/users/{id}/{act:password|factor|sign-out|remove}", Permission.USERS, ask_act),
    Page("POST", "/users/{id}/{act:password|factor|sign-out|remove}", Permission.USERS, act),
)

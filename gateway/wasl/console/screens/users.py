"""Who may use the console: all users with how they sign in, one of them, and adding one."""

from collections.abc import Mapping, Sequence

from aiohttp import web

from wasl.console.diagnoses import problem_told
from wasl.console.page import Nav, Page
from wasl.console.permissions import PERMISSIONS, Permission
from wasl.console.roles import MAY
from wasl.console.visit import ROLE_NAMES, Visit
from wasl.errors import NotFound, Refused
from wasl.users import LEAST_PASSWORD, Member, Role, User

NAV = Nav("Users", "/users", order=95)
LONGEST_REASON = 500
_FIELDS = {"brands": "brand"}


async def listed(visit: Visit) -> web.StreamResponse:
    """All whom this admin may change."""
    return visit.page("users/list.html", members=await members(visit), roles=ROLE_NAMES, table=PERMISSIONS, may=MAY)


async def show(visit: Visit) -> web.StreamResponse:
    """One of them, and what can be done."""
    member = await member_of(visit)
    return visit.page("users/detail.html", member=member, own=member.user.id == visit.user.id, roles=ROLE_NAMES)


async def ask_add(visit: Visit) -> web.StreamResponse:
    """The form."""
    return await _add_form(visit)


async def add(visit: Visit) -> web.StreamResponse:
    """Let somebody new sign in."""
    fields = await visit.form()
    name, reason, brands = fields.get("name", "").strip(), fields.get("reason", "").strip(), tuple(fields.getall("brand", []))
    problems = {**reason_problem(visit, reason), **brands_problem(visit, brands)}
    if problems:
        return await _add_form(visit, problems)
    try:
        gateway = visit.house.gateway.by(visit.actor, reason)
        user = await gateway.add_user(name, fields.get("password", ""), fields.get("role", ""), brands)
    except Refused as refused:
        return await _add_form(visit, by_field(visit, refused))
    return visit.redirect(f"/users/{user.id}", visit.t("{name} may sign in now. Tell them the password.", name=name))


async def members(visit: Visit) -> Sequence[Member]:
    """All users; of whoever sees some brands only, those who see no others."""
    return [one for one in await visit.house.gateway.members() if sees(visit, one.user)]


async def member_of(visit: Visit) -> Member:
    """The user of the path; raises NotFound."""
    found = next((one for one in await members(visit) if one.user.id == visit.request.match_info["id"]), None)
    if found is None:
        raise NotFound("There is no such user.")
    return found


def sees(visit: Visit, user: User) -> bool:
    """Whether a user is this admin's to see: brand by brand, for what they may give they may take."""
    return not visit.user.brands or (bool(user.brands) and set(user.brands) <= set(visit.user.brands))


def brands_problem(visit: Visit, brands: Sequence[str]) -> Mapping[str, str]:
    """What keeps this admin from giving somebody these brands (none: all), by field."""
    if not visit.user.brands:
        return {}
    if not brands:
        return {"brand": visit.t("Choose at least one: you see some brands only, and can give no more.")}
    return {} if set(brands) <= set(visit.brands) else {"brand": visit.t("You can give only brands that you see.")}


def reason_problem(visit: Visit, reason: str) -> Mapping[str, str]:
    """What is wrong with a reason, by field."""
    sound = 0 < len(reason) <= LONGEST_REASON
    return {} if sound else {"reason": visit.t("Say why, in at most {most} characters.", most=LONGEST_REASON)}


def by_field(visit: Visit, refused: Refused) -> Mapping[str, str]:
    """What is wrong, by the field of the form that it is about."""
    told: dict[str, str] = {}
    for problem in refused.errors:
        field = problem.pointer.strip("/").partition("/")[0]
        said = problem_told(visit.words, problem)
        if problem.code == "bad_password":
            said = visit.t("It needs at least {least} characters; a few words are easier to remember.", least=LEAST_PASSWORD)
        told.setdefault(_FIELDS.get(field, field), said)
    return told


async def _add_form(visit: Visit, problems: Mapping[str, str] | None = None) -> web.StreamResponse:
    fields = await visit.form()
    return visit.page(
        "users/add.html", status=422 if problems else 200, fields=fields, problems=problems or {}, chosen=fields.getall("brand", []),
        role=fields.get("role", Role.SUPPORT), roles=ROLE_NAMES, table=PERMISSIONS, may=MAY,
    )  # fmt: skip


PAGES = (
    Page("GET", "/users", Permission.USERS, listed),
    Page("GET", "/users/add", Permission.USERS, ask_add),
    Page("POST", "/users/add", Permission.USERS, add),
    Page("GET", "/users/{id}", Permission.USERS, show),
)

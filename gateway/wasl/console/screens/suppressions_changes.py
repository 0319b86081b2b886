"""Putting an address on the suppression list and taking one off: who may, by what proof, and with which words kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from aiohttp import web

from wasl.consent import ConsentEntry
from wasl.console.consent_grid import CATEGORIES
from wasl.console.diagnoses import problem_told
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.screens.suppressions import CAUSES, at, channels, told
from wasl.console.visit import Visit
from wasl.errors import Conflict, NotFound, Refused
from wasl.ledger.suppressions import ALL_BRANDS
from wasl.problems import validated
from wasl.suppression import NOT_ARRIVING, TRY_AGAIN, Origin, Suppression, SuppressionStory, Unsuppression, tried_lately
from wasl.users import Role
from wasl_contracts import Reason

_LONGEST_REASON = 1000


class Removal(NamedTuple):
    """What somebody is about to take off the list: the address, the grants that prove the person's wish, when they wrote from there since,
    which proves that it works, and what stands in the way."""

    story: SuppressionStory
    brand: str
    proofs: Sequence[ConsentEntry]
    wrote: datetime | None
    hurdle: str = ""


async def ask_add(visit: Visit) -> web.StreamResponse:
    """The form."""
    return await _add_form(visit)


async def add(visit: Visit) -> web.StreamResponse:
    """Put an address on the list."""
    fields = await visit.form()
    why = fields.get("reason", "").strip()
    if not why:
        return await _add_form(visit, visit.t("Say why, in at most {most} characters.", most=_LONGEST_REASON))
    wanted = {name: fields.get(name, "").strip() or None for name in ("address", "channel", "scope")}
    until = fields.get("until", "").strip()
    given = {**wanted, "reason": fields.get("cause") or None, "expires_at": f"{until}T00:00:00Z" if until else None, "note": why}
    brand = visit.gateway.brand
    try:
        asked = validated(Suppression, {name: value for name, value in given.items() if value is not None})
        story = await visit.of(brand, why).add_suppression(asked, _origin(visit))
    except Refused as refused:
        return await _add_form(visit, visit.t("This cannot be put on the list:"), refused)
    return visit.redirect(at(story, brand), visit.t("It is on the list: nothing is sent to it any more."))


async def ask_remove(visit: Visit) -> web.StreamResponse:
    """The evidence, and what taking it off needs."""
    return await _remove_form(visit)


async def remove(visit: Visit) -> web.StreamResponse:
    """Take an address off the list, where that may be."""
    fields = await visit.form()
    why, chosen = fields.get("reason", "").strip(), fields.get("listed_for", "").strip() or None
    if not why:
        return await _remove_form(visit, visit.t("Say why, in at most {most} characters.", most=_LONGEST_REASON))
    asked_for = Reason(chosen) if chosen in {reason.value for reason in CAUSES} else None
    found = await _removal(visit, asked_for)
    if found.hurdle:
        return visit.refused(found.hurdle, status=403)
    try:
        asked = validated(Unsuppression, {"reason": why, "listed_for": asked_for})
        story = await visit.of(found.brand, why).remove_suppression(found.story.id, asked, _origin(visit))
    except (Conflict, NotFound, Refused):
        return visit.refused(visit.t("It is not on the list like that any more."), status=409)
    return visit.redirect(at(story, found.brand), visit.t("It is off the list: messages may go to it again."))


async def _add_form(visit: Visit, problem: str = "", refused: Refused | None = None) -> web.StreamResponse:
    problems = [problem_told(visit.words, one) for one in refused.errors] if refused is not None else []
    return visit.page(
        "suppressions/add.html", status=422 if problem else 200, fields=await visit.form(), problem=problem, problems=problems,
        channels=channels(visit), causes=CAUSES, scopes=CATEGORIES, brand=visit.gateway.brand,
    )  # fmt: skip


async def _remove_form(visit: Visit, problem: str = "") -> web.StreamResponse:
    found = await _removal(visit, None)
    choices = {row.reason: CAUSES[row.reason] for row in found.story.data if row.brand != ALL_BRANDS}
    return visit.page(
        "suppressions/remove.html", status=422 if problem else 200, removal=found, problem=problem, choices=choices,
        fields=await visit.form(), causes=CAUSES, scopes=CATEGORIES, complained=Reason.SUPPRESSED_COMPLAINT in choices,
        not_arriving=not NOT_ARRIVING.isdisjoint(choices),
    )  # fmt: skip


async def _removal(visit: Visit, listed_for: Reason | None) -> Removal:
    brand, story = await told(visit)
    gateway = visit.of(brand)
    found = Removal(story, brand, await gateway.grants_since(story), await gateway.wrote_since(story))
    return found._replace(hurdle=_hurdle(visit, found, listed_for))


def _hurdle(visit: Visit, found: Removal, listed_for: Reason | None) -> str:
    """What keeps this user from taking it off; empty where nothing does (threats.md section 4, console.md S6)."""
    story = found.story
    own = {row.reason for row in story.data if row.brand != ALL_BRANDS}
    if not story.data:
        return visit.t("It is not on the list any more.")
    if not own:
        return visit.t("It is on the list of all brands. Take it off there: wasl suppress remove --all-brands.")
    meant = own if listed_for is None else own & {listed_for}
    if Reason.SUPPRESSED_COMPLAINT in meant and visit.user.role is not Role.ADMIN:
        return visit.t("They reported a message as unwanted. Only an admin may take this address off the list.")
    if visit.user.role is not Role.SUPPORT or found.proofs:
        return ""
    if meant <= NOT_ARRIVING:
        return _tried(visit, found)
    return visit.t("This needs proof that they want it: a consent that they gave after this. Ask them for it, or ask an operator.")


def _tried(visit: Visit, found: Removal) -> str:
    """What did not arrive is tried once; if it comes back, only what proves that it works opens it again so soon."""
    lately = tried_lately(found.story, visit.times.now)
    if lately is None or found.wrote is not None:
        return ""
    return visit.t(
        "It was taken off the list on {day} and came back. Within {days} days it is tried once more only if they wrote from it, "
        "or agreed to something by it, since. Or ask an operator.",
        day=visit.times.day(lately),
        days=TRY_AGAIN.days,
    )


def _origin(visit: Visit) -> Origin:
    return Origin("console", visit.user.name)


PAGES = (
    Page("GET", "/suppressions/add", Permission.SUPPRESS, ask_add),
    Page("POST", "/suppressions/add", Permission.SUPPRESS, add),
    Page("GET", "/suppressions/{id}/remove", Permission.UNSUPPRESS, ask_remove),
    Page("POST", "/suppressions/{id}/remove", Permission.UNSUPPRESS, remove),
)

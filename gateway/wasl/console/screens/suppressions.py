"""The suppression list: what holds now, one address with its whole history, and finding one by the address itself."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from aiohttp import web

from wasl.console.consent_grid import CATEGORIES
from wasl.console.page import Nav, Page
from wasl.console.permissions import Permission
from wasl.console.visit import Visit
from wasl.console.words import msgid
from wasl.errors import NotFound, Refused
from wasl.ids import suppressed_place
from wasl.problems import validated
from wasl.suppression import Listed, Named, SuppressionStory
from wasl_contracts import Reason

NAV = Nav("Suppressions", "/suppressions", order=60)
CAUSES: Mapping[Reason, str] = {
    Reason.SUPPRESSED_BOUNCE: msgid("Bounce"),
    Reason.SUPPRESSED_COMPLAINT: msgid("Complaint"),
    Reason.SUPPRESSED_UNSUBSCRIBE: msgid("Unsubscribed"),
    Reason.SUPPRESSED_INVALID: msgid("Does not exist"),
    Reason.SUPPRESSED_MANUAL: msgid("By hand"),
    Reason.SUPPRESSED_IMPORT: msgid("Imported"),
}
_FILTERS = ("channel", "reason", "scope")


async def listed(visit: Visit) -> web.StreamResponse:
    """What holds now, newest first. An address that is asked for is looked up by its hash, and its own page shown."""
    if address := visit.query.get("address", "").strip():
        return await _found(visit, address)
    return await _list(visit)


async def detailed(visit: Visit) -> web.StreamResponse:
    """One address: what holds against it, and all that ever happened."""
    brand, story = await told(visit)
    return visit.page("suppressions/detail.html", story=story, brand=brand, causes=CAUSES, scopes=CATEGORIES)


async def told(visit: Visit) -> tuple[str, SuppressionStory]:
    """The address that the path names by its id, and the brand whose list tells of it; raises NotFound."""
    named = visit.request.match_info["id"]
    if suppressed_place(named) is None:
        raise NotFound("There is no suppression with this id.")
    gateway, story = await visit.anywhere(lambda seen: seen.suppression(named))
    return gateway.brand, story


async def _found(visit: Visit, address: str) -> web.StreamResponse:
    try:
        named = validated(Named, {"address": address, "channel": visit.query.get("channel") or None})
        story = await visit.gateway.suppression(named)
    except NotFound:
        return await _list(visit, visit.t("This address was never on the list."))
    except Refused:
        return await _list(visit, visit.t("This is not an address. Write it like ann@example.com or +966501234567."), 422)
    return visit.redirect(at(story, visit.gateway.brand))


async def _list(visit: Visit, said: str = "", status: int = 200) -> web.StreamResponse:
    given = {name: visit.query.get(name) or None for name in _FILTERS}
    try:
        page = await visit.gateway.suppressions(validated(Listed, given), cursor=visit.query.get("cursor") or None)
    except Refused:
        return visit.refused(visit.t("A filter of this list is wrong; begin anew."))
    return visit.page(
        "suppressions/list.html", status=status, page=page, said=said, channels=channels(visit), brand=visit.gateway.brand,
        causes=CAUSES, scopes=CATEGORIES, filtered=any(given.values()),
    )  # fmt: skip


def at(story: SuppressionStory, brand: str) -> str:
    """The page of an address, below /console."""
    return f"/suppressions/{story.id}?{urlencode({'brand': brand})}"


def channels(visit: Visit) -> Sequence[str]:
    """The channels that there are."""
    return tuple(visit.gateway.config.channels)


PAGES = (
    Page("GET", "/suppressions", Permission.SEE, listed),
    Page("GET", "/suppressions/{id}", Permission.SEE, detailed),
)

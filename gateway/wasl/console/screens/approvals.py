"""What waits for a second person, what is worked at, and what was done to many messages in the last month."""

from aiohttp import web

from wasl.acts_seen import ActSeen
from wasl.console import act_words
from wasl.console.page import Nav, Page
from wasl.console.permissions import Permission
from wasl.console.two_people import may_decide, may_see
from wasl.console.visit import Visit

NAV = Nav("Approvals", "/approvals", order=80)


async def listed(visit: Visit) -> web.StreamResponse:
    """First what this user is asked for, then what else is told to them."""
    seen = [act for act in await visit.house.gateway.acts() if may_see(visit.user, act, dev=visit.dev)]
    brand = visit.query.get("brand")
    seen = [act for act in seen if not brand or brand in act.brands]
    mine: list[ActSeen] = [act for act in seen if may_decide(visit.user, act, dev=visit.dev)]
    others = [act for act in seen if act not in mine]
    return visit.page("approvals/list.html", mine=mine, others=others, kinds=act_words.KINDS, states=act_words.STATES)


PAGES = (Page("GET", "/approvals", Permission.RESEND, listed),)

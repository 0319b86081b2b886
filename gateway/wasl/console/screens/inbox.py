"""The inbox of `wasl dev`: what every channel would have sent, what to look at in it, and what its provider tells next."""

import json
from collections import Counter
from typing import NamedTuple
from urllib.parse import urlencode

from aiohttp import web
from markupsafe import Markup

from wasl.capturing.capture import Captured, News, Tray
from wasl.capturing.checks import SENTENCES, Verdict
from wasl.capturing.letters import headers, mail_bytes
from wasl.capturing.seen import CapturedSeen, chosen, headline, moment_of, seen
from wasl.console.captured import TELLING, TRAY
from wasl.console.isolated import isolated
from wasl.console.page import Nav, Page
from wasl.console.paths import message_path
from wasl.console.permissions import Permission
from wasl.console.telling import channel_told
from wasl.console.visit import Visit
from wasl.console.words import msgid
from wasl.errors import NotFound
from wasl.showing.drawn import drawn

NAV = Nav("Dev inbox", "/inbox", order=900)
_PAGE = 50
_LONGEST = 1000
EVENTS: dict[str, tuple[str, News]] = {
    "delivered": (msgid("Delivered"), News("delivered")),
    "opened": (msgid("Opened"), News("opened")),
    "clicked": (msgid("Link followed"), News("clicked")),
    "read": (msgid("Read"), News("read")),
    "bounced": (msgid("Bounced, the address lives"), News("bounced")),
    "dead": (msgid("Bounced for ever"), News("bounced", dead=True)),
    "failed": (msgid("Failed"), News("failed")),
    "complained": (msgid("Complained of as spam"), News("complained")),
    "unsubscribed": (msgid("Unsubscribed"), News("unsubscribed")),
}
"""What a provider may tell, each with its label."""


class Row(NamedTuple):
    """One line of the list, with the worst verdict of its checks."""

    captured: Captured
    line: str
    worst: Verdict
    looks: int


async def listed(visit: Visit) -> web.StreamResponse:
    """What was captured, newest first."""
    tray, query = _tray(visit), visit.query
    asked = {name: query.get(name, "") for name in ("channel", "to", "text")}
    found = chosen(tray.sent, visit.brands, **asked)
    start = _number(query.get("from", "0"))
    rows = [_row(one) for one in found[start : start + _PAGE]]
    channels = sorted({one.channel for one in chosen(tray.sent, visit.brands)})
    options = [("", visit.t("All")), *((name, visit.t(channel_told(name).name)) for name in channels)]
    more = visit.here(**{"from": start + _PAGE}) if len(found) > start + _PAGE else None
    newer = visit.here(**{"from": max(0, start - _PAGE) or None}) if start else None
    told = {"after": found[0].id if found else "", **{name: value for name, value in asked.items() if value}}
    live = f"/inbox/live?{urlencode(told)}" if not start else ""
    around = {"older": more, "newer": newer, "live": live, "moment_of": moment_of}
    return visit.page("inbox/list.html", rows=rows, asked=asked, channel_options=options, tray=tray, around=around)


async def shown(visit: Visit) -> web.StreamResponse:
    """One message: as it looks, its checks, its headers, and what its provider may tell."""
    captured = _captured(visit)
    around = [one.id for one in chosen(_tray(visit).sent, visit.brands)]
    place = around.index(captured.id)
    content = captured.delivery.content.model_dump(mode="json", exclude={"html"})
    return visit.page(
        "inbox/one.html",
        one=captured,
        at=moment_of(captured),
        seen=seen(captured),
        line=headline(captured),
        sentences=SENTENCES,
        message_link=_message_link(captured),
        headers=headers(captured),
        raw=json.dumps(content, ensure_ascii=False, indent=2),
        events={name: label for name, (label, _) in EVENTS.items()},
        newer=visit.url(f"/inbox/{around[place - 1]}") if place else None,
        older=visit.url(f"/inbox/{around[place + 1]}") if place + 1 < len(around) else None,
    )


async def previewed(visit: Visit) -> web.StreamResponse:
    """It as a page of its own, in which nothing runs and nothing is fetched."""
    looks = drawn(_captured(visit).delivery.content)
    return isolated(looks.html, lang=looks.lang, direction=looks.direction, title=visit.t("Preview"))


async def source(visit: Visit) -> web.StreamResponse:
    """The bytes of a mail, to be opened by a mail program; of anything else what its provider got, as JSON."""
    captured = _captured(visit)
    mail = mail_bytes(captured)
    body = mail if mail is not None else captured.delivery.content.model_dump_json(indent=2).encode()
    name, kind = (f"{captured.id}.eml", "message/rfc822") if mail is not None else (f"{captured.id}.json", "application/json")
    return web.Response(body=body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


async def told(visit: Visit) -> web.StreamResponse:
    """Its provider tells of it, as by a callback."""
    captured, fields = _captured(visit), await visit.form()
    text, kind = fields.get("text", "").strip()[:_LONGEST], fields.get("kind", "")
    if not text and kind not in EVENTS:
        return visit.refused(visit.t("Choose what the provider is to tell, or write a reply."))
    news = News("replied", text=text) if text else EVENTS[kind][1]
    await visit.request.config_dict[TELLING].tell(captured, news)
    said = visit.t("The provider told: {what}.", what=visit.t("Replied") if text else visit.t(EVENTS[kind][0]))
    return visit.redirect(f"/inbox/{captured.id}", said)


async def cleared(visit: Visit) -> web.StreamResponse:
    """All is thrown away, of the brands that they see. The ledger keeps its messages."""
    count = _tray(visit).clear(visit.brands)
    return visit.redirect("/inbox", visit.tn("{count} message was thrown away.", "{count} messages were thrown away.", count))


def _message_link(captured: Captured) -> Markup:
    path = message_path(captured.delivery.message_id, captured.delivery.brand)
    return Markup('<a href="/console{}"><bdi dir="ltr">{}</bdi></a>').format(path, captured.delivery.message_id)


def _tray(visit: Visit) -> Tray:
    return visit.request.config_dict[TRAY]


def _captured(visit: Visit) -> Captured:
    found = _tray(visit).find(visit.request.match_info["id"])
    if found is None or found.delivery.brand not in visit.brands:
        raise NotFound("No captured message has this id; the 500 newest are kept.")
    return found


def _row(captured: Captured) -> Row:
    looked: CapturedSeen = seen(captured)
    found = Counter(check.verdict for check in looked.checks)
    worst: Verdict = "bad" if found["bad"] else "look" if found["look"] else "good"
    return Row(captured, headline(captured), worst, found[worst])


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


PAGES = (
    Page("GET", "/inbox", Permission.DEV, listed),
    Page("POST", "/inbox/clear", Permission.DEV, cleared),
    Page("GET", "/inbox/{id}", Permission.DEV, shown),
    Page("GET", "/inbox/{id}/preview", Permission.DEV, previewed),
    Page("GET", "/inbox/{id}/source", Permission.DEV, source),
    Page("POST", "/inbox/{id}/events", Permission.DEV, told),
)

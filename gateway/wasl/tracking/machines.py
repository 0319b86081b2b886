"""Whether a machine opened or clicked. These are heuristics: what they miss counts as a person, and an open proves no reading anyway."""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

_AT_ONCE = timedelta(seconds=2)
"""After a mail was handed over nobody has read it so soon; filters that follow its links have."""
# Google: "Google image proxy" of Gmail, support.google.com/mail/answer/145919. Yahoo: YahooMailProxy, help.yahoo.com.
_PROXY = re.compile(r"GoogleImageProxy|YahooMailProxy|via ggpht\.com", re.IGNORECASE)
# Apple's Mail Privacy Protection loads every picture through proxies that say nothing but this, whether or not the mail is read
# (support.apple.com/guide/mail, "Use Mail Privacy Protection"; the bare agent as seen by Litmus and Postmark since 2021).
_BARE = re.compile(r"Mozilla/5\.0")
# What tells of itself that it is a program: search engines, link previews of chats, security gateways, and libraries.
_BOT = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|whatsapp|skypeuripreview|barracuda|mimecast|proofpoint|safelinks|"
    r"symantec|trendmicro|forcepoint|headless|phantomjs|curl/|wget/|python|aiohttp|httpx|go-http-client|java/|okhttp|libwww|ruby|"
    r"node-fetch|axios|scan",
    re.IGNORECASE,
)


class Visit(NamedTuple):
    """A request to a tracked link: when, by what it calls itself, whether it only fetches ahead, and whether it asks not to be counted.

    `prefetch` is by the headers Purpose, Sec-Purpose and X-Moz; `private` by Global Privacy Control (Sec-GPC: 1).
    """

    at: datetime
    agent: str
    prefetch: bool = False
    private: bool = False


def told_by(visit: Visit, sent_at: datetime | None) -> str | None:
    """By what a machine is recognised, as a code; None where it may be a person. `sent_at` is None while the call is still out."""
    if visit.prefetch:
        return "prefetch"
    if sent_at is None or visit.at - sent_at < _AT_ONCE:
        return "at_once"
    if _PROXY.search(visit.agent):
        return "image_proxy"
    if not visit.agent or _BARE.fullmatch(visit.agent):
        return "privacy_proxy"
    return "bot" if _BOT.search(visit.agent) else None

"""Forwarding events to a URL of a developer's own machine, as a webhook there would get them. For trying out, once each."""

import base64
import binascii
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from urllib.parse import urlsplit

from wasl.clock import Clock, micros
from wasl.config import Config
from wasl.errors import Problem, Refused
from wasl.feed.seen import FeedEvent
from wasl.ledger.webhooks import Endpoint, Secret, Webhooks
from wasl.outbound import Outbound, Reach, Unreached, checked
from wasl.sessions import reach_of
from wasl.webhooks.happening import EVENT, Happening
from wasl.webhooks.posting import Answered, Posting

_HERE = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class Forwarding:
    """Posts events of a brand to one URL, signed with one secret."""

    def __init__(self, posting: Posting, rows: Webhooks, endpoint: Endpoint) -> None:
        self._posting = posting
        self._rows = rows
        self._endpoint = endpoint

    async def post(self, event: FeedEvent) -> Answered:
        """Post it, once."""
        at = micros(event.at)
        told = (event.type, at, event.message, event.delivery, event.reason, event.successor)
        happening = Happening(f"{EVENT}{event.id}", *told, first_at=at)
        about = await self._rows.about(self._endpoint.brand, [event.message] if event.message is not None else [])
        body = happening.body(about.get((event.message or "", event.delivery or 1)))
        return await self._posting.post(self._endpoint, happening.id, body)


@asynccontextmanager
async def forwarding(config: Config, rows: Webhooks, clock: Clock, brand: str, to: tuple[str, str]) -> AsyncIterator[Forwarding]:
    """Posts to a URL and with a secret (`whsec_…`), the two of `to`. It may be of this machine, on any port.

    Raises:
        Refused: the URL is none that is asked, or the secret is none.
    """
    url, secret = to
    reach = _reach(config, url)
    try:
        checked(url, reach)
    except Unreached as unreached:
        raise Refused([Problem(pointer="/forward_to", code=unreached.code, message=unreached.message)]) from None
    _check(secret)
    endpoint = Endpoint(brand, "listen", 0, url, (Secret(secret),))
    async with Outbound(reach) as outbound:
        yield Forwarding(Posting(outbound, clock), rows, endpoint)


def _reach(config: Config, url: str) -> Reach:
    reach = reach_of(config)
    try:
        port = urlsplit(url).port
    except ValueError:
        port = None  # what is wrong with it, `checked` tells
    ports = reach.ports | ({port} if port else set())
    return replace(reach, allowed=(*reach.allowed, *_HERE), http=True, ports=ports, own=frozenset())


def _check(secret: str) -> None:
    try:
        known = secret.startswith("whsec_") and len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) >= 24
    except (binascii.Error, ValueError):
        known = False
    if not known:
        told = "is not a secret; write whsec_ and the base64 of 24 to 64 bytes, or leave it out"
        raise Refused([Problem(pointer="WASL_LISTEN_SECRET", code="bad_secret", message=told)])

"""Writes tracked mails: what the configuration asks for, or what an earlier call had. No I/O, and always the same outcome."""

import json
from collections.abc import Set as AbstractSet
from functools import partial
from typing import NamedTuple

from wasl.config import Config
from wasl.config.topics import Track
from wasl.keys import KeyRing
from wasl.ledger.reports import Attempted, attempted
from wasl.ledger.tracked import Tracked, about
from wasl.tracking.links import Rewritten, with_links, with_picture
from wasl.tracking.tokens import PICTURE, Link, issue
from wasl_contracts import Delivery
from wasl_contracts.content import Mail

_NOTHING: frozenset[Track] = frozenset()


class Marked(NamedTuple):
    """A delivery as it goes out, and what is kept so that its links lead somewhere; None where it is as it was."""

    delivery: Delivery
    tracked: Tracked | None = None


class Marking:
    """Marks deliveries of topics that are tracked."""

    def __init__(self, config: Config, ring: KeyRing) -> None:
        self._ring = ring
        self._public = config.server.public_url
        self._topics = {name: frozenset(topic.track) for name, topic in config.topics.items() if topic.track}

    def wanted(self, delivery: Delivery) -> AbstractSet[Track]:
        """What is to be tracked of a delivery: of mails alone, and never of a one-time code."""
        if delivery.topic not in self._topics or delivery.category == "otp" or not isinstance(delivery.content, Mail):
            return _NOTHING
        return self._topics[delivery.topic]

    def marked(self, delivery: Delivery, tracks: AbstractSet[Track], domain: str | None) -> Marked:
        """The delivery with these tracked; `domain` is the brand's own host for links."""
        mail, call = delivery.content, attempted(delivery.attempt_id)
        public = f"https://{domain}" if domain is not None else self._public
        if not tracks or not isinstance(mail, Mail) or call is None or public is None:
            return Marked(delivery)
        issued = partial(self._url, public, delivery.brand, call)
        told = Rewritten(mail.html, ())
        if "clicks" in tracks:
            told = with_links(mail.html, issued, partial(self._kept, delivery, public))
        html = with_picture(told.html, issued(PICTURE)) if "opens" in tracks else told.html
        content = mail.model_copy(update={"html": html})
        return Marked(delivery.model_copy(update={"content": content}), self._row(delivery.brand, call, tracks, told.targets))

    def _url(self, public: str, brand: str, call: Attempted, number: int) -> str:
        token = issue(self._ring, Link(brand, *call, number))
        return f"{public}/t/o/{token}.gif" if number == PICTURE else f"{public}/t/c/{token}"

    def _kept(self, delivery: Delivery, public: str, link: str) -> bool:
        """The ways out stay as they are: they work without us knowing, and RFC 8058 wants them unchanged."""
        return link == delivery.unsubscribe or link.startswith((f"{public}/u/", f"{self._public}/u/"))

    def _row(self, brand: str, call: Attempted, tracks: AbstractSet[Track], targets: tuple[str, ...]) -> Tracked:
        sealed = self._ring.seal(json.dumps(targets).encode(), about(brand, call.message_id)) if targets else None
        return Tracked("opens" in tracks, "clicks" in tracks, sealed)

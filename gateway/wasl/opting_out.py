"""The link by which a person turns a topic off without login: it is in every message that they may turn off."""

from collections.abc import Mapping
from datetime import datetime

from wasl import tokens
from wasl.brands.brand import Brand
from wasl.config import Config
from wasl.keys import KeyRing
from wasl_contracts import Envelope

PURPOSE = "preferences"
"""What tokens of the preference page are for."""
MADE = "at"
"""The part of such a token that tells since when it is there, in seconds since 1970; older ones have none."""


class OptOut:
    """Makes these links, without I/O. The link of a message for a channel is the same however often it is written."""

    def __init__(self, config: Config, ring: KeyRing) -> None:
        self._ring = ring
        self._public = config.server.public_url
        self._kept = frozenset(name for name, topic in config.topics.items() if topic.rules.consent == "required")

    def link(self, domain: str | None, told: Mapping[str, str | int], at: datetime) -> str | None:
        """The link to a preference page. `told` is its brand and recipient, and what one click stops: a topic, a channel, both or neither.

        `domain` is the brand's own host for links; None where there is neither that nor `[server] public_url`. `at` is since when it is
        there: a link that is older than the erasure of its person is nobody's.
        """
        told = {**told, MADE: int(at.timestamp())}
        base = f"https://{domain}" if domain is not None else self._public
        return f"{base}/u/{tokens.issue(self._ring, PURPOSE, told)}" if base is not None else None

    def of(self, envelope: Envelope, channel: str, face: Brand) -> str | None:
        """The link for a message to a person that they may turn off: promotional or service, by a topic that is not `required`."""
        if envelope.audience != "person" or envelope.category in ("otp", "transactional") or envelope.topic in self._kept:
            return None
        told = {"brand": envelope.brand, "recipient": envelope.recipient_id, "topic": envelope.topic, "channel": channel}
        return self.link(face.link_domain, told, envelope.created_at)

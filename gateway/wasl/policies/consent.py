"""What a person turned off is not sent to them, and what needs their consent goes only with it.

Hard opt-out of the channel > the recipient's choice > the brand's default > the topic's default. A `required` topic asks nobody.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from pydantic import JsonValue

from wasl.config import Config
from wasl.config.topics import CATEGORIES, ConsentRule
from wasl.consent import Word, choice
from wasl.policies.verdict import Allow, Candidate, Inputs, Verdict, Withhold
from wasl_contracts import Audience, Category, Reason


class Ruled(NamedTuple):
    """What holds where they said nothing, and where that is written."""

    rule: ConsentRule
    source: str


class Consent:
    """Judges by the consent ledger and, where that is silent, by the rules of a configuration."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._ruled: dict[tuple[str, Category, str, Audience], Ruled] = {}

    def asked(self, candidates: Iterable[Candidate]) -> set[tuple[str, str]]:
        """The recipients (brand, id) whose word matters: nobody's does for a `required` topic."""
        envelopes = (candidate.envelope for candidate in candidates)
        return {(e.brand, e.recipient_id) for e in envelopes if self.topic_rule(e.topic, e.category) != "required"}

    def rule(self, topic: str, category: Category, channel: str, audience: Audience = "person") -> Ruled:
        """What holds where a person said nothing. Members of a room and followers came by themselves, so theirs is implied."""
        key = topic, category, channel, audience
        if key not in self._ruled:
            self._ruled[key] = self._rule(*key)
        return self._ruled[key]

    def __call__(self, candidate: Candidate, inputs: Inputs, _now: datetime) -> Verdict:
        """Withhold what they turned off, and what asks for a consent that is not on record."""
        envelope = candidate.envelope
        ruled = self.rule(envelope.topic, envelope.category, candidate.channel, envelope.audience)
        rows = inputs.consents.get((envelope.brand, envelope.recipient_id), ())
        return judge(ruled, rows, envelope.topic, candidate.channel)

    def _rule(self, topic: str, category: Category, channel: str, audience: Audience) -> Ruled:
        of_topic = self.topic_rule(topic, category)
        if of_topic == "required":
            return Ruled(of_topic, self._written(category, "topics", topic, "consent"))
        if audience != "person":
            return Ruled("implied", f"audience {audience}")
        brand = self._config.consent
        if (told := brand.channels.get(channel)) is not None:
            return Ruled(told, self._written(category, "consent", "channels", channel))
        if brand.default is not None:
            return Ruled(brand.default, self._written(category, "consent", "default"))
        return Ruled(of_topic, self._written(category, "topics", topic, "consent"))

    def topic_rule(self, topic: str, category: Category) -> ConsentRule:
        """The topic's own rule, else its category's; a `required` one stands above the brand's."""
        told = self._config.topics.get(topic)
        return told.rules.consent if told is not None else CATEGORIES[category].consent

    def _written(self, category: Category, *key: str) -> str:
        return self._config.line(*key) or f"category {category}"


def judge(ruled: Ruled, rows: Iterable[Word], topic: str, channel: str) -> Verdict:
    """The verdict by these rows of one person. It names the row that it relies on, so a message links the consent that it was sent by."""
    seen: dict[str, JsonValue] = {"rule": ruled.rule}
    chosen = choice(rows, topic, channel) if ruled.rule != "required" else None
    if chosen is None:
        if ruled.rule == "opt_in":
            return Withhold("consent", ruled.source, seen, Reason.CONSENT_MISSING)
        return Allow("consent", ruled.source, seen)
    row = chosen.row
    seen |= {"said": row.state, "row": row.id, "topic": row.topic, "channel": row.channel}
    if chosen.granted:
        return Allow("consent", f"consent {row.id}", seen)
    return Withhold("consent", f"consent {row.id}", seen, Reason.OPTED_OUT)

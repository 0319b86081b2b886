"""The scale as data: tiers, and what each asks of a plugin. A tier is reached where its rules and those of all before it hold."""

from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple


class Tier(StrEnum):
    """How much a plugin has shown, from nothing upwards."""

    NONE = "none"
    LISTED = "listed"
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"
    PLATINUM = "platinum"

    @property
    def height(self) -> int:
        """Its place on the scale, from 0."""
        return list(Tier).index(self)


class Rule(NamedTuple):
    """What is asked for. Some rules can only be declared by people; `fresh` is how long that counts. Some know no exemption."""

    name: str
    tier: Tier
    asks: str
    declared: bool = False
    fresh: timedelta = timedelta(days=365)
    exempt: bool = True


RULES = (
    Rule("loads", Tier.LISTED, "it is imported, and its spec is data", exempt=False),
    Rule("licence", Tier.LISTED, "pyproject.toml names a licence", exempt=False),
    Rule("owner", Tier.LISTED, "somebody answers for it: `owners` in quality.toml, or authors in pyproject.toml", exempt=False),
    Rule("contract", Tier.BRONZE, "all its tests pass, and among them the contract kit", exempt=False),
    Rule("readme", Tier.BRONZE, "its README shows how to configure it"),
    Rule("settings", Tier.BRONZE, "its README tells of every setting and address kind"),
    Rule("typed", Tier.BRONZE, "its package has py.typed"),
    Rule("receipts", Tier.SILVER, "it reports what became of a delivery, and the kit has checked its callbacks"),
    Rule("errors", Tier.SILVER, "its spec knows nine of ten of the provider's error codes, which quality.toml lists as `codes`"),
    Rule("limits", Tier.SILVER, "the kit has checked its retries and limits against a server"),
    Rule("live_test", Tier.SILVER, "somebody has sent with it for real in the last 90 days", declared=True, fresh=timedelta(days=90)),
    Rule("inbound", Tier.GOLD, "it reads what people write back, and the kit has checked that"),
    Rule("troubleshooting", Tier.GOLD, "its README has a section Troubleshooting"),
    Rule("health", Tier.GOLD, "it tells `wasl doctor` what stands in its way (SenderCheck)"),
    Rule("coverage", Tier.GOLD, "its tests run at least 90 % of its branches", declared=True),
    Rule("strict", Tier.PLATINUM, "mypy --strict finds nothing"),
    Rule("fuzzed", Tier.PLATINUM, "what it parses is tested with Hypothesis"),
    Rule("speed", Tier.PLATINUM, "its cost of a send is measured and has a bound", declared=True),
    Rule("two_owners", Tier.PLATINUM, "at least two people answer for it"),
)
BY_NAME = {rule.name: rule for rule in RULES}

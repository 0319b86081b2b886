"""What `[unknown]` and `[worker]` of wasl.toml may say."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from wasl_contracts.duration import Duration
from wasl_contracts.message import Category
from wasl_contracts.model import Frozen

Again = Literal["until_expiry", "once", "never"]
"""Whether a message is sent again although it may have arrived."""


class UnknownRules(Frozen):
    """`[unknown]`: by category, whether a message is sent again although it may have arrived, when no proof of either came in time.

    `until_expiry`: as long as it may live. `once`: one time. `never`: it is left for people. What is sent again is marked
    `possible_duplicate`. A provider that recognises a repetition, or can be asked, comes before these rules.
    """

    otp: Again = "until_expiry"
    transactional: Again = "once"
    service: Again = "once"
    promotional: Again = "never"

    def of(self, category: Category) -> Again:
        """The rule of a category."""
        rules: dict[Category, Again] = {
            "otp": self.otp,
            "transactional": self.transactional,
            "service": self.service,
            "promotional": self.promotional,
        }
        return rules[category]


class WorkerSection(Frozen):
    """`[worker]`: `hang_after` is for how long `wasl serve` and `wasl worker` may do nothing at all before they end themselves."""

    hang_after: Duration = Field(timedelta(minutes=2))

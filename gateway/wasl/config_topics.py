"""What `[topics.NAME]` of wasl.toml may say: what a message is about, and which rules follow from that."""

from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field

from wasl.config_worker import Again
from wasl_contracts.duration import Duration
from wasl_contracts.message import Category
from wasl_contracts.model import Frozen, Slug
from wasl_contracts.recipient import Locale

ConsentRule = Literal["implied", "opt_in", "required"]
"""`implied`: goes until they turn it off. `opt_in`: only with a consent on record. `required`: cannot be turned off."""


class Rules(NamedTuple):
    """What holds for a category where the topic does not say otherwise."""

    consent: ConsentRule
    quiet_hours: bool
    caps: bool


CATEGORIES: dict[Category, Rules] = {
    "otp": Rules("required", quiet_hours=False, caps=False),
    "transactional": Rules("implied", quiet_hours=False, caps=False),
    "service": Rules("implied", quiet_hours=False, caps=True),
    "promotional": Rules("opt_in", quiet_hours=True, caps=True),
}


class Topic(Frozen):
    """`[topics.NAME]`: what messages are about.

    `title` is what people read on the preference page, by locale. `consent`, `quiet_hours` (whether they hold), `caps` (whether they
    can keep it back; it is counted in any case) and `unknown` follow from the category where they are not told.
    """

    category: Category = "transactional"
    route: Slug = "default"
    expires_in: Duration | None = None
    title: dict[Locale, str] = Field(default_factory=dict)
    consent: ConsentRule | None = None
    quiet_hours: bool | None = None
    caps: bool | None = None
    unknown: Again | None = None

    @property
    def rules(self) -> Rules:
        """The rules that hold for it."""
        usual = CATEGORIES[self.category]
        return Rules(
            self.consent or usual.consent,
            usual.quiet_hours if self.quiet_hours is None else self.quiet_hours,
            usual.caps if self.caps is None else self.caps,
        )


def _with_default_topic(topics: dict[str, Topic]) -> dict[str, Topic]:
    return {"default": Topic(), **topics}


Topics = Annotated[dict[Slug, Topic], AfterValidator(_with_default_topic)]
"""By name; `default` always exists."""

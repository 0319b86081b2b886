"""What `[topics.NAME]` of wasl.toml may say: what a message is about, and which rules follow from that."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from wasl.config.mistakes import Findings
from wasl.config.worker import Again
from wasl_contracts.duration import Duration
from wasl_contracts.message import Category
from wasl_contracts.model import Frozen, Slug
from wasl_contracts.recipient import Locale

ConsentRule = Literal["implied", "opt_in", "required"]
"""`implied`: goes until they turn it off. `opt_in`: only with a consent on record. `required`: cannot be turned off."""


Track = Literal["opens", "clicks"]
"""What people do with a mail."""


class Rules(NamedTuple):
    """What holds for a category where the topic does not say otherwise."""

    consent: ConsentRule
    quiet_hours: bool
    caps: bool
    priority: int


CATEGORIES: dict[Category, Rules] = {
    "otp": Rules("required", quiet_hours=False, caps=False, priority=0),
    "transactional": Rules("implied", quiet_hours=False, caps=False, priority=1),
    "service": Rules("implied", quiet_hours=False, caps=True, priority=2),
    "promotional": Rules("opt_in", quiet_hours=True, caps=True, priority=3),
}


LIFE: dict[Category, timedelta] = {
    "otp": timedelta(minutes=5),
    "transactional": timedelta(hours=72),
    "service": timedelta(hours=72),
    "promotional": timedelta(hours=72),
}
"""For how long messages of a category live where the topic does not say."""


class Topic(Frozen):
    """`[topics.NAME]`: what messages are about.

    `title` is what people read on the preference page, by locale. `consent`, `quiet_hours` (whether they hold), `caps` (whether they
    can keep it back; it is counted in any case), `priority` (from 0, the most urgent, to 9: the share of its queue in every claim) and
    `unknown` (whether it is sent again when it may have arrived) follow from the category where they are not told.
    `track` is what is noted of its mails: that they were opened (by a picture) or a link was followed; nothing, unless it says so.
    Promotional messages must carry what the law asks of them (content/promotion.py); `promotional_rules = false` takes that on oneself.
    """

    category: Category = "transactional"
    route: Slug = "default"
    expires_in: Duration | None = None
    title: dict[Locale, str] = Field(default_factory=dict)
    consent: ConsentRule | None = None
    quiet_hours: bool | None = None
    caps: bool | None = None
    priority: int | None = Field(None, ge=0, le=9)
    unknown: Again | None = None
    promotional_rules: bool = True
    track: tuple[Track, ...] = ()

    @model_validator(mode="after")
    def _at_once(self) -> Self:
        if self.quiet_hours and self.category in ("otp", "transactional"):
            raise PydanticCustomError(
                "never_quiet", f"has quiet_hours, but its {self.category} messages never wait; make it a service topic"
            )
        if self.track and self.category == "otp":
            raise PydanticCustomError("never_tracked", "has track, but one-time codes are never tracked; leave it out")
        return self

    @property
    def rules(self) -> Rules:
        """The rules that hold for it."""
        usual = CATEGORIES[self.category]
        return Rules(
            self.consent or usual.consent,
            usual.quiet_hours if self.quiet_hours is None else self.quiet_hours,
            usual.caps if self.caps is None else self.caps,
            usual.priority if self.priority is None else self.priority,
        )


def _with_default_topic(topics: dict[str, Topic]) -> dict[str, Topic]:
    return {"default": Topic(), **topics}


Topics = Annotated[dict[Slug, Topic], AfterValidator(_with_default_topic)]
"""By name; `default` always exists."""


def check_tracking(topics: Mapping[str, Topic], public_url: str | None, findings: Findings) -> None:
    """Add a finding for each topic that is tracked where recipients could not reach us."""
    for name, topic in topics.items():
        if topic.track and public_url is None and not findings.touches(("server",)):
            findings.add(("topics", name, "track"), "needs [server] public_url, under which recipients reach the links")

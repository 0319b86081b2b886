"""What `[consent]` of wasl.toml may say: the brand's rule in place of those of its topics, and how long people may take to confirm."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from wasl_contracts.duration import Duration
from wasl_contracts.model import Frozen, Slug

BrandRule = Literal["implied", "opt_in"]


class ConsentSection(Frozen):
    """`[consent]`: what holds where a person said nothing.

    `default` stands in place of the rules of all topics, `channels` in place of that on single channels; a topic that is `required`
    stays so. `confirm_within` is how long the token of a double opt-in can be used.
    """

    default: BrandRule | None = None
    channels: dict[Slug, BrandRule] = Field(default_factory=dict)
    confirm_within: Duration = timedelta(days=7)

"""What `[feed]` of wasl.toml may say."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from wasl_contracts.duration import Duration
from wasl_contracts.model import Frozen


class FeedSection(Frozen):
    """`[feed]`: what happened can be read for so long, and so many listeners of one brand are served at the same time by one process."""

    keep: Duration = timedelta(days=3)
    listeners: Annotated[int, Field(ge=1, le=10_000)] = 100

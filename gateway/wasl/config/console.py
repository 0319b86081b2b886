"""What `[console]` of wasl.toml may say."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from wasl.config.sign_on import SignOnSection
from wasl_contracts.duration import Duration
from wasl_contracts.model import Frozen
from wasl_contracts.recipient import Locale, TimeZone

_Length = Annotated[Duration, Field(ge=timedelta(minutes=1), le=timedelta(days=30))]


class ConsoleSection(Frozen):
    """`[console]`: the support console at /console. Whoever did not use it for `idle`, or signed in before `life`, signs in again.

    `lang` and `zone` hold for whoever chose none; without them, the browser's language and `timezone` of wasl.toml. An act on more
    messages than `two_people_above` waits for a second person, and so does erasing a person where `erase` says "two".
    """

    enabled: bool = True
    idle: _Length = timedelta(hours=4)
    life: _Length = timedelta(hours=24)
    lang: Locale | None = None
    zone: TimeZone | None = None
    oidc: SignOnSection | None = None
    two_people_above: int = Field(1000, ge=0, le=1_000_000)
    erase: Literal["one", "two"] = "one"

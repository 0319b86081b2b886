"""What a search found, as it is shown: addresses masked, content never."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import AwareDatetime, Field, JsonValue

from wasl_contracts import Category, Mark, Reason, State
from wasl_contracts.model import Frozen


class MessageFound(Frozen):
    """A message in a list. Channel, provider, address, attempts and code are of the delivery whose state is the message's.

    `channel` is None as long as the route has not decided; `channels` are those of the route. `name` is the person's, for the console
    alone: it is in no JSON.
    """

    id: str
    brand: str
    state: State
    reason: Reason | None = None
    code: str | None = None
    recipient: str
    name: str | None = Field(None, exclude=True, repr=False)
    address: str | None = None
    channel: str | None = None
    channels: tuple[str, ...] = ()
    provider: str | None = None
    attempts: int = 0
    marks: tuple[Mark, ...] = ()
    topic: str
    category: Category
    template: str | None = None
    locale: str
    ref: str | None = None
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    created_at: AwareDatetime
    due_at: AwareDatetime | None = None


class Searched(Frozen):
    """What was looked through: all that there is from `back_to` on (None: all of it).

    With `goes_on` there may be more before that, to be had with the cursor. `window` is True where the query holds words that no index
    finds, so that only the last 30 days are looked through.
    """

    back_to: AwareDatetime | None = None
    goes_on: bool = False
    window: bool = False


class SearchPage(Frozen):
    """Messages that fit, newest first. `older` and `newer` are cursors of the pages beside this one.

    `understood` tells as what words without a key were taken: address, person, message, reference or text.
    """

    data: tuple[MessageFound, ...]
    older: str | None = None
    newer: str | None = None
    searched: Searched
    understood: str | None = None


class Counted(Frozen):
    """How many messages fit; `at_least`, where counting ended before all were looked at."""

    count: int
    at_least: bool = False


class Bar(Frozen):
    """How many ways were tried, of what was accepted in a span of time; `groups` by what became of them."""

    start: AwareDatetime
    end: AwareDatetime
    groups: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.groups.values())


class Strip(Frozen):
    """A histogram, oldest bar first. There was too much to count where `counted_from` is told: what is older is not in it."""

    bars: tuple[Bar, ...]
    counted_from: AwareDatetime | None = None

    @property
    def span(self) -> tuple[datetime, datetime]:
        return self.bars[0].start, self.bars[-1].end

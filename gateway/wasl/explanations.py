"""What `explain` answers: whether a message would go, when, by what, and for each way why or why not."""

from typing import Literal

from pydantic import AwareDatetime

from wasl.answers import CostSeen, RecipientSeen, WhyNot
from wasl.decision_seen import DecisionSeen
from wasl_contracts import Category, Mode, Until
from wasl_contracts.message import Message
from wasl_contracts.model import Frozen, Moment

Would = Literal["send", "defer", "withhold", "expire", "fail"]
"""What would become of it at that moment."""
Assumption = Literal["nothing_more_is_sent", "providers_as_now", "recipient_as_now", "providers_well"]
"""What an answer for another moment takes for granted: no further messages until then; providers do as they do now, or do well; the
recipient's addresses, language and zone are those known now."""


class Question(Message):
    """A message that is not sent, and the moment that is asked about; now where it is not told."""

    at: Moment | None = None


class RouteSeen(Frozen):
    """By which channels, and how; `source` is the place in wasl.toml, or the field of the message, that says so.

    Where `until` is not `sent`, the next channel goes `escalate_after` (10m, or smart) later without that proof.
    """

    mode: Mode
    channels: tuple[str, ...]
    source: str
    until: Until = "sent"
    escalate_after: str | None = None


class Escalates(Frozen):
    """A channel that would go at that moment where nothing has proved by then that what went before arrived, or was read."""

    channel: str
    at: AwareDatetime


class DeliveryExplained(Frozen):
    """One delivery of it. `goes_at` is when it would go by the rules that hold now, if nothing changes; None where it never would.

    `channel` and `provider` are those that it would go by then, `cost` is what it would cost. `escalations` are what goes after it,
    each a delivery of its own, if no proof ever comes and each is sent at once.
    """

    verdict: Would
    reason: WhyNot | None = None
    goes_at: AwareDatetime | None = None
    channel: str | None = None
    provider: str | None = None
    cost: CostSeen | None = None
    escalations: tuple[Escalates, ...] = ()
    decision: DecisionSeen


class Explanation(Frozen):
    """The answer. The verdict, reason, moment, channel, provider and cost are those of the delivery that comes furthest.

    Of several deliveries each is judged as if it were the first to go. `sentences` say it for people, by language (`en`, `ar`). The
    candidates of each decision tell the policies' verdicts and what would change them, as a message's decision record does.
    """

    verdict: Would
    reason: WhyNot | None = None
    goes_at: AwareDatetime | None = None
    channel: str | None = None
    provider: str | None = None
    cost: CostSeen | None = None
    sentences: dict[str, str]
    at: AwareDatetime
    expires_at: AwareDatetime
    to: RecipientSeen
    topic: str
    category: Category
    route: RouteSeen
    deliveries: tuple[DeliveryExplained, ...]
    assumptions: tuple[Assumption, ...] = ()

"""No more money is spent in a day, week or month than a budget allows. What counts is what intents cost that were not refused for certain.

What a message costs is known when it is rendered. Before, it is taken to cost a unit by the cheapest of its providers: what not even that
is left for is not rendered. The transaction of the intent judges by the cost itself, with the budgets locked.
"""

from collections.abc import Iterable, MutableMapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from wasl.config import Config
from wasl.config.budgets import Budget
from wasl.policies.jitter import jitter
from wasl.policies.prices import Prices, written
from wasl.policies.verdict import Allow, Candidate, Cost, Defer, Inputs, Verdict, Withhold
from wasl_contracts import Reason

_POLICY = "budget"


class Spent(NamedTuple):
    """What messages of one kind cost on one day, in micro units."""

    day: date
    brand: str
    channel: str
    category: str
    currency: str
    spent: int


class BudgetLimit:
    """Judges by one budget of a configuration."""

    def __init__(self, name: str, config: Config, prices: Prices) -> None:
        self.name = name
        self.budget: Budget = config.budgets[name]
        self._prices = prices
        self._zone = ZoneInfo(config.timezone)
        self._source = config.line("budgets", name) or f"budgets.{name}"

    def bearing(self, candidate: Candidate) -> Literal["binds", "exempt", "elsewhere", "free"]:
        """Whether it can keep a candidate back, only counts it, or has nothing to do with it: as there are no prices for it, perhaps."""
        envelope = candidate.envelope
        if not self.budget.fits(envelope.brand, candidate.channel, envelope.category):
            return "elsewhere"
        if not self._prices.knows(candidate.channel, candidate.providers):
            return "free"
        return "binds" if envelope.category in self.budget.blocks else "exempt"

    def __call__(self, candidate: Candidate, inputs: Inputs, now: datetime) -> Verdict:
        """Allow what is left enough for; else what `over` says."""
        bearing = self.bearing(candidate)
        if bearing != "binds":
            return Allow(_POLICY, self._source, {"budget": self.name, bearing: True})
        cost = candidate.cost or self._least(candidate)
        if cost.micros is None or cost.currency != self.budget.currency:
            return self._unpriced()
        spent = inputs.spent.get(self.name, 0)
        seen: dict[str, JsonValue] = {
            "budget": self.name, "amount": written(self.budget.micros), "currency": self.budget.currency, "per": self.budget.per,
            "spent": written(spent), "cost": written(cost.micros), "units": cost.units,
        }  # fmt: skip
        if candidate.cost is None:
            seen["least"] = True
        if cost.micros == 0 or spent + cost.micros <= self.budget.micros:
            return Allow(_POLICY, self._source, seen)
        return self._over(candidate, seen, now)

    def _over(self, candidate: Candidate, seen: dict[str, JsonValue], now: datetime) -> Verdict:
        period = self.budget.period(self.day(now))
        renews_at = datetime.combine(period.end, time(), self._zone).astimezone(UTC)
        seen |= {"over": self.budget.over, "renews_at": renews_at.isoformat()}
        if self.budget.over != "defer":
            return Withhold(_POLICY, self._source, seen, Reason.BUDGET_EXCEEDED, ends_route=self.budget.over == "withhold")
        late = jitter(candidate.envelope.message_id, self.name, period.end - period.first)
        seen["jitter"] = late.total_seconds()
        return Defer(_POLICY, self._source, seen, Reason.BUDGET_EXCEEDED, renews_at + late, ends_route=True)

    def _unpriced(self) -> Verdict:
        seen: dict[str, JsonValue] = {"budget": self.name, "currency": self.budget.currency, "unpriced": self.budget.unpriced}
        if self.budget.unpriced == "allow":
            return Allow(_POLICY, self._source, seen)
        return Withhold(_POLICY, self._source, seen, Reason.PRICE_UNKNOWN, ends_route=self.budget.over != "next_channel")

    def _least(self, candidate: Candidate) -> Cost:
        """A unit by the cheapest provider whose price is known in the budget's currency."""
        rates = (self._prices.of(candidate.channel, name, candidate.address) for name in candidate.providers)
        known = [rate.micros for rate in rates if rate is not None and rate.currency == self.budget.currency]
        return Cost(1, None, min(known), self.budget.currency) if known else Cost()

    def day(self, now: datetime) -> date:
        """The day that clocks of the brand show."""
        return now.astimezone(self._zone).date()

    def takes(self, cost: Cost, brand: str, channel: str, category: str) -> int:
        """What of a cost it counts."""
        fits = cost.currency == self.budget.currency and self.budget.fits(brand, channel, category)
        return cost.micros or 0 if fits else 0

    def total(self, rows: Iterable[Spent], now: datetime) -> int:
        """What was spent in the period of a moment."""
        period = self.budget.period(self.day(now))
        inside = (row for row in rows if period.first <= row.day < period.end)
        return sum(self.takes(Cost(1, None, row.spent, row.currency), row.brand, row.channel, row.category) for row in inside)


class Budgets:
    """All budgets of a configuration."""

    def __init__(self, config: Config, prices: Prices) -> None:
        self.all = tuple(BudgetLimit(name, config, prices) for name in config.budgets)
        self._zone = ZoneInfo(config.timezone)

    def bind(self, candidate: Candidate) -> bool:
        """Whether any can keep a candidate back, so that its cost matters."""
        return any(one.bearing(candidate) == "binds" for one in self.all)

    def ask(self, candidates: Iterable[Candidate], now: datetime) -> date | None:
        """From which day on it must be known what was spent; None where no budget can keep a candidate back."""
        days = [one.budget.period(one.day(now)).first for one in self.all]
        return min(days) if days and any(self.bind(candidate) for candidate in candidates) else None

    def totals(self, rows: Sequence[Spent], now: datetime) -> dict[str, int]:
        """What was spent of each budget in its present period."""
        return {one.name: one.total(rows, now) for one in self.all}

    def count(self, candidate: Candidate) -> bool:
        """Whether any counts what a candidate costs."""
        return any(self._taken(one, candidate) for one in self.all)

    def spent(self, candidate: Candidate, now: datetime) -> Spent | None:
        """What a candidate that goes now is counted as; None where no budget counts it."""
        cost = candidate.cost
        if cost is None or cost.currency is None or not self.count(candidate):
            return None
        day, envelope = now.astimezone(self._zone).date(), candidate.envelope
        return Spent(day, envelope.brand, candidate.channel, envelope.category, cost.currency, cost.micros or 0)

    def take(self, spent: MutableMapping[str, int], candidate: Candidate) -> None:
        """Add what a candidate costs to what is spent of each budget."""
        for one in self.all:
            spent[one.name] = spent.get(one.name, 0) + self._taken(one, candidate)

    @staticmethod
    def _taken(one: BudgetLimit, candidate: Candidate) -> int:
        envelope = candidate.envelope
        return one.takes(candidate.cost, envelope.brand, candidate.channel, envelope.category) if candidate.cost is not None else 0

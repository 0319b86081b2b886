"""What `[budgets.NAME]` of wasl.toml may say: how much money may be spent in a day, week or month, and what becomes of the rest."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from wasl.config.caps import Over
from wasl.config.prices import MICROS, Currency, Money
from wasl_contracts.message import Category
from wasl_contracts.model import Frozen, Slug

Per = Literal["day", "week", "month"]


class Period(NamedTuple):
    """A stretch of calendar days: `first` and all before `end`."""

    first: date
    end: date


class Budget(Frozen):
    """`[budgets.NAME]`: at most `amount` is spent in each calendar `per` (a week begins on Monday), by the clocks of `timezone`.

    It counts messages of the `brand` (none named: of all brands together) that fit `channels` and `categories` (none named: all).
    Only those in `blocks` are kept back; the others are counted and go. `over` is what becomes of a message that is kept back: it takes
    the next channel of its route, is withheld, or waits for the next period. `unpriced` is what becomes of one of which no price in this
    currency is known, on a channel that has prices: a budget cannot count it.
    """

    amount: Annotated[Money, Field(gt=0)]
    currency: Currency
    per: Per
    brand: Slug | None = None
    channels: tuple[Slug, ...] = ()
    categories: tuple[Category, ...] = ()
    blocks: tuple[Category, ...] = ("promotional", "service")
    over: Over = "next_channel"
    unpriced: Literal["withhold", "allow"] = "withhold"

    @property
    def micros(self) -> int:
        """The amount in micro units of its currency."""
        return int(self.amount * MICROS)

    def fits(self, brand: str, channel: str, category: str) -> bool:
        """Whether it counts such a message."""
        named = ((self.channels, channel), (self.categories, category))
        return self.brand in (None, brand) and all(not names or name in names for names, name in named)

    def period(self, day: date) -> Period:
        """The period that a day belongs to."""
        if self.per == "day":
            return Period(day, day + timedelta(days=1))
        if self.per == "week":
            monday = day - timedelta(days=day.weekday())
            return Period(monday, monday + timedelta(days=7))
        first = day.replace(day=1)
        return Period(first, (first + timedelta(days=31)).replace(day=1))


def named_in_budgets(budgets: Mapping[str, Budget]) -> Iterator[tuple[tuple[str | int, ...], Literal["channels"], str]]:
    """The channels that budgets name, each with its place."""
    for name, budget in budgets.items():
        for index, channel in enumerate(budget.channels):
            yield ("budgets", name, "channels", index), "channels", channel

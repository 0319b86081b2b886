"""One budget, judged by hand-made sums; prices by number."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.gateway.scripted import NOON, OFFERS, candidate
from wasl.config import Config
from wasl.counterfactuals import Against, counterfactual
from wasl.policies import Policies
from wasl.policies.budget import Spent
from wasl.policies.prices import Prices, Rate, written
from wasl.policies.verdict import Allow, Candidate, Cost, Defer, Inputs, Verdict, Withhold
from wasl_contracts import Address, Reason

TOPICS: dict[str, dict[str, Any]] = {
    "offers": OFFERS,
    "notices": {"category": "service"},
    "orders": {"category": "transactional"},
    "codes": {"category": "otp"},
}
PRICES = [{"channel": "sms", "country": "SA", "price": "0.04", "currency": "SAR"}]


def policies(prices: Any = PRICES, **budget: Any) -> Policies:
    told = {"amount": 10, "currency": "SAR", "per": "month", **budget}
    return Policies(Config.model_validate({"timezone": "Asia/Riyadh", "topics": TOPICS, "prices": prices, "budgets": {"texts": told}}))


def text(topic: str = "offers", cost: Cost | None = None, number: str = "+966501234567", **fields: Any) -> Candidate:
    category = TOPICS[topic]["category"]
    one = candidate(channel="sms", providers=("text",), topic=topic, category=category, **fields)
    return replace(one, cost=cost, address=Address(channel="sms", kind="phone", value=number))


def judge(given: Candidate, spent: int = 0, now: datetime = NOON, of: Policies | None = None, **budget: Any) -> Verdict:
    (limit,) = (of or policies(**budget)).budgets.all
    return limit(given, Inputs(spent={"texts": spent}), now)


def cost(micros: int | None, currency: str | None = "SAR", units: int = 2) -> Cost:
    return Cost(units, "ucs2", micros, currency)


def test_what_is_left_enough_for_may_go_and_the_verdict_tells_the_sums() -> None:
    verdict = judge(text(cost=cost(80_000)), 9_920_000)

    assert verdict == Allow("budget", "budgets.texts", {
        "budget": "texts", "amount": "10.00", "currency": "SAR", "per": "month", "spent": "9.92", "cost": "0.08", "units": 2,
    })  # fmt: skip


@pytest.mark.parametrize(("over", "ends_route"), [("next_channel", False), ("withhold", True)])
def test_what_is_not_left_enough_for_is_kept_back(over: str, ends_route: bool) -> None:
    verdict = judge(text(cost=cost(80_000)), 9_920_001, over=over)

    assert isinstance(verdict, Withhold)
    assert (verdict.reason, verdict.ends_route) == (Reason.BUDGET_EXCEEDED, ends_route)
    assert verdict.inputs["renews_at"] == "2026-03-31T21:00:00+00:00"


@pytest.mark.parametrize(
    ("per", "renews_at"),
    [
        ("day", datetime(2026, 3, 1, 21, tzinfo=UTC)),
        ("week", datetime(2026, 3, 1, 21, tzinfo=UTC)),
        ("month", datetime(2026, 3, 31, 21, tzinfo=UTC)),
    ],
)
def test_it_may_wait_until_the_budget_begins_anew_by_the_clocks_of_the_brand(per: str, renews_at: datetime) -> None:
    verdict = judge(text(cost=cost(80_000)), 10_000_000, over="defer", per=per)

    assert isinstance(verdict, Defer)
    assert (verdict.reason, verdict.ends_route) == (Reason.BUDGET_EXCEEDED, True)
    assert renews_at <= verdict.until < renews_at + timedelta(minutes=1)


def test_before_it_is_rendered_it_is_taken_to_cost_one_unit_by_the_cheapest_provider() -> None:
    prices = [
        *PRICES,
        {"provider": "cheap", "price": "0.03", "currency": "SAR"},
        {"provider": "dollar", "price": "0.001", "currency": "USD"},
    ]
    given = replace(text(), providers=("text", "cheap", "dollar"))

    verdict = judge(given, 9_970_000, prices=prices)

    assert isinstance(verdict, Allow)
    assert (verdict.inputs["cost"], verdict.inputs["least"]) == ("0.03", True)
    assert isinstance(judge(given, 9_970_001, prices=prices), Withhold)


@pytest.mark.parametrize(
    ("topic", "blocks", "allowed"),
    [
        ("codes", None, True),
        ("orders", None, True),
        ("notices", None, False),
        ("offers", None, False),
        ("codes", ["otp"], False),
        ("offers", ["service"], True),
    ],
)
def test_only_what_a_budget_blocks_is_kept_back(topic: str, blocks: list[str] | None, allowed: bool) -> None:
    told: dict[str, Any] = {"blocks": blocks} if blocks else {}
    verdict = judge(text(topic, cost=cost(80_000)), 99_000_000, **told)

    assert isinstance(verdict, Allow) is allowed
    assert ("exempt" in verdict.inputs) is allowed


@pytest.mark.parametrize(
    ("fields", "seen"), [({"brand": "acme"}, "elsewhere"), ({"channels": ["push"]}, "elsewhere"), ({"categories": ["otp"]}, "elsewhere")]
)
def test_what_it_does_not_count_it_does_not_keep_back(fields: dict[str, Any], seen: str) -> None:
    assert judge(text(cost=cost(80_000)), 99_000_000, **fields).inputs == {"budget": "texts", seen: True}


def test_a_channel_without_prices_is_free() -> None:
    given = replace(candidate(topic="offers", category="promotional"), cost=Cost())

    assert judge(given, 99_000_000).inputs == {"budget": "texts", "free": True}


@pytest.mark.parametrize("given", [text(cost=cost(None, None)), text(cost=cost(80_000, "USD")), text(number="+8821612345678")])
def test_an_unknown_price_is_not_nothing(given: Candidate) -> None:
    verdict = judge(given)

    assert isinstance(verdict, Withhold)
    assert (verdict.reason, verdict.ends_route) == (Reason.PRICE_UNKNOWN, False)
    assert isinstance(judge(given, unpriced="allow"), Allow)


def test_what_is_free_goes_also_when_all_is_spent() -> None:
    assert isinstance(judge(text(cost=cost(0)), 99_000_000), Allow)


def test_the_sum_is_of_the_period_and_of_what_the_budget_counts() -> None:
    budgets = policies(categories=["promotional"], brand="default").budgets
    now = datetime(2026, 2, 28, 21, 30, tzinfo=UTC)  # the first of March in Riyadh
    kind = ("default", "sms", "promotional", "SAR")
    march, april, february = (datetime(2026, month, 1, tzinfo=UTC).date() for month in (3, 4, 2))
    rows = [
        Spent(march, *kind, 5), Spent(march.replace(day=31), *kind, 2), Spent(april, *kind, 100), Spent(february, *kind, 1000),
        Spent(march, "acme", *kind[1:], 30), Spent(march, "default", "sms", "otp", "SAR", 30), Spent(march, *kind[:3], "USD", 30),
    ]  # fmt: skip

    assert budgets.totals(rows, now) == {"texts": 7}
    assert budgets.ask([text()], now) == march


def test_nothing_is_asked_where_no_budget_could_keep_anything_back() -> None:
    assert policies().budgets.ask([text("codes"), candidate(topic="offers")], NOON) is None
    assert Policies(Config()).budgets.ask([text()], NOON) is None


@pytest.mark.parametrize(
    ("verdict", "code", "said"),
    [
        (judge(text(cost=cost(80_000)), 10_000_000), "budget_renewed", "is raised, or when it begins anew at 2026-03-31 21:00 UTC."),
        (judge(text(cost=cost(80_000)), 10_000_000, over="defer", per="day"), "budget_renews_at", "when the budget texts begins anew."),
        (
            judge(text(cost=cost(None))),
            "price_known",
            "Allowed if a price in SAR is known for this, or if the budget texts lets go what has none.",
        ),
    ],
)
def test_people_are_told_what_would_change_it(verdict: Verdict, code: str, said: str) -> None:
    assert isinstance(verdict, Withhold | Defer)

    change = counterfactual(Against(verdict.reason, getattr(verdict, "until", None), verdict.inputs), NOON, channel="sms")

    assert change.code == code
    assert change.sentences["en"].endswith(said)
    assert "texts" in change.sentences["ar"]
    assert "…" not in "".join(change.sentences.values())


ROWS = [
    {"channel": "sms", "price": 5, "currency": "USD"},
    {"channel": "sms", "country": "SA", "price": 1, "currency": "SAR"},
    {"channel": "sms", "prefix": "+96650", "price": 2, "currency": "SAR"},
    {"channel": "sms", "prefix": "+966501", "price": 3, "currency": "SAR"},
    {"channel": "sms", "country": "US", "price": 4, "currency": "USD"},
    {"provider": "own", "country": "SA", "price": "0.5", "currency": "SAR"},
    {"channel": "email", "price": "0.0001", "currency": "USD"},
]


@pytest.mark.parametrize(
    ("provider", "number", "rate"),
    [
        ("text", "+966501234567", Rate(3_000_000, "SAR")),
        ("text", "+966509234567", Rate(2_000_000, "SAR")),
        ("text", "+966551234567", Rate(1_000_000, "SAR")),
        ("text", "+12025550123", Rate(4_000_000, "USD")),
        ("text", "+14165550123", Rate(5_000_000, "USD")),
        ("own", "+966501234567", Rate(500_000, "SAR")),
        ("own", "+14165550123", Rate(5_000_000, "USD")),
    ],
)
def test_the_longest_prefix_wins_and_a_providers_own_price_comes_first(provider: str, number: str, rate: Rate) -> None:
    prices = Prices(Config.model_validate({"prices": ROWS}).prices)

    assert prices.of("sms", provider, Address(channel="sms", kind="phone", value=number)) == rate


def test_any_channel_may_have_a_price_and_without_a_row_it_is_unknown() -> None:
    prices = Prices(Config.model_validate({"prices": ROWS}).prices)
    mail = Address(channel="email", kind="email", value="ann@example.com")

    assert prices.of("email", "mail", mail) == Rate(100, "USD")
    assert prices.of("push", "device", mail) is None
    assert Prices(()).of("sms", "text", mail) is None


@pytest.mark.parametrize(
    ("micros", "said"), [(0, "0.00"), (84_000, "0.084"), (2_500_000, "2.50"), (1, "0.000001"), (10**15, "1000000000.00")]
)
def test_amounts_are_exact(micros: int, said: str) -> None:
    assert written(micros) == said

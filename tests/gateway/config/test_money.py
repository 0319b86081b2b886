"""What `[[prices]]`, a price file, `[budgets.NAME]` and `[countries]` may say, and where a mistake is told."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.gateway.config_files import mistakes, written
from wasl.config import load
from wasl.config.budgets import Budget

START = '[providers.text]\nplugin = "twilio"\n[channels]\nsms = ["text"]\n'
PRICE = '[[prices]]\nchannel = "sms"\nprice = "0.042"\ncurrency = "SAR"\n'


def test_prices_are_exact_whether_written_in_quotes_or_not(here: Path) -> None:
    written(here, f'{START}{PRICE}[[prices]]\nprovider = "text"\nprefix = "+96650"\nprice = 0.00645\ncurrency = "USD"\n')

    prices = load(None, {}).prices

    assert [(price.price, price.micros) for price in prices] == [(Decimal("0.042"), 42_000), (Decimal("0.00645"), 6_450)]


def test_prices_may_stand_in_a_file_beside_it(here: Path) -> None:
    (here / "prices.csv").write_text(
        "\ufeffchannel;country;prefix;price;currency\nsms;SA;;0.042;SAR\n\nsms;;+971;0.11;SAR\n", encoding="utf-8"
    )
    written(here, f'prices = "prices.csv"\n{START}')

    prices = load(None, {}).prices

    assert [(price.country, price.prefix, price.micros) for price in prices] == [("SA", None, 42_000), (None, "+971", 110_000)]


def test_mistakes_of_a_price_file_are_told_at_its_lines(here: Path) -> None:
    rows = [
        "channel,country,price,currency",
        "sms,SA,0.04,SAR",
        "sms,Saudi,0.04,SAR",
        "sms,SA,cheap,SAR",
        "sms,SA,-1,SAR",
        "sms,SA,0.04,SRA",
    ]
    (here / "prices.csv").write_text("\n".join([*rows, ",SA,0.04,SAR", "sms,SA,0.0000001,SAR", 'sms,SA,"0.04,SAR']), encoding="utf-8")

    found = mistakes(f'prices = "prices.csv"\n{START}')

    assert [line.partition(": ")[0] for line in found] == [f"prices.csv:{line}:1" for line in range(3, 10)]
    assert [line.partition(": ")[2].partition(" ")[0] for line in found] == [
        "country:", "price:", "price:", "currency:", "needs", "price:", "cannot",
    ]  # fmt: skip
    assert "Saudi" not in found[0]
    assert "0.04" not in found[6]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read: no such file or directory; correct the path"),
        ("channel,prize\n", 'has a column "prize" in its first line that is not known; did you mean "price"?'),
        ("channel\n", 'has no first line with a column "price"'),
    ],
)
def test_a_price_file_that_is_none_is_told(here: Path, text: str | None, said: str) -> None:
    if text is not None:
        (here / "prices.csv").write_text(text, encoding="utf-8")

    (found,) = mistakes(f'prices = "prices.csv"\n{START}')

    assert said.replace('"', "'") in found.replace('"', "'")


MISTAKES = [
    ('[[prices]]\nchannel = "sms"\ncurrency = "SAR"', "prices.0.price: is missing; add price = …"),
    ('[[prices]]\nchannel = "sms"\nprice = "0.04"\ncurrency = "sar"', "prices.0.currency: is not a currency; write its code of ISO 4217"),
    (
        '[[prices]]\nchannel = "sms"\nprefix = "966"\nprice = 1\ncurrency = "SAR"',
        "prices.0.prefix: is not the beginning of a number in E.164",
    ),
    ('[[prices]]\nprice = 1\ncurrency = "SAR"', "prices.0: needs a channel or a provider, and not both"),
    (
        '[[prices]]\nchannel = "sms"\ncountry = "SA"\nprefix = "+966"\nprice = 1\ncurrency = "SAR"',
        "prices.0: has a country and a prefix; keep one of them",
    ),
    ('[[prices]]\nprovider = "txt"\nprice = 1\ncurrency = "SAR"', "prices.0.provider: there is no provider txt (did you mean 'text'?)"),
    ('[[prices]]\nchannel = "smss"\nprice = 1\ncurrency = "SAR"', "prices.0.channel: there is no channel smss (did you mean 'sms'?)"),
    (f'{PRICE}[budgets.all]\namount = 0\ncurrency = "SAR"\nper = "day"', "budgets.all.amount: should be greater than 0"),
    (f'{PRICE}[budgets.all]\namount = 5\ncurrency = "SAR"\nper = "hour"', "budgets.all.per: should be 'day', 'week' or 'month'"),
    (f'{PRICE}[budgets.all]\namount = 5\ncurrency = "USD"\nper = "day"', "budgets.all.currency: no price is in USD, so it counts nothing"),
    (
        f'{PRICE}[budgets.all]\namount = 5\ncurrency = "SAR"\nper = "day"\nchannels = ["smss"]',
        "budgets.all.channels.0: there is no channel smss (did you mean 'sms'?)",
    ),
    (
        f'{PRICE}[budgets.all]\namount = 5\ncurrency = "SAR"\nper = "day"\nbrand = "acme"',
        "budgets.all.brand: there is no brand acme; there are: default",
    ),
    ('[countries]\nallowed = ["SA"]\ndenied = ["AE"]', "countries: has countries that are allowed and such that are denied"),
    ("[countries]\nallowed = []", "countries.allowed: is empty; name at least one, or leave it out"),
    ('[countries]\nallowed = ["UK"]', "countries.allowed.0: is no country that has phone numbers"),
    ('[outbound]\nports = ["a"]', "outbound.ports.0: should be a valid integer"),
    (f'{PRICE}[[prices]]\nchannel = "sms"\nprice = 1\ncurrency = "SAR"', "prices.1: is a second price of sms for all numbers; keep one"),
    ('[countries]\nallowed = ["Saudi"]', "countries.allowed.0: "),
]


@pytest.mark.parametrize(("told", "said"), MISTAKES, ids=[said[:40] for _, said in MISTAKES])
def test_a_mistake_is_told_with_its_place(here: Path, told: str, said: str) -> None:
    (found,) = mistakes(f"{START}{told}\n")

    place, _, rest = found.partition(" ")
    assert int(place.split(":")[1]) > START.count("\n")
    assert rest.startswith(said)


@pytest.mark.parametrize(
    ("per", "day", "first", "end"),
    [
        ("day", "2026-03-01", "2026-03-01", "2026-03-02"),
        ("week", "2026-03-01", "2026-02-23", "2026-03-02"),
        ("week", "2026-03-02", "2026-03-02", "2026-03-09"),
        ("month", "2026-02-28", "2026-02-01", "2026-03-01"),
        ("month", "2026-12-31", "2026-12-01", "2027-01-01"),
        ("month", "2028-01-30", "2028-01-01", "2028-02-01"),
    ],
)
def test_a_period_is_of_whole_calendar_days(per: str, day: str, first: str, end: str) -> None:
    budget = Budget.model_validate({"amount": 1, "currency": "SAR", "per": per})

    assert budget.period(date.fromisoformat(day)) == (date.fromisoformat(first), date.fromisoformat(end))


def test_what_a_row_of_a_price_file_names_wrongly_is_told_at_its_line(here: Path) -> None:
    rows = ["channel,provider,prefix,price,currency", "sms,,+966,0.04,SAR", "sms,,+966,0.05,SAR", ",txt,,0.04,SAR", "sms,,+966,0.04,SAR"]
    (here / "prices.csv").write_text("\n".join(rows), encoding="utf-8")

    found = mistakes(f'prices = "prices.csv"\n{START}')

    assert [line.partition(": ")[0] for line in found] == ["prices.csv:3:1", "prices.csv:4:1"]
    assert "a second price of sms for +966" in found[0]
    assert "there is no provider txt" in found[1]

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasl.searching.language import Search, Term, parse
from wasl.searching.tokens import LONGEST, Misread, Spot, Value
from wasl.searching.vocabulary import IS, KEYS

NOW = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
RIYADH = ZoneInfo("Asia/Riyadh")


def parsed(text: str) -> Search:
    return parse(text, NOW, UTC)


def spots(text: str) -> tuple[Spot, ...]:
    with pytest.raises(Misread) as misread:
        parsed(text)
    return misread.value.spots


def term(key: str, *values: str, negated: bool = False) -> Term:
    return Term(key, tuple(Value(v.rstrip("*"), v.endswith("*")) for v in values), negated)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("status:failed", [term("status", "failed")]),
        ("STATUS:Failed", [term("status", "failed")]),
        ("-channel:sms", [term("channel", "sms", negated=True)]),
        ("!channel:sms", [term("channel", "sms", negated=True)]),
        ("channel:sms,email", [term("channel", "sms", "email")]),
        ('template:"order shipped"', [term("template", "order shipped")]),
        ('person:"a,b",c', [term("person", "a,b", "c")]),
        ("template:order*", [term("template", "order*")]),
        ("reason:suppressed_*", [term("reason", "suppressed_*")]),
        ("meta.Order_Id:10:42", [term("meta.Order_Id", "10:42")]),
        ("tenant:acme campaign:spring", [term("brand", "acme"), term("meta.campaign", "spring")]),
        ("to:+966501234567 is:failed,withheld", [term("to", "+966501234567"), term("is", "failed", "withheld")]),
        ("  status:sent   has:error ", [term("status", "sent"), term("has", "error")]),
    ],
)
def test_a_term_says_what_it_says(text: str, terms: list[Term]) -> None:
    assert list(parsed(text).terms) == terms


def test_words_without_a_key_are_kept_in_order_and_as_one_text() -> None:
    search = parsed('+966 50 123 4567 "order 1042" -noise status:sent')

    assert search.bare == "+966 50 123 4567 order 1042"
    assert [word.values[0].text for word in search.words if word.negated] == ["noise"]
    assert search.asking("status") == [term("status", "sent")]


@pytest.mark.parametrize("text", ["https://shop.example/x", "a-b", "- x", "12:30", "*", "ann@example.com", "!", "-"])
def test_what_only_looks_like_a_key_is_a_word(text: str) -> None:
    assert parsed(text).words
    assert parsed(text).terms == ()


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("after:24h", datetime(2026, 11, 22, 22, 30, tzinfo=UTC), None),
        ("before:30m", None, datetime(2026, 11, 23, 22, 0, tzinfo=UTC)),
        # In Riyadh it is 01:30 of the next day.
        ("on:today", datetime(2026, 11, 23, 21, tzinfo=UTC), datetime(2026, 11, 24, 21, tzinfo=UTC)),
        ("on:yesterday", datetime(2026, 11, 22, 21, tzinfo=UTC), datetime(2026, 11, 23, 21, tzinfo=UTC)),
        ("on:2026-11-01", datetime(2026, 10, 31, 21, tzinfo=UTC), datetime(2026, 11, 1, 21, tzinfo=UTC)),
        ("after:2026-11-01T10:00", datetime(2026, 11, 1, 7, tzinfo=UTC), None),
        ("after:2026-11-01T10:00Z before:2w", datetime(2026, 11, 1, 10, tzinfo=UTC), datetime(2026, 11, 9, 22, 30, tzinfo=UTC)),
        ("-before:2026-11-01T10:00Z", datetime(2026, 11, 1, 10, tzinfo=UTC), None),
        ("after:7d after:1d", datetime(2026, 11, 22, 22, 30, tzinfo=UTC), None),
    ],
)
def test_days_are_those_of_whoever_asks(text: str, since: datetime | None, until: datetime | None) -> None:
    search = parse(text, NOW, RIYADH)

    assert (search.since, search.until) == (since, until)


def test_a_day_of_23_hours_is_a_whole_day() -> None:
    search = parse("on:2026-03-29", NOW, ZoneInfo("Europe/Berlin"))

    assert search.since is not None
    assert search.until is not None
    assert (search.until - search.since).total_seconds() == 23 * 3600


@pytest.mark.parametrize(
    ("text", "start", "end", "suggestion", "told"),
    [
        ("statsu:failed", 0, 13, "status:failed", '"statsu:", which is no key; did you mean "status"?'),
        ("is:failed statsu:a,b", 10, 20, "status:a,b", "no key"),
        ("status:faild", 0, 12, "status:failed", '"faild" behind "status:"'),
        ("-status:faild", 0, 13, "-status:failed", "none of its values"),
        ("reason:opted", 0, 12, "reason:opted_out", "opted_out"),
        ("is:unconfirmd", 0, 13, "is:unconfirmed", "none of its values"),
        ("reason:zzz*", 0, 11, None, "none of its values"),
        ("status:fail*", 0, 12, None, "whole values only"),
        ("channel:sm*", 0, 11, None, "whole values only"),
        ("status:", 0, 7, None, "without a value"),
        ("x to: ann", 2, 5, None, "right behind the colon"),
        ('template:"open', 9, 14, '"open"', "nothing closes"),
        ("after:tomorow", 0, 13, None, "no moment"),
        ("after:2026-13-01", 0, 16, None, "no moment"),
        ("after:1h,2h", 0, 11, None, "no moment"),
        ("-on:today", 0, 9, None, "use after: or before:"),
        ("a\0b", 1, 2, None, "U+0000"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_may_be_meant(
    text: str, start: int, end: int, suggestion: str | None, told: str
) -> None:
    (spot,) = spots(text)

    assert (spot.start, spot.end, spot.suggestion) == (start, end, suggestion)
    assert told in spot.message


def test_all_mistakes_are_told_at_once() -> None:
    assert [spot.suggestion for spot in spots("statsu:a chanel:sms")] == ["status:a", "channel:sms"]


def test_what_is_mistaken_is_not_repeated_where_it_may_be_an_address() -> None:
    (spot,) = spots("status:ann@example.com")

    assert "ann@" not in spot.message


@pytest.mark.parametrize("text", ["x" * (LONGEST + 1), "a " * 21, f"id:{','.join('a' * 51)}"])
def test_a_query_has_a_bound(text: str) -> None:
    assert spots(text)


KEYED = st.sampled_from([f"{key}:{value}" for key in KEYS for value in ("a", "*", '"', ",")])


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60) | KEYED)
def test_every_text_is_understood_or_told_what_is_wrong(text: str) -> None:
    found: tuple[Spot, ...] = ()
    try:
        parsed(text)
    except Misread as misread:
        found = misread.spots

    assert all(0 <= spot.start <= spot.end <= len(text) for spot in found)


def test_every_standing_can_be_asked_for() -> None:
    assert parsed(" ".join(f"is:{one}" for one in IS[:20])).terms

"""How services count. X's vectors: github.com/twitter/twitter-text, conformance/validate.yml, read 2026-11."""

import pytest

from wasl_contracts import Capabilities
from wasl_contracts.graphemes import graphemes
from wasl_contracts.length import LINK, CountedIn, length

FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("abc", ["a", "b", "c"]),
        ("", []),
        ("e\u0301e", ["e\u0301", "e"]),
        (f"{FAMILY}🇸🇦🇪🇬", [FAMILY, "🇸🇦", "🇪🇬"]),
        ("مَرْ", ["مَ", "رْ"]),
        ("a\r\nb", ["a", "\r\n", "b"]),
        ("👍🏽1\ufe0f\u20e3", ["👍🏽", "1\ufe0f\u20e3"]),
    ],
)
def test_a_grapheme_is_what_people_see_as_one_character(text: str, pieces: list[str]) -> None:
    assert list(graphemes(text)) == pieces


@pytest.mark.parametrize(("counted_in", "counts"), [("characters", 6), ("utf16", 9), ("bytes", 19), ("graphemes", 2), ("weighted", 3)])
def test_a_text_is_as_long_as_its_service_counts(counted_in: CountedIn, counts: int) -> None:
    assert length(f"a{FAMILY}", counted_in) == counts


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("a" * 280, 280),
        ("汉" * 140, 280),
        ("가" * 3, 6),
        ("مرحبا", 5),
        ("é", 1),
        ("e\u0301", 1),
        ("©®", 2),
        ("🙂🙂🏽", 4),
        (FAMILY, 2),
        ("🇸🇦", 2),
        ("1\ufe0f\u20e3", 2),
        ("“quote”…", 9),
        ("See https://example.com/a/very/long/research/path?with=query#and-more", 27),
        ("https://a.io https://b.io", 47),
        ("Order at shop.example/now", 32),
    ],
)
def test_x_weighs_characters_links_and_emoji(text: str, weight: int) -> None:
    assert length(text, "weighted", 23) == weight


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("See https://a.example/b, or (http://c.example/?d=e).", ["https://a.example/b", "http://c.example/?d=e"]),
        ("https://a.example، ثم \u2068https://b.example\u2069", ["https://a.example", "https://b.example"]),
        ("ftp://a.example a.example", []),
    ],
)
def test_a_link_ends_before_the_punctuation_behind_it(text: str, links: list[str]) -> None:
    assert LINK.findall(text) == links


def test_a_capability_without_a_limit_takes_everything() -> None:
    short = Capabilities(max_characters=3, counted_in="bytes")

    assert Capabilities().takes("a" * 10_000)
    assert (short.takes("abc"), short.takes("شب")) == (True, False)

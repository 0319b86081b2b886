import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasl.content.cutting import cut

FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("ab cd", 4, "ab…"),
        ("e\u0301e\u0301e\u0301", 4, "e\u0301…"),
        (f"a{FAMILY}b", 5, "a…"),
        (f"{FAMILY}bc", 6, f"{FAMILY}…"),
        ("👍🏽👍🏽", 2, "…"),
        ("👍🏽👍🏽", 3, "👍🏽…"),
        ("🇸🇦🇸🇦🇸🇦", 4, "🇸🇦…"),
        ("مَرْحَبًا", 6, "مَرْ…"),
        ("a\r\nb c", 3, "a…"),
        ("\u1100\u1161\u11a8\u1100\u1161\u11a8", 5, "\u1100\u1161\u11a8…"),
        ("\u1100\uac00\u11a8b c", 4, "\u1100\uac00\u11a8…"),
        ("\uac00\u11a8b c", 2, "…"),
        ("क्षत्रिय", 4, "क्ष…"),
        ("क्षत्रिय", 5, "क्ष…"),
        ("ক্ষমা", 4, "ক্ষ…"),
        ("मैं क्ष", 5, "मैं…"),
        ("🏴\U000e0067\U000e0062\U000e007fab", 5, "🏴\U000e0067\U000e0062\U000e007f…"),
        ("1\ufe0f\u20e32", 3, "…"),
        ("می\u200cرسد", 3, "م…"),
        ("\u0601١٢٣", 2, "…"),
        ("ｶﾞｷﾞ", 3, "ｶﾞ…"),
        ("a \u2068bcdef\u2069 g", 6, "a \u2068b\u2069…"),
    ],
)
def test_text_is_cut_between_what_people_see_as_characters(text, limit, kept):
    assert cut(text, limit) == kept


@given(st.text(alphabet="ab \u0301\u200d👍🏽🇸🇦\u2068\u2069\r\n", max_size=30), st.integers(1, 30))
def test_a_cut_text_is_never_too_long_and_leaves_no_isolate_open(text, limit):
    kept = cut(text, limit)

    assert len(kept) <= limit
    assert kept == text or kept.count("\u2068") <= kept.count("\u2069")

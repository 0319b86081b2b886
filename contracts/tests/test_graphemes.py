import time

import pytest

from wasl_contracts.graphemes import graphemes


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("abc", "a|b|c"), ("", ""), ("e\u0301a", "e\u0301|a"), ("\r\n\n", "\r\n|\n"),
        ("👨\u200d👩\u200d👧👍🏽", "👨\u200d👩\u200d👧|👍🏽"), ("🇸🇦🇵🇸🇸", "🇸🇦|🇵🇸|🇸"), ("1\ufe0f\u20e32", "1\ufe0f\u20e3|2"),
        ("مَرْحَبًا", "مَ|رْ|حَ|بً|ا"), ("می\u200cرسد", "م|ی\u200c|ر|س|د"), ("\u0601١٢", "\u0601١|٢"), ("שָׁלוֹם", "שָׁ|ל|וֹ|ם"),
        ("क्षत्रिय", "क्ष|त्रि|य"), ("ক্ষমা", "ক্ষ|মা"), ("హిన్దీ", "హి|న్దీ"), ("தமிழ்", "த|மி|ழ்"), ("क्a", "क्|a"),
        ("가각", "가|각"), ("\u1100\u1161\u11a8\u1100", "\u1100\u1161\u11a8|\u1100"),
        ("\u1100\uac00\u11a8\uac00", "\u1100\uac00\u11a8|\uac00"),
        ("ｶﾞｷ", "ｶﾞ|ｷ"),
    ],
)  # fmt: skip
def test_a_text_falls_into_what_people_see_as_characters(text, pieces):
    assert list(graphemes(text)) == (pieces.split("|") if pieces else [])


@pytest.mark.parametrize("text", ["🇸🇦" * 5_000, "क्" * 5_000, "a" + "\u0301" * 10_000])
def test_long_runs_of_one_kind_take_no_longer_than_others(text):
    started = time.process_time()

    list(graphemes(text))

    assert time.process_time() - started < 0.5

"""Golden vectors. Sources, read on 2026-11-23:

- TwilioDevEd/message-segment-calculator, tests/index.test.js (29a4bc2): "twilio" below; its other cases are boundaries of 160 and 70.
- jezeniel/smsutil 1.1.3, tests/test_util.py (3ba1074): "smsutil" below.
- 3GPP TS 23.040, 9.2.3.24 (headers of parts) and TS 23.038, annex A (national tables).
"""

import pytest

from wasl.content.alphabets import NATIONAL as ALPHABETS
from wasl.content.segments import count, forcing, plainer
from wasl_contracts.content import ShiftTable

ALEF = "ا"
GSM7 = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
FAMILY = "👨‍👩‍👧‍👦"  # 11 UTF-16 units: four pairs and three joiners

VECTORS = {
    "nothing": ("", "gsm7", 0, 0),
    "one letter": ("a", "gsm7", 1, 1),
    "twilio: one part": ("1234567890" * 16, "gsm7", 160, 1),
    "twilio: two parts": ("1234567890" * 16 + "1", "gsm7", 161, 2),
    "two parts are full": ("a" * 306, "gsm7", 306, 2),
    "twilio: three parts": ("1234567890" * 30 + "1234567", "gsm7", 307, 3),
    "ten parts are full": ("a" * 1530, "gsm7", 1530, 10),
    "eleven parts": ("a" * 1531, "gsm7", 1531, 11),
    "twilio: an escape in one part": ("{" + "2" * 158, "gsm7", 160, 1),
    "twilio: an escape in two parts": ("{" + "2" * 159, "gsm7", 161, 2),
    "smsutil: escapes that fill a part": ("1" * 145 + "{" * 15, "gsm7", 175, 2),
    "smsutil: an escape that would be split goes to the next part": ("1" * 152 + "{" + "1" * 12, "gsm7", 166, 2),
    "that costs a part where it is tight": ("1" * 152 + "{" + "1" * 152, "gsm7", 306, 3),
    "twilio: a smile in one part": ("😜" + "2" * 68, "ucs2", 70, 1),
    "twilio: a smile in two parts": ("😜" + "2" * 69, "ucs2", 71, 2),
    "twilio: a smile in three parts": ("😜" + "2" * 133, "ucs2", 135, 3),
    "twilio: a flag in one part": ("🇮🇹" + "2" * 66, "ucs2", 70, 1),
    "twilio: a flag in two parts": ("🇮🇹" + "2" * 67, "ucs2", 71, 2),
    "twilio: a rainbow flag in one part": ("🏳️🌈" + "2" * 65, "ucs2", 70, 1),
    "twilio: a rainbow flag in two parts": ("🏳️🌈" + "2" * 66, "ucs2", 71, 2),
    "twilio: signs of the extension are one unit in UCS-2": ("😀" + "]" * 68, "ucs2", 70, 1),
    "twilio: two parts of them": ("😀" + "]" * 69, "ucs2", 71, 2),
    "twilio: letters that seven bits lack": ("Áúçíó" * 14, "ucs2", 70, 1),
    "twilio: three accents": ("é\u0301\u0301" + "a" * 67, "ucs2", 70, 1),
    "a surrogate pair stays together": ("a" * 66 + "😜" + "ب" * 66, "ucs2", 134, 3),
    "at the end of a part it fits": ("a" * 65 + "😜" + "ب" * 67, "ucs2", 134, 2),
    "a family": (FAMILY, "ucs2", 11, 1),
    "families": (FAMILY * 7, "ucs2", 77, 2),
    "arabic: one part": (ALEF * 70, "ucs2", 70, 1),
    "arabic: two parts": (ALEF * 71, "ucs2", 71, 2),
    "arabic: two parts are full": (ALEF * 134, "ucs2", 134, 2),
    "arabic: three parts": (ALEF * 135, "ucs2", 135, 3),
    "mixed: one letter is enough": ("a" * 159 + ALEF, "ucs2", 160, 3),
    "isolates count": ("\u2068" + ALEF * 69, "ucs2", 70, 1),
}


@pytest.mark.parametrize(("text", "encoding", "units", "segments"), VECTORS.values(), ids=VECTORS.keys())
def test_a_text_takes_as_many_parts_as_public_calculators_say(text: str, encoding: str, units: int, segments: int) -> None:
    counted = count(text)

    assert (counted.encoding, counted.units, counted.segments) == (encoding, units, segments)


def test_every_letter_of_the_default_alphabet_is_one_septet_and_of_the_extension_two() -> None:
    assert [letter for letter in GSM7 if count(letter)[:2] != ("gsm7", 1)] == []
    assert [letter for letter in "\f^{}\\[~]|€" if count(letter)[:2] != ("gsm7", 2)] == []
    assert {count(chr(point)).encoding for point in range(0x110, 0x300)} == {"ucs2"}


@pytest.mark.parametrize(
    ("text", "left"), [("a" * 150, 10), ("a" * 161, 145), (ALEF * 69, 1), (ALEF * 71, 63), ("1" * 152 + "{" + "1" * 10, 141)]
)
def test_what_is_left_is_the_room_of_the_last_part(text: str, left: int) -> None:
    assert count(text).left == left
    assert count(text + text[-1] * left).segments == count(text).segments
    assert count(text + text[-1] * (left + 1)).segments == count(text).segments + 1


NATIONAL: dict[str, tuple[ShiftTable, str, int]] = {
    "turkish letters stand in their locking table": ("turkish", "ş" * 155, 1),
    "one more": ("turkish", "ş" * 156, 2),
    "two parts of 149": ("turkish", "ş" * 298, 2),
    "three": ("turkish", "ş" * 299, 3),
    "turkish in words": ("turkish", "İstanbul'da görüşürüz " * 7, 1),
    "è is in the default alphabet, ş an escape": ("turkish", "è" + "a" * 152 + "ş", 1),
    "both are one too many": ("turkish", "è" + "a" * 153 + "ş", 2),
    "spanish has escapes alone": ("spanish", "á" + "a" * 153, 1),
    "a septet more": ("spanish", "á" + "a" * 154, 2),
    "portuguese": ("portuguese", "ã" * 155, 1),
    "urdu": ("urdu", "م" * 155, 1),
    "urdu with its digits, in both tables": ("urdu", "م" * 150 + "\u06f1", 1),
    "these have room for 152": ("urdu", "م" * 151 + "\u06f1", 2),
    "and for 146 in each of several": ("urdu", "م" * 290 + "\u06f1", 2),
    "three of them": ("urdu", "م" * 291 + "\u06f1", 3),
}


@pytest.mark.parametrize(("table", "text", "segments"), NATIONAL.values(), ids=NATIONAL.keys())
def test_a_national_table_costs_a_header_and_saves_parts(table: ShiftTable, text: str, segments: int) -> None:
    counted = count(text, [table])

    assert (counted.encoding, counted.table, counted.segments) == ("gsm7", table, segments)
    assert segments < count(text).segments


def test_what_arabic_needs_is_in_no_table() -> None:
    assert count("\u0645" * 71 + "ك", ["urdu", "turkish"]).encoding == "ucs2"


def test_a_table_that_saves_nothing_is_not_used() -> None:
    assert count("a" * 161, ["turkish"]).table is None
    assert count("ş", ["turkish"]).segments == count("ş").segments == 1


def test_the_characters_that_force_ucs2_are_named_with_their_first_places() -> None:
    found = forcing("It’s “on” its way – it’s here")

    assert [(one.position, one.name) for one in found] == [
        (2, "U+2019 RIGHT SINGLE QUOTATION MARK"),
        (5, "U+201C LEFT DOUBLE QUOTATION MARK"),
        (8, "U+201D RIGHT DOUBLE QUOTATION MARK"),
        (18, "U+2013 EN DASH"),
    ]
    assert forcing("plain {text} €5") == ()
    assert len(forcing("الطلب في الطريق", most=3)) == 3


def test_typography_becomes_plain_where_that_alone_makes_it_gsm7() -> None:
    written = "It’s “on” its way\u00a0– see\u200b ＡＢ１ …"

    assert plainer(written) == 'It\'s "on" its way - see AB1 ...'
    assert count(plainer(written)).encoding == "gsm7"


@pytest.mark.parametrize(
    "text",
    ["It’s علي", "ʻokina – Hawaiʻi", "“naïve”", "«مرحبا»", "plain {text}", "‘ç’"],
    ids=["arabic", "okina", "i", "guillemets", "plain", "c"],
)
def test_letters_stay_and_what_would_be_ucs2_in_any_case_stays_as_it_was_written(text: str) -> None:
    assert plainer(text) == text


def test_every_table_has_127_letters_and_the_ones_of_its_language() -> None:
    letters = {"turkish": "ĞğİıŞşç", "portuguese": "ÃãÕõÂâÊêÔô", "urdu": "ٹپچڑکگںہےی", "spanish": "ÁÍÓÚáíóú"}
    for table, alphabets in ALPHABETS.items():
        assert {len(alphabet.letters) for alphabet in alphabets} == {127}
        assert all(
            set(letters[table]) <= alphabet.letters | alphabet.escaped for alphabet in alphabets if alphabet.joined == alphabets[-1].joined
        )

"""The letters of an SMS that seven bits can write: 3GPP TS 23.038 V18 (clause 6.2.1 and annex A). Everything else needs UCS-2."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from wasl_contracts.content import ShiftTable

# The escape at 0x1B is no letter, so each table has a gap there. Arabic itself has no table: it is always UCS-2.
_DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = "\f^{}\\[~]|€"
_LOCKING: Mapping[ShiftTable, str] = {
    "turkish": (
        "@£$¥€éùıòÇ\nĞğ\rÅåΔ_ΦΓΛΩΠΨΣΘΞŞşßÉ !\"#¤%&'()*+,-./0123456789:;<=>?İABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§çabcdefghijklmnopqrstuvwxyzäöñüà"
    ),
    "portuguese": (
        "@£$¥êéúíóç\nÔô\rÁáΔ_ªÇÀ∞^\\€Ó|ÂâÊÉ !\"#º%&'()*+,-./0123456789:;<=>?"
        "ÍABCDEFGHIJKLMNOPQRSTUVWXYZÃÕÚÜ§~abcdefghijklmnopqrstuvwxyzãõ`üà"
    ),
    "urdu": (
        "\u0627\u0622\u0628\u067b\u0680\u067e\u06a6\u062a\u06c2\u067f\n\u0679\u067d\r\u067a\u067c\u062b\u062c\u0681\u0684\u0683\u0685"
        "\u0686\u0687\u062d\u062e\u062f\u068c\u0688\u0689\u068a !\u068f\u068d\u0630\u0631\u0691\u0693)(\u0699\u0632,\u0696.\u0698"
        "0123456789:;\u069a\u0633\u0634?\u0635\u0636\u0637\u0638\u0639\u0641\u0642\u06a9\u06aa\u06ab\u06af\u06b3\u06b1\u0644\u0645\u0646"
        "\u06ba\u06bb\u06bc\u0648\u06c4\u06d5\u06c1\u06be\u0621\u06cc\u06d0\u06d2\u064d\u0650\u064f\u0657\u0654abcdefghijklmnopqrstuvwxyz"
        "\u0655\u0651\u0653\u0656\u0670"
    ),
}
_SINGLE: Mapping[ShiftTable, str] = {
    "turkish": f"{_EXTENSION}ĞİŞçğış",
    "spanish": f"{_EXTENSION}çÁÍÓÚáíóú",
    "portuguese": f"{_EXTENSION}êçÔôÁáΦΓΩΠΨΣΘÊÀÍÓÚÃÕÂíóúãõâ",
    "urdu": (
        "@£$¥¿\"¤%&'\f*+-/<=>¡^_#\u0600\u0601\u06f0\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8\u06f9\u060c\u060d{}\u060e\u060f\u0610"
        "\u0611\u0612\\\u0613\u0614\u061b\u061f\u0640\u0652\u0658\u066b\u066c\u0672\u0673\u06cd[~]\u06d4|ABCDEFGHIJKLMNOPQRSTUVWXYZ€"
    ),
}


class Alphabet(NamedTuple):
    """Letters of one septet, letters of two (an escape before them), and how many septets fit into an only part and into one of several.

    A part has 140 octets. Its header costs an octet, 5 more to join parts, and 3 for each national table (3GPP TS 23.040, 9.2.3.24).
    """

    letters: frozenset[str]
    escaped: frozenset[str]
    alone: int
    joined: int
    table: ShiftTable | None = None


def _alphabet(letters: str, escaped: str, tables: int, table: ShiftTable | None) -> Alphabet:
    alone, joined = ((140 - (1 + 3 * tables if tables else 0)) * 8 // 7, (140 - 6 - 3 * tables) * 8 // 7)
    return Alphabet(frozenset(letters), frozenset(escaped) - frozenset(letters), alone, joined, table)


def _national(table: ShiftTable) -> tuple[Alphabet, ...]:
    single, locking = _SINGLE[table], _LOCKING.get(table)
    shifted = _alphabet(_DEFAULT, single, 1, table)
    if locking is None:
        return (shifted,)
    return (shifted, _alphabet(locking, _EXTENSION, 1, table), _alphabet(locking, single, 2, table))


GSM7: Final = _alphabet(_DEFAULT, _EXTENSION, 0, None)
"""What every phone and provider can read."""
NATIONAL: Final[Mapping[ShiftTable, tuple[Alphabet, ...]]] = {table: _national(table) for table in _SINGLE}
"""The alphabets of each language: its letters by an escape, in place of the usual ones, or both."""

"""The frozen model that every contract type is, and the text types that they share."""

import re
from datetime import UTC, datetime
from math import isfinite
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, JsonValue, StringConstraints
from pydantic_core import PydanticCustomError

# Controls (C0 but the tab, DEL, C1) and Unicode's line ends: RFC 5322 section 2.2 allows none in a header, and some end a line there.
_NOT_IN_A_LINE = frozenset({*map(chr, [*range(0x20), *range(0x7F, 0xA0)]), "\u2028", "\u2029"} - {"\t"})
# Controls that reorder or hide text: embeddings, overrides, isolates and tag characters (Unicode UAX #9, UTS #39).
_BIDI_CONTROLS = frozenset(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xE0000, 0xE0080)]))
_EARLIEST, _LATEST = datetime(1971, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_UNESCAPED = re.compile(r"[0-9T:.-]{16,29} [0-9]{2}:?[0-9]{2}")
_LARGEST_EXACT_INTEGER = 2**53  # beyond it JavaScript and jq round silently (RFC 8259 section 6)


class Frozen(BaseModel):
    """An immutable value: unknown fields are refused, NaN and infinity too."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


def without_nul(text: str) -> str:
    """Refuse U+0000: PostgreSQL cannot store it and SQLite cuts the text there."""
    if text.isprintable():  # so it has no control character of any kind and no half pair; looking for each takes ten times as long
        return text
    if "\0" in text:
        raise PydanticCustomError("nul_character", "holds U+0000; remove it")
    return whole(text)


def cleaned(said: str) -> str:
    """What a provider said, without what no database keeps in a text: NUL (PostgreSQL), and halves of surrogate pairs, which JSON can
    hold and UTF-8 cannot. Unlike a caller, a provider cannot be asked to say it otherwise."""
    return said.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def whole(text: str) -> str:
    """Refuse half of a surrogate pair, which no UTF-8 store or wire can carry."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise PydanticCustomError("invalid_unicode", "holds half of a surrogate pair; send whole characters") from None
    return text


def one_line(text: str) -> str:
    """Refuse what would start a new header line, now and not when the mail is sent."""
    if text.isprintable():
        return text
    if "\0" in text:
        raise PydanticCustomError("header_injection", "holds U+0000; remove it")
    if not _NOT_IN_A_LINE.isdisjoint(text):
        raise PydanticCustomError("header_injection", "holds a line break or another control character; keep it on one line")
    return whole(text)


def without_direction_controls(text: str) -> str:
    """Refuse characters that show a text in another order than it has."""
    if not text.isprintable() and not _BIDI_CONTROLS.isdisjoint(text):
        raise PydanticCustomError("bidi_control", "holds an invisible direction control; remove it")
    return text


def plain_name(text: str) -> str:
    """Refuse characters that make a name look like another one."""
    return without_direction_controls(one_line(text))


def storable(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Refuse JSON that some store or reader would change: U+0000, lone surrogates, integers beyond 2^53, NaN."""
    parts: list[JsonValue] = [value]
    for part in parts:  # it grows while it is walked
        if isinstance(part, str):
            without_nul(part)
        elif isinstance(part, dict):
            parts += part
            parts += part.values()
        elif isinstance(part, list):
            parts += part
        elif isinstance(part, int) and abs(part) > _LARGEST_EXACT_INTEGER:
            raise PydanticCustomError("out_of_range", "holds an integer beyond 2^53; send it as text")
        elif isinstance(part, float) and not isfinite(part):
            raise PydanticCustomError("not_finite", "holds NaN or infinity, which JSON does not have")
    return value


def _written_moment(value: object) -> object:
    if isinstance(value, str) and _UNESCAPED.fullmatch(value):
        raise PydanticCustomError("bad_time", "has a blank in place of the + of its offset; in a URL write + as %2B")
    # pydantic would also read numbers, as seconds since 1970.
    if isinstance(value, datetime) or (isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d", value, re.ASCII)):
        return value
    raise PydanticCustomError("bad_time", "is not a moment; write it with its offset, like 2026-01-31T09:00:00+03:00")


def _of_this_age(moment: datetime) -> datetime:
    # In another zone the ends of the calendar are outside of it, and then cannot be read back.
    if not _EARLIEST <= moment < _LATEST:
        raise PydanticCustomError("out_of_range", "is not between the years 1971 and 2199")
    return moment


Moment = Annotated[AwareDatetime, BeforeValidator(_written_moment), AfterValidator(_of_this_age)]
"""A moment that a caller names, with its offset from UTC (RFC 3339), in the years 1971 to 2199."""
Text = Annotated[str, AfterValidator(without_nul)]
"""Text of any number of lines."""
Line = Annotated[str, StringConstraints(max_length=998), AfterValidator(one_line)]
"""Text that may become a header: one line of at most 998 characters (RFC 5322 section 2.1.1)."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(plain_name)]
"""An identifier that people read and compare."""
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
"""A name in configuration, a URL or a log: a small letter, then small letters, digits, `_` or `-`."""
JsonObject = Annotated[dict[str, JsonValue], AfterValidator(storable)]
"""The caller's own data."""

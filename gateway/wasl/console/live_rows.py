"""The rows that a page shows, as it tells them to the stream that keeps them fresh: which messages, and how each looked."""

import re
from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

from wasl.searching.seen import MessageFound
from wasl.seeking import Key

_ROW = re.compile(r"([0-9]{1,4})\.([0-9a-f]{32})\.([0-9a-f]{8})")
_MOST = 100


class Shown(NamedTuple):
    """A row of a page, and how it looked when it was last sent."""

    key: Key
    look: str


def look_of(one: MessageFound) -> str:
    """What changes when something of a row does that is seen."""
    return f"{crc32(repr((one.state, one.reason, one.code, one.marks, one.channel, one.provider, one.attempts)).encode()):08x}"


def told_of(found: Sequence[MessageFound], brands: Sequence[str]) -> str:
    """The rows as a text of the URL; each names its brand by the place among these."""
    return ",".join(f"{brands.index(one.brand)}.{one.id[4:]}.{look_of(one)}" for one in found)


def read(told: str, brands: Sequence[str]) -> list[Shown]:
    """The rows of such a text, as far as they are any, and of these brands; the first hundred."""
    found = (_ROW.fullmatch(part) for part in told.split(",")[:_MOST])
    return [Shown(Key(brands[int(row[1])], f"msg_{row[2]}"), row[3]) for row in found if row is not None and int(row[1]) < len(brands)]

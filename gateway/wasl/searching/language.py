"""From the text of a query to what it asks for: every key and value checked, moments read, mistakes named with their place.

    status:failed channel:sms,email -template:invoice* after:24h "order 1042"

A word without a key is resolved (resolving.py) and, where it is nothing that is known by itself, looked for in the text of a message's row.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from difflib import get_close_matches

from wasl.problems import did_you_mean, shown
from wasl.searching.moments import span
from wasl.searching.tokens import Misread, Spot, Token, Value, tokens
from wasl.searching.vocabulary import ALIASES, CLOSED, KEYS, META, PREFIXED, TIMES

TEXT, PEOPLE = "", "people"
"""Keys of terms that stand for words, and for people that were found: these are (brand, id), and nobody can write them."""


@dataclass(frozen=True, slots=True)
class Term:
    """A condition: one of the values holds, or with `negated` none does. Of `people` the values are brands and ids in turn."""

    key: str
    values: tuple[Value, ...]
    negated: bool = False

    @property
    def led(self) -> bool:
        """Whether it names exactly what is sought, so that an index can lead there."""
        return not self.negated and not any(value.prefix for value in self.values)


@dataclass(frozen=True, slots=True)
class Search:
    """What a query asks for: all terms hold, and it was accepted within the time. `words` are those without a key."""

    terms: tuple[Term, ...] = ()
    words: tuple[Term, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def bare(self) -> str:
        """The words as they were written: perhaps one phone number with spaces in it."""
        return " ".join(word.values[0].text for word in self.words if word.led)

    def asking(self, key: str) -> list[Term]:
        """Its terms of that key."""
        return [term for term in self.terms if term.key == key]


def parse(text: str, now: datetime, zone: tzinfo) -> Search:
    """What the text asks for. Days are those of the zone.

    Raises:
        Misread: with a spot for each term that cannot be understood.
    """
    terms: list[Term] = []
    words: list[Term] = []
    since: list[datetime] = []
    until: list[datetime] = []
    spots: list[Spot] = []
    for token in tokens(text):
        if not token.key:
            words.append(Term(TEXT, token.values, token.negated))
            continue
        key = _key(token)
        if mistaken := _mistakes(token, key):
            spots += mistaken
        elif key in TIMES:
            _read_time(token, key, (now, zone), (since, until, spots))
        else:
            values = (Value(v.text.lower(), v.prefix) for v in token.values) if key in CLOSED else token.values
            terms.append(Term(str(key), tuple(values), token.negated))
    if spots:
        raise Misread(spots)
    return Search(tuple(terms), tuple(words), max(since, default=None), min(until, default=None))


def _key(token: Token) -> str | None:
    """The key that is meant; None where there is none of that name."""
    name = token.key.lower()
    name = ALIASES.get(name, name)
    if name.startswith(META):
        return token.key if token.key.lower().startswith(META) else name  # the keys of metadata are as they were sent
    return name if name in KEYS else None


def _mistakes(token: Token, key: str | None) -> list[Spot]:
    name = f"{token.key}:"
    if key is None:
        near = get_close_matches(token.key.lower(), [*KEYS, *ALIASES], n=1)
        return [_spot(token, f'has "{shown(name)}", which is no key{did_you_mean(token.key.lower(), [*KEYS, *ALIASES])}', near, ":")]
    if key in CLOSED:
        return [spot for value in token.values if (spot := _unknown_value(token, key, value)) is not None]
    if any(value.prefix for value in token.values) and key not in PREFIXED and not key.startswith(META):
        return [_spot(token, f'has a * behind "{shown(name)}", which takes whole values only')]
    return []


def _unknown_value(token: Token, key: str, value: Value) -> Spot | None:
    known, asked = CLOSED[key], value.text.lower()
    if value.prefix:
        if key not in PREFIXED:
            return _spot(token, f'has a * behind "{key}:", which takes whole values only')
        if any(one.startswith(asked) for one in known):
            return None
    elif asked in known:
        return None
    near = get_close_matches(asked, known, n=1)
    hint = did_you_mean(asked, known) or f"; there are: {', '.join(known[:14])}{', …' if len(known) > 14 else ''}"
    return _spot(token, f'has "{shown(value.text)}" behind "{key}:", which is none of its values{hint}', [f"{key}:{one}" for one in near])


def _read_time(token: Token, key: str, here: tuple[datetime, tzinfo], into: tuple[list[datetime], list[datetime], list[Spot]]) -> None:
    since, until, spots = into
    read = span(token.values[0].text, *here) if len(token.values) == 1 and not token.values[0].prefix else None
    if read is None:
        spots.append(_spot(token, f'has no moment behind "{token.key}:"; write 2026-11-23, 2026-11-23T10:00, 24h, today or yesterday'))
    elif key == "on" and not token.negated:
        since.append(read.start)
        until.append(read.end)
    elif key == "on":
        spots.append(_spot(token, "cannot leave out one day; use after: or before:"))
    else:
        (since if (key == "after") is not token.negated else until).append(read.start)


def _spot(token: Token, message: str, near: Iterable[str] = (), behind: str = "") -> Spot:
    suggestion = next(iter(near), None)
    if suggestion is not None and behind:
        values = ",".join(f'"{v.text}"' if " " in v.text or "," in v.text else v.text + "*" * v.prefix for v in token.values)
        suggestion = f"{suggestion}{behind}{values}"
    return Spot(token.start, token.end, message, None if suggestion is None else ("-" if token.negated else "") + suggestion)

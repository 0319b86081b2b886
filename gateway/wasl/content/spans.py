"""A filled text in pieces with what holds for each (bold, a link, a quotation): what chats with their own markup are written from.

Markdown is turned once, when a source is compiled, into text with control characters for its signs. Filling it and parting it at them
is all that is done for a message. So signs are balanced whatever the conditions in a template do, values are escaped where they stand
(in code otherwise than in text), and a text is cut by what its readers see.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, Literal, NamedTuple, TypeVar

from wasl.content import plain
from wasl.content.bidi import isolated
from wasl.content.cutting import Measure, cut
from wasl.content.holes import Holes
from wasl.content.sandbox import Fill, Ink, Unfillable
from wasl.content.text import Style, as_text
from wasl.content.written import Source, Written
from wasl_contracts.content import Direction

Form = TypeVar("Form")
Kind = Literal["strong", "em", "s", "code", "fence", "quote", "link"]

_KINDS: Final[Mapping[str, Kind]] = {"b": "strong", "i": "em", "s": "s", "c": "code", "f": "fence", "q": "quote", "a": "link"}
_AS_IT_IS: Final = frozenset({"code", "fence", "quote"})
_OPEN, _URL_ENDS, _CLOSE = "\x01", "\x02", "\x03"
_SIGN = re.compile(f"{_OPEN}([bisc-fq]|a([^{_URL_ENDS}]*){_URL_ENDS})|{_CLOSE}")
_MOST_PIECES = 5_000  # far more than the longest message that any chat takes has words
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Mark(NamedTuple):
    """What holds for a piece of text; `url` is that of a link."""

    kind: Kind
    url: str = ""


class Span(NamedTuple):
    """A piece of text as its readers see it, and its marks from the outermost to the innermost."""

    text: str
    marks: tuple[Mark, ...] = ()


class Pen(NamedTuple):
    """How a format writes spans: what stands before and behind a marked piece, and a piece itself."""

    opens: Callable[[Mark], str]
    closes: Callable[[Mark], str]
    text: Callable[[str, tuple[Mark, ...]], str]


def spans(written: Written) -> list[Span]:
    """The body with the data in it, without white space at its ends. Raises Unfillable if nothing is left to say."""
    found = _few(_close_fitting(_few(list(_parted(plain.tidy(written.filled(_body)))))))
    if not "".join(span.text for span in found).strip():
        raise Unfillable("the text came out empty")
    return stripped(found)


def _few(pieces: list[Span]) -> list[Span]:
    """The pieces, with what comes after the most that are marked as plain text: a value of line breaks alone can make 100,000 of them."""
    if len(pieces) <= _MOST_PIECES:
        return pieces
    return [*pieces[:_MOST_PIECES], Span("".join(span.text for span in pieces[_MOST_PIECES:]))]


def titled(written: Written) -> list[Span]:
    """The title in bold on a line of its own, and the body below it."""
    title = _cleaned(plain.title(written))
    return [*([Span(title, (Mark("strong"),)), Span("\n\n")] if title else []), *spans(written)]


def written_with(pen: Pen, pieces: Sequence[Span]) -> str:
    """The pieces in a format's markup. Neighbours with the same marks are one marked piece."""
    parts: list[str] = []
    around: tuple[Mark, ...] = ()
    for text, marks in pieces:
        if marks != around:
            _turn(pen, parts, around, marks)
            around = marks
        parts.append(pen.text(text, marks))
    _turn(pen, parts, around, ())
    return "".join(parts)


def _turn(pen: Pen, parts: list[str], around: tuple[Mark, ...], marks: tuple[Mark, ...]) -> None:
    shared = len(_shared(around, marks))
    parts.extend(map(pen.closes, reversed(around[shared:])))
    parts.extend(map(pen.opens, marks[shared:]))


def shortened(pieces: list[Span], limit: int, measure: Measure = len) -> list[Span]:
    """The pieces as far as `limit` of their text goes, with an ellipsis where something is missing. See `cutting.cut`."""
    if measure("".join(span.text for span in pieces)) <= limit:
        return pieces
    kept: list[Span] = []
    room = limit
    for span in pieces:
        size = measure(span.text)
        if size >= room:
            text = cut(span.text + " …", room, measure)  # longer than the room, so that the ellipsis comes in any case
            return [*kept, Span(text, span.marks)]
        kept.append(span)
        room -= size
    return kept


def within(limit: int, pieces: list[Span], write: Callable[[list[Span]], Form], measure: Callable[[Form], int]) -> Form:
    """What `write` makes of the pieces, cut until it measures at most `limit` with its signs: how many there are shows when written.

    Signs and escapes only ever add to the text, so no more of it than `limit` is written, however long it is.
    """
    fitting = shortened(pieces, limit)
    whole = write(fitting)
    if measure(whole) <= limit:
        return whole
    most = sum(len(span.text) for span in fitting)
    seen = bisect_right(range(1, most), limit, key=lambda end: measure(write(shortened(fitting, end))))
    return write(shortened(fitting, max(1, seen)))


def divided(pieces: Sequence[Span], at: int) -> tuple[list[Span], list[Span]]:
    """The pieces before and from a place in their text."""
    before: list[Span] = []
    for index, span in enumerate(pieces):
        if at < len(span.text):
            return [*before, Span(span.text[:at], span.marks)], [Span(span.text[at:], span.marks), *pieces[index + 1 :]]
        before.append(span)
        at -= len(span.text)
    return before, []


def parted(pieces: Sequence[Span], separator: str) -> list[list[Span]]:
    """The pieces on each side of a separator, such as a line break; empty ones too."""
    lines: list[list[Span]] = [[]]
    for span in pieces:
        first, *others = span.text.split(separator)
        lines[-1].append(Span(first, span.marks))
        lines.extend([Span(text, span.marks)] for text in others)
    return [[span for span in line if span.text] for line in lines]


def _cleaned(text: str) -> str:
    return text if text.isprintable() else _CONTROLS.sub("", text)


def _value(value: str, direction: Direction) -> str:
    return isolated(_cleaned(value), direction)


def _link(label: str, url: str, holes: Holes) -> str:
    return f"{holes.guarded(url, f'{_OPEN}a{url}{_URL_ENDS}')}{label}{holes.guarded(url, _CLOSE)}"


_AROUND: dict[str, str | tuple[str, str]] = {name: (_OPEN + letter, _CLOSE) for letter, name in _KINDS.items() if letter not in "qa"}
_STYLE = Style(
    Ink(literal=_cleaned, value=_value, url=_cleaned),
    _link,
    _cleaned,
    {**_AROUND, "heading": (f"{_OPEN}b", _CLOSE), "blockquote": (f"{_OPEN}q", _CLOSE)},
    bullet="• ",
)


def _body(source: Source) -> Fill:
    return source.fill(as_text(source.body, _STYLE, source.holes), _STYLE.ink)


def _parted(text: str) -> Iterator[Span]:
    """The text parted at its signs. A sign inside its like says nothing new; what is never closed ends with the text."""
    outer: list[tuple[Mark, ...]] = []
    marks: tuple[Mark, ...] = ()
    at = 0
    for sign in _SIGN.finditer(text):
        if sign.start() > at:
            yield Span(text[at : sign.start()], marks)
        at = sign.end()
        if letter := sign[1]:
            outer.append(marks)
            mark = Mark(_KINDS[letter[0]], sign[2] or "")
            marks = marks if marks and any(around.kind == mark.kind for around in marks) else (*marks, mark)
        elif outer:
            marks = outer.pop()
    if at < len(text):
        yield Span(text[at:], marks)


def _close_fitting(pieces: list[Span]) -> list[Span]:
    """The same text with line breaks, and white space at the edges, outside of inline marks: most markup ends with a line or a word."""
    if not any(map(_loose, pieces)):
        return pieces
    lines = [line for span in pieces for line in _lines(span)]
    fitting: list[Span] = []
    for (before, span), (_, after) in pairwise(pairwise((Span(""), *lines, Span("")))):
        core = span.text.strip()
        if span.text == core or not span.marks or span.marks[-1].kind in _AS_IT_IS:
            fitting.append(span)
            continue
        lead, _, trail = span.text.partition(core) if core else (span.text, "", "")
        fitting.append(Span(lead, _shared(before.marks, span.marks if core else after.marks)))
        fitting.append(Span(core, span.marks))
        fitting.append(Span(trail, _shared(span.marks, after.marks)))
    return _merged(fitting)


def _loose(span: Span) -> bool:
    return bool(span.marks) and ("\n" in span.text or span.text != span.text.strip()) and span.marks[-1].kind not in _AS_IT_IS


def _lines(span: Span) -> Iterator[Span]:
    if "\n" not in span.text or not span.marks or span.marks[-1].kind in ("fence", "quote"):
        yield span
        return
    blocks = tuple(mark for mark in span.marks if mark.kind == "quote")
    for index, line in enumerate(span.text.split("\n")):
        if index:
            yield Span("\n", blocks)
        yield Span(line, span.marks)


def _merged(pieces: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in pieces:
        if span.text and merged and merged[-1].marks == span.marks:
            merged[-1] = Span(merged[-1].text + span.text, span.marks)
        elif span.text:
            merged.append(span)
    return merged


def _shared(one: tuple[Mark, ...], other: tuple[Mark, ...]) -> tuple[Mark, ...]:
    if not one or not other:
        return ()
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return one[:count]


def stripped(pieces: list[Span]) -> list[Span]:
    """The pieces without white space at both ends of their text."""
    if len(pieces) < 2:
        return [Span(span.text.strip(), span.marks) for span in pieces]
    first, last = pieces[0], pieces[-1]
    ends = (Span(first.text.lstrip(), first.marks), *pieces[1:-1], Span(last.text.rstrip(), last.marks))
    return [span for span in ends if span.text]

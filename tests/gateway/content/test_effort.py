"""What the most hostile text that a message may hold costs, counted rather than timed: calls, and characters that are passed on."""

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from wasl.content.holes import Holes
from wasl.content.mail_body import body
from wasl.content.prose import Prose, prose
from wasl.content.spans import Span, within
from wasl.content.written import Source
from wasl_contracts.content import Format

_MOST = 15_000_000  # about a quarter of a second; in one of these it was 220 million before there was a bound
_LINES, _HOLES = "a\n" * 1000, "**{{ x }}** [{{ x }}](https://a.example/) `{{ x }}` *{{ x }}*\n\n> {{ x }}\n\n{{ x }}"


def effort(work: Callable[[], object]) -> int:
    """How many calls of ours `work` makes, and how many characters they return."""
    spent = 0

    def note(frame: FrameType, event: str, returned: object) -> None:
        nonlocal spent
        if event == "return":
            spent += 1 + (len(returned) if isinstance(returned, str) else 0)

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return spent


@pytest.mark.parametrize("format", ["slack", "telegram", "discord", "whatsapp", "adaptive_card"])
@pytest.mark.parametrize(
    ("text", "value"), [(_HOLES, _LINES), ("{{ x }}", "http://a.b/c " * 7_000), ("{{ x }}", "&" * 99_000)], ids=["lines", "links", "signs"]
)
def test_a_value_costs_about_what_it_is_long(filled, format: Format, text: str, value: str) -> None:
    assert effort(lambda: filled(text, format, x=value)) < _MOST


def test_a_text_in_very_many_pieces_is_marked_as_far_as_anybody_reads(filled) -> None:
    told = filled("**{{ x }}**", "slack", x="a\n" * 12_000)

    assert effort(lambda: filled("**{{ x }}**", "adaptive_card", x="a\n" * 12_000)) < _MOST
    assert "*a*" in told.blocks[1]["text"]["text"]
    assert "*" not in told.blocks[-1]["text"]["text"]


def test_a_text_is_cut_by_writing_it_a_few_times_only() -> None:
    pieces = [Span("x" * 30_000)]
    written: list[int] = []

    def write(some: list[Span]) -> str:
        text = "#" * 1_990 + "".join(span.text for span in some)  # nearly all the room goes to what does not shrink
        written.append(len(text))
        return text

    assert len(within(2_000, pieces, write, len)) == 2_000
    assert len(written) < 20
    assert max(written) < 4_000


class _Unsliced(list):  # type: ignore[type-arg]
    """Tokens of which nobody takes the rest for each of them."""

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        assert not isinstance(at, slice)
        return super().__getitem__(at)


def test_the_blocks_of_a_mail_are_read_once() -> None:
    tokens = _Unsliced(prose("# مرحبا\n\n- one\n- اثنان\n\nend", Holes("w1"), breaks=False).tokens)

    html = body(Source("", Prose(tokens, (), breaks=False), (), "ar", "rtl", Holes("w1")))

    assert '<li dir="ltr" lang="">' in html
    assert '<li dir="rtl" lang="ar">' in html

"""What an author wrote in right-to-left text, marked so that phone numbers, codes, prices and signs are read in the order of writing.

Done once, when a text is read. Values are isolated when they are filled in (bidi.py).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from markdown_it.token import Token

from wasl.content.bidi import FSI, PDI, RLM, direction_in, has_rtl
from wasl.content.holes import Holes
from wasl.content.prose import Prose
from wasl_contracts.content import Direction

_GROUPS = r"[+(]*[0-9][0-9()-]*(?: [0-9(][0-9()-]*)+"
_RUN = re.compile(rf"(?<![!-~])(?:{_GROUPS}[.,:;!?)]*|[!-~]+)(?![!-~])")
"""Groups of digits as in phone numbers, or a word of ASCII, with nothing of ASCII around it."""
_PHRASE = r"[A-Za-z][!-~]*(?: [!-~]*[A-Za-z0-9][!-~]*)+"
"""Several words of ASCII, the first of which tells that they run from left to right: IBAN SA03 8000 0000."""
_AROUND = re.compile(r"""^([(\["'<.,:;!?]*)(.*?)([)\]"'>.,:;!?]*)$""")
_ATTACHED = re.compile(_AROUND.pattern.replace("'<", r"'<\-", 1))  # Hebrew's prefixes end with a hyphen: ב-23
_IN_ORDER = re.compile(r"[0-9]+(?:[.,:/][0-9]+)*[A-Za-z]*").fullmatch
_FEWEST_PHONE_DIGITS = 6


def settled(prose: Prose, direction: Direction, holes: Holes) -> Prose:
    """The prose with its literal text marked; left-to-right text is what it was."""
    return replace(prose, tokens=list(_settled(prose.tokens, holes))) if direction == "rtl" else prose


def settled_line(text: str, direction: Direction, holes: Holes) -> str:
    """The same for a title or a label."""
    if direction == "ltr" or not has_rtl(text):
        return text
    marked = _marked(text, holes)
    return f"{RLM}{marked}" if _starts_otherwise(marked, holes) else marked


def direction_of_block(text: str, direction: Direction, holes: Holes) -> Direction:
    """Which way a block of a text that runs so is written: as its first letter, but right to left if a right-to-left text has any there.

    `Wi-Fi مجاني` in Arabic is Arabic; values do not count.
    """
    bare = re.sub(holes.mark, "", text)
    own = direction_in(bare) or direction
    return direction if direction == "rtl" and has_rtl(bare) else own


def _settled(tokens: Sequence[Token], holes: Holes) -> Iterator[Token]:
    for at, token in enumerate(tokens):
        if token.type != "inline":
            yield token
            continue
        if not has_rtl(token.content):
            in_list = at > 1 and tokens[at - 2].type == "list_item_open"
            yield _led(token) if _is_led_by_values(token.content, holes, in_list=in_list) else token
            continue
        children = [marked for child in token.children or [] for marked in _child(child, holes)]
        if children and _starts_otherwise("".join(child.content for child in children), holes):
            children.insert(0, _text(RLM))
        yield token.copy(children=children)


def _led(inline: Token) -> Token:
    return inline.copy(children=[_text(RLM), *(inline.children or [])])


def _is_led_by_values(text: str, holes: Holes, *, in_list: bool) -> bool:
    """Whether only values tell which way a line runs, so that `- 2 × Latte` would run from left to right: isolates do not count.

    Several numbers of the author's own keep their order only in the direction that the line has by itself.
    """
    outside, values = re.subn(holes.mark, " ", text)
    said = outside.split()
    return (
        values > 0 and (in_list or bool(said)) and direction_in(outside) is None and sum(any(map(str.isdigit, word)) for word in said) < 2
    )


def _child(token: Token, holes: Holes) -> Sequence[Token]:
    if token.type == "code_inline" and _is_disordered_code(token.content, holes):
        return _text(FSI), token.copy(attrs={**token.attrs, "dir": "ltr"}), _text(PDI)
    content = _marked(token.content, holes) if token.type == "text" else token.content
    return (token.copy(content=content) if content != token.content else token,)


def _is_disordered_code(code: str, holes: Holes) -> bool:
    """The isolate is around all of it, as code is copied with all that stands in it."""
    mark = re.compile(holes.mark)
    return mark.fullmatch(code) is None and (" " in code or _disordered(code, mark))


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _marked(text: str, holes: Holes) -> str:
    mark = re.compile(holes.mark)
    statement = re.compile(holes.statement)
    phrase = re.compile(rf"""(?<![!-~])[(\\["']*(?P<said>(?!{holes.mark}){_PHRASE})(?![!-~])""")

    def isolated(run: re.Match[str]) -> str:
        before = text[run.start() - 1 : run.start()]
        around = (_ATTACHED if has_rtl(before) else _AROUND).match(run[0])
        if around is None or statement.search(run[0]) or not _disordered(around[2], mark):
            return run[0]
        opening = "(" if around[1].endswith("(") and around[2].count(")") > around[2].count("(") else ""  # of (050) 123
        return f"{around[1].removesuffix(opening)}{FSI}{opening}{around[2]}{PDI}{around[3]}"

    parts, at = [], 0
    for found in phrase.finditer(text):
        said = found["said"]
        if not statement.search(said) and _is_disordered_phrase(said, mark):
            told = said.rstrip("""'"<.,:;!?""" + (")]" if found.start() < found.start("said") else ""))
            parts += [_RUN.sub(isolated, text[at : found.start()]), found[0].removesuffix(said), FSI, told, PDI, said[len(told) :]]
            at = found.end()
    text = text[at:]
    return "".join([*parts, _RUN.sub(isolated, text)])


def _is_disordered_phrase(phrase: str, mark: re.Pattern[str]) -> bool:
    """Whether something in it would be isolated by itself, which would tear the phrase: what stands alone goes where the text goes."""
    if "://" in phrase:
        return False
    return sum(map(str.isdigit, mark.sub("", phrase))) >= _FEWEST_PHONE_DIGITS or any(_disordered(word, mark) for word in phrase.split())


def _disordered(run: str, mark: re.Pattern[str]) -> bool:
    """Whether right-to-left text around it would show a run in another order than it was written in."""
    if run.startswith(("https://", "http://")) or not any(map(str.isalnum, run)):
        return False
    if mark.search(run):
        return not mark.fullmatch(run)
    if " " in run:
        return sum(map(str.isdigit, run)) >= _FEWEST_PHONE_DIGITS
    return not run[-1].isalnum() if run[0].isalpha() else _IN_ORDER(run) is None


def _starts_otherwise(text: str, holes: Holes) -> bool:
    """Whether phones would take right-to-left text for left-to-right, as its first letter outside isolates is."""
    outside = re.sub(f"{FSI}[^{PDI}]*{PDI}|{holes.mark}", "", text)
    return direction_in(outside) == "ltr"

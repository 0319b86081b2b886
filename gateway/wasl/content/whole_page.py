"""What a mail must carry to be promotional, looked for in an author's own page, which stands without the brand's footer."""

import re
from collections.abc import Sequence
from typing import Final

from css_inline import CSSInliner

from wasl.brands.brand import in_locale
from wasl.content.bidi import FSI, LRM, PDI, RLM
from wasl.content.holes import Holes
from wasl.content.html_text import html_text
from wasl.content.mail_block import own_page
from wasl.content.own_html import OPT_OUT
from wasl.content.written import UNSUBSCRIBE, Source

_INLINER: Final = CSSInliner(load_remote_stylesheets=False)
_MARKS: Final = dict.fromkeys(map(ord, (FSI, PDI, LRM, RLM)))


def lacking(source: Source) -> Sequence[str]:
    """What to write into the own page of a mail, so that all its readers see it; nothing for a mail in the brand's layout."""
    page = own_page(source)
    if page is None or not page.whole:
        return ()
    shown = _always(html_text(_INLINER.inline(page.html), source.holes), source.holes)
    said = _bare(shown)
    texts = (in_locale(told, source.locale) for told in (source.brand.legal, source.brand.postal))
    missing = [f"“{text}”" for text in texts if text and _bare(text) not in said]
    return missing if _opts_out(shown, source.holes) else [*missing, f'<a href="{OPT_OUT}">']


def _bare(text: str) -> str:
    """The words alone: where lines break, and marks of direction, are up to the author."""
    return " ".join(text.translate(_MARKS).split())


def _always(text: str, holes: Holes) -> str:
    """What stands outside of an author's conditions and loops. The link to opt out has a condition of wasl's own around it."""
    parts: list[str] = []
    around: list[bool] = []  # the conditions and loops here, and whether each is wasl's own
    at = 0
    for mark in re.finditer(holes.statement, text):
        parts.append(text[at : mark.start()] if all(around) else "")
        at = mark.end()
        change = holes.depth(mark[0])
        if change == 1:
            around.append(_is_guard(mark[0], holes))
        elif change == -1 and around:
            around.pop()
    return "".join([*parts, text[at:]])


def _is_guard(mark: str, holes: Holes) -> bool:
    found = re.fullmatch(holes.mark, mark)
    return found is not None and holes.pieces[int(found[2])] == f"if ({UNSUBSCRIBE})|u"


def _opts_out(text: str, holes: Holes) -> bool:
    return any(holes.pieces[int(mark[2])] == UNSUBSCRIBE for mark in re.finditer(holes.mark, text))

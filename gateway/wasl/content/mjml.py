"""MJML, where the extra `wasl[mjml]` is installed: compiled to HTML once, when a template is loaded."""

import re

from wasl.content.holes import Holes
from wasl_contracts.content import Direction

_INSTALL = "is MJML, which needs mrml; install it by pip install 'wasl[mjml]', or write html instead"


# MJML knows no language: what an author does not set himself runs from left to right.
_RTL = '<mj-attributes><mj-section direction="rtl"/><mj-column direction="rtl"/><mj-text align="right"/></mj-attributes>'


class BadMjml(Exception):
    """MJML that cannot be used; the text is a sentence for its author."""


def compiled(mjml: str, holes: Holes, direction: Direction) -> str:
    """The HTML of MJML whose holes were put aside, with statements as comments. It loads no other file.

    Raises:
        BadMjml: it cannot be read, or the library is not installed.
    """
    try:
        import mrml  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise BadMjml(_INSTALL) from None
    # Comments may stand between all elements, bare text may not; in an attribute a statement stays, and is refused later.
    apart = re.sub(rf"<[^>]*>|{holes.statement}", lambda found: found[0] if found[0][0] == "<" else f"<!--{found[0]}-->", mjml)
    apart = apart if direction == "ltr" else _right_to_left(apart)
    reading = mrml.ParserOptions(include_loader=mrml.noop_loader())
    try:
        # Without fonts of its own nobody's mail program asks a server for any.
        return str(mrml.to_html(apart, reading, mrml.RenderOptions(fonts={})).content)
    except OSError as error:
        raise BadMjml(f"cannot be read as MJML: {str(error)[:200]}") from None


def _right_to_left(mjml: str) -> str:
    """MJML that runs from right to left where its author does not say otherwise."""
    if "<mj-head>" in mjml:
        return mjml.replace("<mj-head>", f"<mj-head>{_RTL}", 1)
    return mjml.replace("<mj-body", f"<mj-head>{_RTL}</mj-head><mj-body", 1)

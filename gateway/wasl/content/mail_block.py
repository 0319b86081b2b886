"""What a template may say for mail alone: `[mail]`, with its author's own HTML or MJML."""

from collections.abc import Iterator

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from wasl.content.blocks import Block, Holed, HoledText
from wasl.content.mjml import BadMjml, compiled
from wasl.content.own_html import OwnHtml, own_html
from wasl.content.written import Source


class MailBlock(Block):
    """A part of a page stands in the layout in place of title, text and buttons; a whole page stands alone, as MJML always does.

    `preheader` is what a list of mails shows beside the subject; without it that is how the text begins.
    """

    html: Holed | None = None
    mjml: Holed | None = None
    preheader: HoledText | None = None

    @model_validator(mode="after")
    def _one_page(self) -> "MailBlock":
        if self.html is not None and self.mjml is not None:
            raise PydanticCustomError("two_pages", "has both html and mjml; keep the one that is to be sent")
        return self


def block(source: Source) -> MailBlock:
    """What the template says for mail alone, with its holes put aside."""
    return source.block if isinstance(source.block, MailBlock) else MailBlock()


def own_page(source: Source) -> OwnHtml | None:
    """The author's own HTML; None for a mail in the layout. Raises BadMjml."""
    said = block(source)
    html = compiled(said.mjml, source.holes, source.direction) if said.mjml is not None else said.html
    return None if html is None else own_html(html, source.holes, source.locale.replace("_", "-"), source.direction)


def mistakes(source: Source) -> Iterator[tuple[str, str]]:
    """What the author of own HTML must mend: the name of the setting in `[mail]`, and a sentence."""
    name = "html" if block(source).html is not None else "mjml"
    try:
        page = own_page(source)
    except BadMjml as fact:
        yield name, str(fact)
        return
    yield from ((name, sentence) for sentence in (page.findings if page else ()))

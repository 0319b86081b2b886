"""A message inside an app: its parts, each by itself, and the body as HTML that is safe to show."""

import re

from wasl.content import plain
from wasl.content.actions import actions
from wasl.content.blocks import Block, HoledLink
from wasl.content.mail_body import INK, body
from wasl.content.sandbox import Fill
from wasl.content.written import Source, Written
from wasl_contracts.content import Card


class CardBlock(Block):
    """`[card]`: a picture beside the text."""

    image: HoledLink | None = None


def card(written: Written) -> Card:
    """Title, text, the same as HTML, actions and picture."""
    return Card(
        title=plain.title(written),
        text=plain.body(written),
        html=written.filled(_html).strip(),
        actions=actions(written),
        image=written.block(CardBlock).image or None,
        locale=written.source.locale,
        direction=written.source.direction,
    )


def _html(source: Source) -> Fill:
    holes = source.holes
    return source.fill(re.sub(rf' href="({holes.word}u\d+z[^"]*)"', lambda link: holes.guarded(link[1], link[0]), body(source)), INK)

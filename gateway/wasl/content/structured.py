"""The content as data, for webhooks and logs."""

from wasl.content.actions import actions
from wasl.content.plain import body, title
from wasl.content.written import Written
from wasl_contracts.content import Structured


def structured(written: Written) -> Structured:
    """Title, text and actions, each by itself, with language and direction."""
    source = written.source
    return Structured(title=title(written), text=body(written), actions=actions(written), locale=source.locale, direction=source.direction)

"""A post on a social network."""

from wasl.content.actions import actions
from wasl.content.plain import with_actions
from wasl.content.written import Written
from wasl_contracts.content import Post
from wasl_contracts.length import LINK


def post(written: Written) -> Post:
    """The body and the links, whole: `fitting.fitted` cuts it to the provider's length and keeps the first action's link."""
    text = with_actions(written)
    first = next(iter(actions(written)), None)
    link = None if first else LINK.search(text)
    return Post(text=text, locale=written.source.locale, url=first.url if first else link[0] if link else None)

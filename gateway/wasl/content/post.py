"""A post on a social network."""

from wasl.content.plain import with_actions
from wasl.content.written import Written
from wasl_contracts.content import Post


def post(written: Written) -> Post:
    """The body and the links, whole: a post that is too long is refused by its provider, not cut."""
    return Post(text=with_actions(written), locale=written.source.locale)

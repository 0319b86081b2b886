"""From an envelope to what a provider gets: find the text, fill it, write it in the format. No I/O, and always the same outcome."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from wasl.brands.brand import DEFAULT, Brand
from wasl.content.bidi import direction_in, direction_of
from wasl.content.holes import Holes
from wasl.content.mail import mail
from wasl.content.plain import plain
from wasl.content.post import post
from wasl.content.prose import prose
from wasl.content.push import push
from wasl.content.sandbox import Unfillable
from wasl.content.slack import slack
from wasl.content.structured import structured
from wasl.content.templates import NoSuchLocale, NoSuchTemplate, Templates
from wasl.content.written import Source, Written
from wasl_contracts.content import Content, Format, Rendered
from wasl_contracts.envelope import Envelope
from wasl_contracts.reason import Reason

_FORMATS: Final[Mapping[Format, Callable[[Written], Rendered]]] = {
    "mail": mail,
    "plain": plain,
    "push": push,
    "slack": slack,
    "post": post,
    "structured": structured,
}


class RenderingFailed(Exception):
    """The text could not be made. `reason` is TEMPLATE_ERROR or LOCALE_MISSING; the text names the fact, never a value of the data."""

    def __init__(self, reason: Reason, fact: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}: {fact}")


def render(envelope: Envelope, format: Format, templates: Templates, brand: Brand = DEFAULT) -> Rendered:
    """What an envelope says, in a format and in the face of a brand.

    An envelope that names a template version is rendered with that one and no other.

    Raises:
        RenderingFailed: the template, its language or the data is not there.
    """
    try:
        return _FORMATS[format](_written(envelope, format, templates, brand))
    except (NoSuchTemplate, Unfillable) as fact:
        raise RenderingFailed(Reason.TEMPLATE_ERROR, str(fact)) from None
    except NoSuchLocale as fact:
        raise RenderingFailed(Reason.LOCALE_MISSING, str(fact)) from None


def _written(envelope: Envelope, format: Format, templates: Templates, brand: Brand) -> Written:
    if envelope.content is not None:
        return Written(_inline(envelope.content, envelope.locale).worn(brand), {})
    if envelope.template_version is not None:
        template = templates.pinned(envelope.template_version)
        if template is None:
            raise RenderingFailed(Reason.TEMPLATE_ERROR, f"version {envelope.template_version} of the template is not pinned")
    else:
        template = templates.find(envelope.template or "", envelope.locale)
    return template.written(format, envelope.data, brand)


@lru_cache(maxsize=64)
def _inline(content: Content, locale: str) -> Source:
    """Inline content, compiled once as a broadcast repeats it. It is not a template: braces are text. Its letters tell its direction."""
    holes = Holes()
    body = prose(content.body, holes, breaks=True)
    actions = [(action.label, action.url) for action in content.actions]
    direction = direction_in(f"{content.title} {content.body}") or direction_of(locale)
    return Source(content.title, body, actions, locale, direction, holes)

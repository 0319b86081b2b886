"""From an envelope to what a provider gets: find the text, fill it, write it in the format. No I/O, and always the same outcome."""

from functools import lru_cache
from secrets import token_hex

from pydantic import JsonValue, ValidationError

from wasl.brands.brand import DEFAULT, Brand
from wasl.content.bidi import direction_in, direction_of
from wasl.content.formats import FORMATS
from wasl.content.holes import Holes
from wasl.content.languages import LOCALE, ZONE
from wasl.content.literals import settled, settled_line
from wasl.content.prose import prose
from wasl.content.sandbox import Unfillable
from wasl.content.templates import NoSuchLocale, NoSuchTemplate, Templates
from wasl.content.unseen import settled_marks
from wasl.content.written import PROMOTIONAL, UNSUBSCRIBE, Source, Written
from wasl_contracts.content import Content, Format, Rendered
from wasl_contracts.envelope import Envelope
from wasl_contracts.reason import Reason

# Nobody can write it into content, and nothing of it is in what comes out. One for all, as patterns are compiled for each word.
_WORD = f"w{token_hex(8)}"


class RenderingFailed(Exception):
    """The text could not be made. `reason` is TEMPLATE_ERROR or LOCALE_MISSING; the text names the fact, never a value of the data."""

    def __init__(self, reason: Reason, fact: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}: {fact}")


def render(envelope: Envelope, format: Format, templates: Templates, brand: Brand = DEFAULT, unsubscribe: str | None = None) -> Rendered:
    """What an envelope says, in a format and in the face of a brand.

    An envelope that names a template version is rendered with that one and no other. `unsubscribe` is the https link by which this
    recipient opts out of the topic, which formats that have room for it show.

    Raises:
        RenderingFailed: the template, its language or the data is not there.
    """
    try:
        return FORMATS[format].render(_with_ways_out(_written(envelope, format, templates, brand), envelope, unsubscribe))
    except (NoSuchTemplate, Unfillable) as fact:
        raise RenderingFailed(Reason.TEMPLATE_ERROR, str(fact)) from None
    except ValidationError as error:  # what was filled in does not fit the form that a provider gets
        wrong = ", ".join(f"{'.'.join(map(str, one['loc']))} {one['type']}" for one in error.errors(include_input=False))
        raise RenderingFailed(Reason.TEMPLATE_ERROR, f"the text cannot be written as {format}: {wrong}") from None
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
    return template.written(format, {**envelope.data, LOCALE: envelope.locale, ZONE: envelope.timezone or templates.zone}, brand)


def _with_ways_out(written: Written, envelope: Envelope, unsubscribe: str | None) -> Written:
    """What formats need to show how to opt out: the link, and whether the message is promotional."""
    if unsubscribe is None and envelope.category != "promotional":
        return written
    link: dict[str, JsonValue] = {UNSUBSCRIBE: unsubscribe} if unsubscribe is not None else {}
    return Written(written.source, {**written.data, **link, PROMOTIONAL: envelope.category == "promotional"})


@lru_cache(maxsize=64)
def _inline(content: Content, locale: str) -> Source:
    """Inline content, compiled once as a broadcast repeats it. It is not a template: braces are text. Its letters tell its direction."""
    holes = Holes(_WORD)
    title, text = settled_marks(content.title), settled_marks(content.body)
    direction = direction_in(f"{title} {text}") or direction_of(locale)
    body = settled(prose(text, holes, breaks=True), direction, holes)
    actions = [(settled_line(settled_marks(action.label), direction, holes), action.url) for action in content.actions]
    return Source(settled_line(title, direction, holes), body, actions, locale, direction, holes)

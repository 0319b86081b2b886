"""What a person sees of rendered content: a mail as its page, everything else as a bubble, a notification or a card."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from wasl.answers import SmsCount
from wasl.content.bidi import direction_of
from wasl.showing.parts import parts
from wasl_contracts.content import Action, Card, Direction, Mail, Push, Rendered, Sms, Telegram, WhatsApp

_UNKNOWN: Final = "en"  # the language of what does not tell its own
_ENCODINGS: Final = {"gsm7": "GSM-7", "ucs2": "UCS-2"}


class Drawn(NamedTuple):
    """A fragment of HTML with its language. It is what others wrote: show it by `console.isolated` alone."""

    html: str
    lang: str
    direction: Direction


def drawn(content: Rendered, *, sms: SmsCount | None = None) -> Drawn:
    """The content as it looks on its channel; `sms` adds its segments, and what forces them."""
    if isinstance(content, Mail):
        return Drawn(content.html, content.locale, content.direction)
    lang = getattr(content, "locale", _UNKNOWN)
    told = {
        "app": "",
        "title": getattr(content, "title", ""),
        "text": _text(content),
        "html": _html(content),
        "facts": _counted(content, sms),
    }
    told |= {"buttons": _buttons(content), "url": getattr(content, "url", None), "data": _data(content)}
    return Drawn(_template().render(told, lang=lang), lang, direction_of(lang))


def _text(content: Rendered) -> str:
    if isinstance(content, Push):
        return content.body
    return str(getattr(content, "text", "") or getattr(content, "content", ""))


def _html(content: Rendered) -> Markup | None:
    if isinstance(content, Card):
        return Markup(content.html)  # noqa: S704 - whoever shows it isolates it
    return Markup(content.text.replace("\n", "<br>")) if isinstance(content, Telegram) else None  # noqa: S704 - the same


def _buttons(content: Rendered) -> Sequence[tuple[str, str]]:
    found: Sequence[Action] = getattr(content, "actions", None) or getattr(content, "buttons", None) or ()
    return [(action.label, action.url) for action in found]


def _data(content: Rendered) -> Sequence[tuple[str, str]]:
    """What only programs read: blocks, cards, the approved template and what fills it."""
    if isinstance(content, WhatsApp) and content.template is not None:
        filled: Mapping[str, object] = content.template.model_dump(exclude_defaults=True)
        return [(name, ", ".join(value) if isinstance(value, tuple) else str(value)) for name, value in filled.items()]
    if isinstance(content, Push):
        return [*content.data.items()]
    return [(part.name, part.text) for part in parts(content) if part.name in ("blocks", "components", "card")]


def _counted(content: Rendered, sms: SmsCount | None) -> Sequence[str]:
    if not isinstance(content, Sms):
        return ()
    segments = sms.segments if sms is not None else content.segments
    encoding = sms.encoding if sms is not None else content.encoding
    told = [f"{len(content.text)} · {_ENCODINGS[encoding]} · {segments}×SMS"] if encoding is not None else []
    forced = sms.forced_by[0] if sms is not None and sms.forced_by else None
    return [*told, f"UCS-2: {forced.name}"] if forced is not None else told


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(files("wasl.showing").joinpath("drawn.html").read_text(encoding="utf-8"))

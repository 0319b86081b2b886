"""A template as a channel's provider would get it: with its examples, or for a person, whose data is shown in shape alone."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from aiohttp import web
from pydantic import JsonValue

from wasl.console.costs import cost_told
from wasl.console.isolated import isolated
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.telling import channel_told, sentence
from wasl.console.visit import Visit
from wasl.console.words import msgid
from wasl.errors import NotFound, Problem, Refused
from wasl.showing.drawn import drawn
from wasl.showing.pages import Scheme, in_scheme
from wasl.showing.parts import parts
from wasl.showing.seen import ChannelPreview, Preview
from wasl_contracts import Reason
from wasl_contracts.content import Mail, Push

_SCHEMES: Final[Sequence[Scheme]] = ("light", "dark")
_WIDTHS: Final = (320, 600)
_WIRES = frozenset({msgid("The plugin does not show what it hands over.")})
"""What showing/wires.py says."""
_REASONS: Final = {reason.sentence: reason for reason in Reason}


class Asked(NamedTuple):
    """What is to be shown: of the brand, in the language, on the channel; for a person by their id, whose data fills it."""

    name: str
    brand: str
    locale: str
    channel: str
    person: str


class Letters(NamedTuple):
    """A piece of an SMS; `forced` where it is a character for which the whole goes in UCS-2."""

    text: str
    forced: bool


async def shown(visit: Visit) -> web.StreamResponse:
    """The page around it: what to show, the frames, and the facts."""
    asked, preview = await _asked(visit), None
    problems: tuple[Problem, ...] = ()
    try:
        preview = await _preview(visit, asked)
    except Refused as refused:
        problems = refused.errors
    channel = preview.channels[0] if preview is not None else None
    content = channel.content if channel is not None else None
    return visit.page(
        "templates/preview.html",
        asked=asked,
        channels=[(name, visit.t(channel_told(name).name)) for name in visit.gateway.config.channels],
        locales=[(locale, locale) for locale in visit.gateway.template_locales],
        brands=[(name, name) for name in visit.brands],
        facts=_facts(visit, preview, channel) if preview is not None and channel is not None else [],
        preview=preview,
        problems=problems,
        channel=channel,
        failed=_failed(visit, channel.failed or "") if channel is not None else "",
        letters=tuple(_letters(channel)) if channel is not None else (),
        read=list(parts(content)) if content is not None else [],
        frames=_frames(channel) if channel is not None else [],
        push=content if isinstance(content, Push) else None,
    )


async def framed(visit: Visit) -> web.StreamResponse:
    """What the frames hold: the content alone, which can run, load and lead nowhere."""
    try:
        preview = await _preview(visit, await _asked(visit))
    except Refused:
        return visit.not_found()
    channel = preview.channels[0] if preview is not None else None
    if channel is None or channel.content is None:
        return visit.not_found()
    content = drawn(channel.content, sms=channel.sms)
    scheme: Scheme = "dark" if visit.query.get("scheme") == "dark" else "light"
    html = f"{in_scheme(content.html, scheme)}<style>:root{{color-scheme:{scheme} only}}</style>"
    return isolated(html, lang=content.lang, direction=content.direction, title=visit.t("Preview"))


async def _asked(visit: Visit) -> Asked:
    """Raises NotFound: there is no such template or brand, or a person's data is not this user's to use."""
    query, gateway = visit.query, visit.gateway
    name, channels, person = visit.request.match_info["name"], tuple(gateway.config.channels), query.get("person", "").strip()
    if name not in gateway.template_names or (person and not visit.may(Permission.REVEAL)):
        raise NotFound("There is no such template.")
    channel = query.get("channel", "")
    return Asked(
        name=name,
        brand=query.get("brand") or gateway.brand,
        locale=query.get("locale") or gateway.template_locales[0],
        channel=channel if channel in channels else next(iter(channels), ""),
        person=person,
    )


async def _preview(visit: Visit, asked: Asked) -> Preview | None:
    """None where the person has no data that could fill it, or no channel is configured."""
    if not asked.channel:
        return None
    gateway = visit.of(asked.brand)
    if not asked.person:
        return await gateway.preview(asked.name, channels=[asked.channel], locale=asked.locale)
    data: dict[str, JsonValue] = dict(await gateway.template_data_of(asked.name, asked.person) or {})
    if not data:
        return None
    return await gateway.preview(asked.name, to={"id": asked.person}, data=data, channels=[asked.channel])


def _facts(visit: Visit, preview: Preview, channel: ChannelPreview) -> list[tuple[str, str]]:
    t, sender = visit.t, channel.sender
    told = [
        (t("Language"), f"{preview.locale} ({preview.direction})"),
        (t("Provider"), channel.provider or ""),
        (t("To"), t("nobody ({address})", address=channel.address) if channel.address and channel.invented else channel.address or ""),
        (t("From"), " ".join(filter(None, (sender.name, sender.address))) if sender is not None else ""),
        (t("Size"), visit.tn("{count} byte", "{count} bytes", channel.size) if channel.size is not None else ""),
        (t("Costs"), cost_told(channel.cost, visit.words) if channel.cost is not None else ""),
        (t("Version"), (preview.template_version or "")[:12]),
    ]
    return [(name, value) for name, value in told if value]


def _failed(visit: Visit, told: str) -> str:
    """Why there is nothing to show, or not all, in the page's language where it is known there."""
    if told in _REASONS:
        return sentence(visit.words, _REASONS[told])
    return visit.t(told) if told in _WIRES else told


def _frames(channel: ChannelPreview) -> list[tuple[Scheme, int]]:
    """A mail at two widths in both schemes, all else once in each scheme."""
    if channel.content is None:
        return []
    widths = _WIDTHS if isinstance(channel.content, Mail) else _WIDTHS[:1]
    return [(scheme, width) for width in widths for scheme in _SCHEMES]


def _letters(channel: ChannelPreview) -> Iterator[Letters]:
    if channel.sms is None:
        return
    text, wanted = str(getattr(channel.content, "text", "")), {one.character for one in channel.sms.forced_by}
    start = 0
    for at, character in enumerate(text):
        if character in wanted:
            if at > start:
                yield Letters(text[start:at], forced=False)
            yield Letters(character, forced=True)
            start = at + 1
    if start < len(text):
        yield Letters(text[start:], forced=False)


PAGES = (
    Page("GET", "/templates/{name}/preview", Permission.TEMPLATES, shown),
    Page("GET", "/templates/{name}/frame", Permission.TEMPLATES, framed),
)

"""A preview as files: an index to look at, the page of each mail, and the bytes of each channel. Nothing in them can run or send."""

import re
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from jinja2 import Environment, StrictUndefined

from wasl.showing.parts import Part, parts, whom
from wasl.showing.seen import ChannelPreview, Preview
from wasl.terminal import cost_words
from wasl_contracts.content import Card, Mail

_POLICY: Final = "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'"
_META: Final = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
_FRAME: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">{meta}<title>Preview</title></head><body style="margin:0">'
    '<iframe sandbox="" title="Preview" srcdoc="{page}" style="border:0;width:100vw;height:100vh"></iframe></body></html>'
)
_HEAD: Final = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_WIDTHS: Final = (320, 600)
Scheme = Literal["light", "dark"]
_SCHEMES: Final[Mapping[Scheme, str]] = {"light": "(max-width: 0px)", "dark": "(min-width: 0px)"}
"""By what a page's question for a dark scheme is answered, whatever the browser's own scheme is: with never, or with always."""
_DARK: Final = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)")


def write(preview: Preview, folder: Path) -> Path:
    """Write it into a folder, which is made; returns the index. What a file of the same name held is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for channel in preview.channels:
        if channel.wire is not None:
            (folder / f"{channel.channel}.{_ending(channel)}").write_bytes(channel.wire)
        if (page := safe_page(channel)) is not None:
            (folder / f"{channel.channel}.html").write_text(page, encoding="utf-8")
    index = folder / "index.html"
    index.write_text(written(preview), encoding="utf-8")
    return index


def written(preview: Preview) -> str:
    """The index: every channel, mails in frames without rights, narrow and wide, light and dark."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string(files("wasl.showing").joinpath("index.html").read_text(encoding="utf-8"))
    shown = [(channel, _frames(channel), _read(channel), _facts(channel)) for channel in preview.channels]
    return page.render(preview=preview, shown=shown, policy=_POLICY)


def safe_page(channel: ChannelPreview) -> str | None:
    """The page of a mail or a card in a frame without rights, so that it can neither run, send nor lead anywhere; None without one."""
    page = _page(channel)
    return _FRAME.format(meta=_META, page=escape(page)) if page is not None else None


def in_scheme(page: str, scheme: Scheme) -> str:
    """A page as it looks in a light or a dark scheme, whatever the browser's own scheme is."""
    return _DARK.sub(_SCHEMES[scheme], page)


def _page(channel: ChannelPreview) -> str | None:
    content = channel.content
    if not isinstance(content, Mail | Card):
        return None
    if isinstance(content, Card):
        return (
            f'<!doctype html><html lang="{content.locale}" dir="{content.direction}"><head>{_META}</head><body>{content.html}</body></html>'
        )
    head = _HEAD.search(content.html)
    return content.html[: head.end()] + _META + content.html[head.end() :] if head is not None else _META + content.html


def _frames(channel: ChannelPreview) -> list[tuple[str, int, str]]:
    """The page in each scheme and width."""
    page = _page(channel)
    schemes = {scheme: in_scheme(page, scheme) for scheme in _SCHEMES} if page is not None else {}
    return [(scheme, width, told) for scheme, told in schemes.items() for width in _WIDTHS]


def _read(channel: ChannelPreview) -> list[Part]:
    return list(parts(channel.content)) if channel.content is not None else []


def _facts(channel: ChannelPreview) -> list[str]:
    told = [f"by {channel.provider}" if channel.provider else "", f"to {whom(channel)}" if channel.address else ""]
    if channel.size is not None:
        told.append(f"{channel.size:,} bytes, in {channel.channel}.{_ending(channel)}")
    if channel.cost is not None:
        told.append(cost_words(channel.cost))
    if channel.sms is not None and channel.sms.forced_by:
        told.append(f"needs {channel.sms.encoding} for {channel.sms.forced_by[0].name}")
    return [one for one in told if one]


def _ending(channel: ChannelPreview) -> str:
    if isinstance(channel.content, Mail):
        return "eml"
    return "json" if (channel.wire or b"").startswith(b"{") else "txt"

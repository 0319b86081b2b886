"""What to look at in one captured message before real people get it. No network: links are read, not followed."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import Field

from wasl.capturing.capture import Captured
from wasl.capturing.letters import mail_bytes
from wasl.content.segments import count, forcing
from wasl_contracts.content import Mail, Push, Rendered, Sms, WhatsApp
from wasl_contracts.model import Frozen

Verdict = Literal["good", "look", "bad"]
_CLIPPED: Final = 102_400  # bytes of HTML that Gmail shows; the rest is behind a link
_SUBJECT: Final = 70  # characters that phones show of a subject, and more than most
_PUSH: Final = 4096  # bytes of a payload that FCM and APNs take
_PUSH_TITLE: Final = 50
_SEGMENTS: Final = 3
_DIGESTED: Final = 3  # names that are told of many

SENTENCES: Final[Mapping[str, str]] = {
    "links": "Links: {count}, all whole and over https.",
    "link_bad": "A link does not work from outside: {link}",
    "link_plain": "A link is not encrypted (http): {link}",
    "unsubscribe": "It has List-Unsubscribe, so mail programs show their own button.",
    "unsubscribe_one_click": "Add an https public_url for one click (RFC 8058): {link}",
    "unsubscribe_missing": "It is promotional and has no way out: no List-Unsubscribe.",
    "alt": "Every picture says in words what it shows.",
    "alt_missing": "Pictures without alt text: {count}.",
    "size": "Bytes: {size}.",
    "size_clipped": "Bytes of the page: {size}; Gmail cuts at 102,400.",
    "size_payload": "Bytes of the notification: {size}; devices take 4,096.",
    "subject": "Characters of the subject: {count}.",
    "subject_long": "Characters of the subject: {count}; phones show about 70.",
    "subject_none": "It has no subject.",
    "text_none": "It has no text beside the HTML.",
    "title_long": "Characters of the title: {count}; most phones show 50.",
    "segments": "Segments: {count}, in {encoding}.",
    "segments_many": "Segments: {count}, in {encoding}; each of them is paid.",
    "segments_forced": "It needs UCS-2 for {name}.",
    "length": "Characters: {count} of {most}.",
    "length_over": "Characters: {count}, and the provider takes {most}.",
    "template_none": "No approved template: it goes only to those who wrote in the last 24 hours.",
    "direction": "Its language runs from right to left, and the page says so.",
    "direction_missing": "Its language runs from right to left, and the page does not say so.",
}
"""Each sentence by its code. The console has them in Arabic too."""


class Check(Frozen):
    """One thing that was looked at. `sentence` is `SENTENCES[code]` with the values put in."""

    code: str
    verdict: Verdict
    sentence: str
    values: dict[str, str] = Field(default_factory=dict)


def checks(captured: Captured) -> tuple[Check, ...]:
    """Everything that can be told of it."""
    content = captured.delivery.content
    found = [*_LOOKS[type(content)](captured)] if type(content) in _LOOKS else []
    if not isinstance(content, Mail):
        found += _links(_links_in(captured.text), captured)
    return (*found, *_length(captured))


def _check(code: str, verdict: Verdict, **values: object) -> Check:
    told = {name: f"{value:,}" if isinstance(value, int) else str(value) for name, value in values.items()}
    return Check(code=code, verdict=verdict, sentence=SENTENCES[code].format(**told), values=told)


def _mail(captured: Captured) -> Iterator[Check]:
    mail = captured.delivery.content
    assert isinstance(mail, Mail)  # noqa: S101 - _LOOKS names it for this type
    page = _Page()
    page.feed(mail.html)
    page.close()
    yield _subject(mail.subject)
    if not mail.text.strip():
        yield _check("text_none", "bad")
    yield from _links(page.links, captured)
    yield from _way_out(captured)
    if page.pictures:
        yield _check("alt_missing", "bad", count=page.wordless) if page.wordless else _check("alt", "good")
    if mail.direction == "rtl":
        yield _check("direction", "good") if page.rightward else _check("direction_missing", "bad")
    size = len(mail.html.encode())
    yield _check("size_clipped", "bad", size=size) if size > _CLIPPED else _check("size", "good", size=len(mail_bytes(captured) or b""))


def _subject(subject: str) -> Check:
    if not subject.strip():
        return _check("subject_none", "bad")
    long = len(subject) > _SUBJECT
    return _check("subject_long" if long else "subject", "look" if long else "good", count=len(subject))


def _way_out(captured: Captured) -> Iterator[Check]:
    link = captured.delivery.unsubscribe
    if link is not None:
        one_click = link.startswith("https:")
        yield _check("unsubscribe", "good")
        if not one_click:
            yield _check("unsubscribe_one_click", "look", link=urlsplit(link).netloc)
    elif captured.delivery.category == "promotional":
        yield _check("unsubscribe_missing", "bad")


def _sms(captured: Captured) -> Iterator[Check]:
    sms = captured.delivery.content
    assert isinstance(sms, Sms)  # noqa: S101 - as above
    tables = (sms.table,) if sms.table is not None else ()
    counted = count(sms.text, tables)
    many = counted.segments > _SEGMENTS
    encoding = "GSM-7" if counted.encoding == "gsm7" else "UCS-2"
    yield _check("segments_many" if many else "segments", "look" if many else "good", count=counted.segments, encoding=encoding)
    forced = [one for one in forcing(sms.text, tables) if not one.character.isalpha()]
    if forced and not any(character.isalpha() and not character.isascii() for character in sms.text):
        yield _check("segments_forced", "look", name=", ".join(one.name for one in forced[:_DIGESTED]))


def _push(captured: Captured) -> Iterator[Check]:
    push = captured.delivery.content
    assert isinstance(push, Push)  # noqa: S101 - as above
    size = len(json.dumps(push.model_dump(mode="json", exclude={"format"}, exclude_defaults=True), ensure_ascii=False).encode())
    yield _check("size_payload", "bad", size=size) if size > _PUSH else _check("size", "good", size=size)
    if len(push.title) > _PUSH_TITLE:
        yield _check("title_long", "look", count=len(push.title))


def _whatsapp(captured: Captured) -> Iterator[Check]:
    content = captured.delivery.content
    if isinstance(content, WhatsApp) and content.template is None:
        yield _check("template_none", "look")


_LOOKS: Final[Mapping[type, Callable[[Captured], Iterator[Check]]]] = {Mail: _mail, Sms: _sms, Push: _push, WhatsApp: _whatsapp}


def _length(captured: Captured) -> Iterator[Check]:
    can, text = captured.spec.capabilities, _main_text(captured.delivery.content)
    if can.max_characters is not None and text is not None:
        over = not can.takes(text)
        yield _check("length_over" if over else "length", "bad" if over else "good", count=can.length(text), most=can.max_characters)


def _main_text(content: Rendered) -> str | None:
    return None if isinstance(content, Mail | Push) else str(getattr(content, "text", "") or getattr(content, "content", ""))


def _links(found: list[str], captured: Captured) -> Iterator[Check]:
    own = _origin(captured.delivery.unsubscribe or "")  # wasl itself, which in development is this machine
    outside = [link for link in found if own is None or not link.startswith(f"{own}/")]
    bad = [link for link in outside if not _works(link)]
    plain = [link for link in outside if link.startswith("http:") and link not in bad]
    yield from (_check("link_bad", "bad", link=link[:100]) for link in bad[:_DIGESTED])
    yield from (_check("link_plain", "look", link=link[:100]) for link in plain[:_DIGESTED])
    if found and not bad and not plain:
        yield _check("links", "good", count=len(found))


def _origin(link: str) -> str | None:
    parts = urlsplit(link)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else None


def _works(link: str) -> bool:
    """Whether it could lead somewhere from a mail program: not into this machine, and not relative to a page that is not there."""
    if link.startswith(("mailto:", "tel:", "#")):
        return True
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in host and not host.startswith("127.") and not host.endswith(".localhost")


def _links_in(text: str) -> list[str]:
    words = (word.strip("<>()[].,;:!?\"'،؛؟") for word in text.split())
    return [*dict.fromkeys(word for word in words if word.startswith(("http://", "https://")))]


@dataclass(eq=False)
class _Page(HTMLParser):
    """What checks ask of a page."""

    links: list[str] = field(default_factory=list)
    pictures: int = 0
    wordless: int = 0
    rightward: bool = False

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.rightward |= values.get("dir") == "rtl"
        if tag in ("a", "area") and values.get("href"):
            self.links.append(str(values["href"]))
        if tag == "img":
            self.pictures += 1
            self.wordless += "alt" not in values

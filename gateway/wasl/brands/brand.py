"""The face that a message wears: names, colours, senders, legal lines. Everything has a default that looks good."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Literal

import idna
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from wasl_contracts.content import Url
from wasl_contracts.model import Frozen, Line, Slug, Text

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}")


def _colour(value: str) -> str:
    if not _COLOUR.fullmatch(value):
        raise PydanticCustomError("bad_colour", "is not a colour; write #rrggbb, like #0b6b4c")
    return value


EVERYWHERE = ""
"""The key of what holds for every language that has nothing of its own."""

Digits = Literal["western", "locale"]
"""How numbers are written: 0-9 everywhere, or as the language does (٠-٩ in Arabic, ۰-۹ in Persian and Urdu)."""
Calendar = Literal["gregorian", "islamic"]
"""`islamic` writes dates in the Umm al-Qura calendar."""
Colour = Annotated[str, AfterValidator(_colour)]
"""`#rrggbb`."""


def _host(value: str) -> str:
    """A host as links name it: in punycode (IDNA 2008). What is none is left for the reader of brands to tell."""
    try:
        return value if value.isascii() else idna.encode(value, uts46=True).decode()
    except idna.IDNAError:
        return value


def _by_locale(value: object) -> object:
    return {EVERYWHERE: value} if isinstance(value, str) else value


def _tag(key: str) -> str:
    if key != EVERYWHERE and not _LOCALE.fullmatch(key):
        raise PydanticCustomError("bad_language", "is not a language; write it like ar or ar-SA")
    return key


_Tag = Annotated[str, AfterValidator(_tag)]
Localised = Annotated[Mapping[_Tag, Line], BeforeValidator(_by_locale)]
"""One line for each language; in TOML one string, or a table `{ en = "…", ar = "…" }`. Read it with `in_locale`."""


def in_locale(texts: Mapping[str, str], locale: str) -> str:
    """The text for a language, else for a wider one (ar-SA, ar), else the one for all, else that of the first language; empty if none.

    A legal line in another language is better than none, and the linter tells which languages lack theirs.
    """
    wanted = locale.replace("_", "-").lower()
    known = {key.replace("_", "-").lower(): text for key, text in texts.items()}
    while wanted:
        if wanted in known:
            return known[wanted]
        wanted = wanted.rpartition("-")[0]
    return known.get(EVERYWHERE, next(iter(known.values()), ""))


class Colours(Frozen):
    """The colours of a mail's page, of one scheme. Text on its ground reaches a contrast of 4.5 (WCAG 2.2, 1.4.3); the linter checks."""

    page: Colour = "#f3f4f2"
    card: Colour = "#ffffff"
    line: Colour = "#e3e6e1"
    text: Colour = "#1f2a24"
    heading: Colour = "#121a16"
    muted: Colour = "#4a564f"
    accent: Colour = "#0b6b4c"
    on_accent: Colour = "#ffffff"


_DARK = Colours(
    page="#101412",
    card="#1a201d",
    line="#2b332f",
    text="#dfe5e1",
    heading="#f2f5f3",
    muted="#aab5af",
    accent="#6fd3ac",
    on_accent="#0d1512",
)


class Logo(Frozen):
    """A picture at the top of a mail; `width` is in CSS pixels. Where the picture is not loaded, the brand's title stands there."""

    url: Url
    dark_url: Url | None = None
    width: Annotated[int, Field(ge=16, le=560)] = 140


FontStack = Annotated[Line, StringConstraints(pattern=r"^[\w ,'\"-]+$")]
"""Names of fonts, with quotes and commas; nothing in it can end the style that it stands in."""


class Fonts(Frozen):
    """CSS font stacks. Mail programs load no fonts, so each needs fallbacks that the reader has, Arabic ones too."""

    text: FontStack = '-apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", "Geeza Pro", Tahoma, Arial, sans-serif'
    heading: FontStack | None = None


class Sender(Frozen):
    """How a brand calls itself on a channel, where its provider lets it choose. Empty fields leave it to the provider's settings.

    `address` is a mail address (`a@b.example`), a number or an alphanumeric sender id of at most 11 characters; `reply_to` and
    `name` are for mail, where the name defaults to the brand's title.
    """

    address: Line | None = None
    name: Localised = Field(default_factory=dict)
    reply_to: Line | None = None


class Look(Frozen):
    """What `brands/<name>/brand.toml` may say."""

    title: Localised = Field(default_factory=dict)
    """The name that people know, for each language."""
    colours: Colours = Colours()
    dark: Colours = _DARK
    logo: Logo | None = None
    fonts: Fonts = Fonts()
    voice: Text = ""
    """Notes on tone for those who write and translate; shown beside previews, never sent."""
    senders: Mapping[Slug, Sender] = Field(default_factory=dict)
    """By channel."""
    postal: Localised = Field(default_factory=dict)
    """The postal address, which promotional mail must show (CAN-SPAM, CASL)."""
    legal: Localised = Field(default_factory=dict)
    """The legal line: who sends this, and under which registration."""
    opt_out: Localised = Field(default_factory=dict)
    """The words to opt out by that end a promotional text where there is no room for more (SMS, plain text); `{link}` in them
    becomes the recipient's own link."""
    link_domain: Annotated[str, StringConstraints(max_length=253), AfterValidator(_host)] | None = None
    """The host of links that wasl makes, such as unsubscribe; without it that of `[server] public_url`."""
    digits: Digits = "western"
    calendar: Calendar = "gregorian"


class Brand(Look):
    """A brand as messages wear it: its own settings over what it inherits. `version` names exactly this, layouts too."""

    name: Slug = "default"
    version: str = ""
    layouts: Mapping[str, str] = Field(default_factory=dict, repr=False)
    """Own layouts by file name, in place of wasl's."""

    def titled(self, locale: str) -> str:
        """Its name in a language; empty for a brand that has none, as the default one."""
        return in_locale(self.title, locale)

    def versioned(self) -> "Brand":
        """The same, under the version that its settings and layouts make: 32 hexadecimal characters of a SHA-256."""
        told = self.model_dump_json(exclude={"version"})
        return self.model_copy(update={"version": sha256(told.encode()).hexdigest()[:32]})


DEFAULT = Brand()
"""The brand of those who have not made one."""

"""What promotional messages must carry: who sends this, where they are, and how to opt out, in the message's language.

    mail           legal line, postal address and a link to opt out by, which the layout shows;    CAN-SPAM, CASL, RFC 8058
                   a page of the author's own must show them itself
    sms, plain     the sender's name, and words to opt out by, which the format puts at the end    TCPA, CTIA, TDRA
    other formats  nothing: posts are public, and devices, apps and chats have switches of their own

It holds as soon as the brand says something of itself, or `[server] public_url` tells the world where this is: one may begin without
paperwork, and nobody who sends to strangers can forget it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from wasl.brands.brand import DEFAULT, EVERYWHERE, Brand
from wasl.config import Config
from wasl.config.mistakes import listed
from wasl.content.fallback import key, widening
from wasl.content.template import Template
from wasl.content.whole_page import lacking
from wasl_contracts.content import Format

Formats = Callable[[str, str], Collection[Format]]
"""The formats that a brand's messages may take on a channel."""


class Lack(NamedTuple):
    """Something that is missing: of the brand, or of the text. The sentence says what to add."""

    of: str
    what: str
    sentence: str


class Promotion:
    """The rules for promotional messages, by the configuration."""

    def __init__(self, config: Config, formats: Formats) -> None:
        self._config = config
        self._formats = lru_cache(maxsize=256)(formats)  # as many as channels and brands
        self._in_the_world = (config.server.public_url or "").startswith("https://")
        self._bare: dict[str, bool] = {}

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics whose messages are held to the rules, unless `holds` says otherwise of a brand."""
        return tuple(name for name, about in self._config.topics.items() if about.category == "promotional" and about.promotional_rules)

    def holds(self, topic: str, brand: Brand) -> bool:
        """Whether a brand's messages about a topic are held to the rules."""
        about = self._config.topics[topic]
        if about.category != "promotional" or not about.promotional_rules:
            return False
        return self._in_the_world or not self._is_bare(brand)

    def lacks(self, topic: str, channels: tuple[str, ...], brand: Brand, text: tuple[str, str]) -> list[Lack]:
        """What is missing for a message with a text in a language: (text as it is written, locale). Empty where the rules do not hold."""
        if not self.holds(topic, brand):
            return []
        written, locale = text
        formats = self._all_formats(channels, brand)
        return [*self.lacks_of(brand, locale, formats), *_lacks_of_text(formats, brand, written)]

    def lacks_of_page(self, topic: str, channels: tuple[str, ...], brand: Brand, template: Template) -> list[Lack]:
        """What a template's own page for mail must say itself, as it stands without the brand's footer."""
        if "mail" not in template.own_formats or not self.holds(topic, brand) or "mail" not in self._all_formats(channels, brand):
            return []
        missing = template.written("mail", {}, brand).source.form(lacking)
        said = f"its own page for mail does not show {listed(missing)}; write it where every reader sees it, outside of conditions"
        return [Lack("text", "page", said)] if missing else []

    def lacks_on(self, topic: str, brand: Brand, locale: str) -> Iterator[Lack]:
        """What a brand must say in a language for messages about a topic by its route, whether the rules hold already or not."""
        route = self._config.routes[self._config.topics[topic].route]
        return self.lacks_of(brand, locale, self._all_formats(route.channels or tuple(self._config.channels), brand))

    def lacks_of(self, brand: Brand, locale: str, formats: Collection[Format]) -> Iterator[Lack]:
        """What a brand must say in a language for these formats and does not."""
        for field, asking, what in _TEXTS:
            if not asking.isdisjoint(formats) and not said_in(getattr(brand, field), locale):
                said = f'{field} = {{ {locale} = "…" }}'
                yield Lack(
                    "brand", field, f"the brand {brand.name} has no {what} in {locale}; add {said} to brands/{brand.name}/brand.toml"
                )
        if "mail" in formats and brand.link_domain is None and self._config.server.public_url is None:
            yield Lack("brand", "opt_out", "there is no host for links to opt out by; set public_url under [server] in wasl.toml")

    def _all_formats(self, channels: tuple[str, ...], brand: Brand) -> frozenset[Format]:
        return frozenset(format for channel in channels for format in self._formats(channel, brand.name))

    def _is_bare(self, brand: Brand) -> bool:
        if brand.version not in self._bare:
            self._bare[brand.version] = bare(brand)
        return self._bare[brand.version]


def bare(brand: Brand) -> bool:
    """Whether a brand says nothing of itself, as the one that needs no file."""
    return brand.model_copy(update={"name": DEFAULT.name, "version": DEFAULT.version}) == DEFAULT


def said_in(texts: Mapping[str, str], locale: str) -> bool:
    """Whether there is a text in the language or a wider one, or one for all."""
    known = {key(language): text for language, text in texts.items()}
    return bool(known.get(EVERYWHERE)) or any(known.get(wider) for wider in widening(locale))


def _lacks_of_text(formats: Collection[Format], brand: Brand, text: str) -> Iterator[Lack]:
    """A short text says who sends it, unless the sender's address shows it."""
    sms = brand.senders.get("sms")
    if _SHORT.isdisjoint(formats) or (sms is not None and sms.address):
        return
    titles, said = [title for title in brand.title.values() if title], f"{text} {' '.join(brand.opt_out.values())}"
    if not any(title in said for title in titles):
        name = titles[0] if titles else "the brand's title"
        yield Lack("text", "sender", f"the text does not say who sends it; write {name} into it, or set senders.sms.address in brand.toml")


_SHORT: Final = frozenset[Format]({"plain", "sms"})
_MAIL: Final = frozenset[Format]({"mail"})
_TEXTS: Final = (
    ("legal", _MAIL, "legal line"),
    ("postal", _MAIL, "postal address"),
    ("opt_out", _SHORT, "words to opt out by"),
)

"""From a caller's message to a draft: topic, route, addresses and template resolved, and every mistake named."""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, TypedDict

from pydantic_core import to_json

from wasl.addresses import Addresses, pointer
from wasl.answers import Accepted
from wasl.brands.brand import Brand
from wasl.brands.brands import Brands, NoSuchBrand
from wasl.clock import MICROSECOND, micros, moment
from wasl.config import Config
from wasl.config.mistakes import listed
from wasl.config.topics import LIFE, Topic
from wasl.content.promotion import Promotion
from wasl.content.template import Template
from wasl.content.templates import NoSuchLocale, NoSuchTemplate, Templates
from wasl.errors import Problem, Refused
from wasl.ids import MESSAGE_IDS, MessageIds
from wasl.ledger.accept import Draft, Stored
from wasl.ledger.people import recipient_seen
from wasl.ledger.rows import LONGEST_REFERENCE, MessageRow, SourceRow
from wasl.policies.country import Countries
from wasl.restoring import restored
from wasl_contracts import Address, Category, Escalation, Message, Mode, State

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_MOST_DATA = 100_000  # bytes of a template's data, as much as inline content may have
_AROUND_DATA = len(b'{"data":}')


class Caller(NamedTuple):
    """Who asks for a message: the one brand that they may send for, or any, and what is kept of where they come from (origins.py)."""

    brand: str | None = None
    origin: str | None = None


ANYBODY = Caller()


class _Way(NamedTuple):
    """What follows from the topic, and from the channels and mode that a message may name instead. `listed` is JSON."""

    topic: str
    category: Category
    life: timedelta
    priority: int | None
    mode: Mode
    channels: tuple[str, ...]
    listed: str
    escalation: Escalation | None
    preferring: bool


class Drafting:
    """Checks messages and makes drafts of them. Pure but for the ids."""

    def __init__(  # noqa: PLR0913 - what a message is checked against, each with a name
        self,
        config: Config,
        version: str,
        addresses: Addresses,
        templates: Templates,
        address_hash: Callable[[Address], str],
        *,
        brands: Brands | None = None,
        promotion: Promotion | None = None,
        ids: MessageIds = MESSAGE_IDS,
    ) -> None:
        self._config = config
        self._new_id = ids.new
        self._version = version
        self._addresses = addresses
        self._templates = templates
        self._brands = brands or Brands(default=config.brand)
        self._promotion = promotion
        self._countries = Countries(config)
        self._hash = address_hash
        self._way = lru_cache(maxsize=256)(self._found_way)  # there are as many as routes

    def draft(self, message: Message, key: str | None, now: datetime, locale: str | None = None, *, caller: Caller = ANYBODY) -> Draft:
        """All that must be stored of a message. `locale` is the recipient's where it is known from before.

        A caller of no brand names any in the message, else it is for that of the configuration.

        Raises:
            Refused: names each field that is wrong.
        """
        way = self._way(message.topic or "default", message.channels, message.mode)
        self._check(message, key, now)
        brand = self._brand(message, caller.brand)
        addresses = self._addresses.normal_all(message.to)
        self._check_countries(message, addresses)
        locale = locale or message.to.locale or self._config.locale
        body = _body(message)
        template = self._template(message, locale, len(body) - _AROUND_DATA)
        if way.category == "promotional":
            self._check_promotion(message, way, brand, (template, locale))
        created_at = due_at = micros(now)
        if message.send_at is not None:
            due_at = max(created_at, micros(message.send_at))
        row: MessageRow = {
            "brand": brand.name,
            "id": self._new_id(),
            "created_at": created_at,
            "due_at": due_at,
            "expires_at": due_at + (message.expires_in or way.life) // MICROSECOND,
            "recipient_id": message.to.id or self._anonymous(message, addresses),
            "topic": way.topic,
            "category": way.category,
            "mode": way.mode,
            "channels": way.listed,
            "locale": locale,
            "template": message.template,
            "template_version": template.version if template else None,
            "brand_version": brand.version,
            "about": message.about,
            "body": body.decode(),
            "metadata": to_json(message.metadata).decode() if message.metadata else "{}",
            "config": self._version,
            "idempotency_key": key,
            "fingerprint": hashlib.sha256(message.model_dump_json(exclude_defaults=True).encode()).hexdigest() if key is not None else None,
            "ordering_key": message.ordering_key,
            "fact": message.fact,
            "supersedes": 1 if message.supersedes else None,
            "superseded_by": None,
            "reference": _reference(message) if message.metadata else None,
            "origin": caller.origin,
            "priority": way.priority,
            **_escalation(message, way),
        }
        return Draft(
            row,
            message.to,
            addresses,
            way.channels,
            _source(template),
            lambda known: self.draft(message, key, now, known, caller=caller),
            preferring=way.preferring,
        )

    def accepted(self, draft: Draft, stored: Stored) -> Accepted:
        """The answer: of the message row and of the request alone, so that a repetition gets the same one."""
        given, row = draft.to, draft.row
        scheduled, created_at = stored.due_at > stored.created_at, moment(stored.created_at)
        accepted = {
            "id": stored.id,
            "state": State.SCHEDULED if scheduled else State.ACCEPTED,
            "to": recipient_seen(
                row["recipient_id"], given.audience, given.locale, given.timezone, draft.addresses, preferred=given.preferred
            ),
            "created_at": created_at,
            "due_at": moment(stored.due_at) if scheduled else created_at,
            "expires_at": moment(stored.expires_at),
            "replayed": stored.replayed,
        }
        return restored(Accepted, accepted)

    def _found_way(self, topic_name: str, channels: tuple[str, ...] | None, mode: Mode | None) -> _Way:
        topic = self._topic(topic_name)
        route = self._config.routes[topic.route]
        known = self._known(channels or route.channels)
        life = topic.expires_in or LIFE[topic.category]
        mode = mode or route.mode
        escalation = route.escalation if mode == "first" else None
        preferring = route.preferred and channels is None and mode == "first"
        return _Way(topic_name, topic.category, life, topic.priority, mode, known, json.dumps(known), escalation, preferring)

    def _topic(self, name: str) -> Topic:
        topic = self._config.topics.get(name)
        if topic is None:
            known = ", ".join(sorted(self._config.topics))
            raise _refused("/topic", "unknown_topic", f"is not a topic of the configuration; there are: {known}")
        return topic

    def _known(self, channels: tuple[str, ...]) -> tuple[str, ...]:
        for position, channel in enumerate(channels):
            if channel not in self._config.channels:
                known = ", ".join(sorted(self._config.channels))
                raise _refused(f"/channels/{position}", "unknown_channel", f"is not a configured channel; there are: {known or 'none'}")
        if not channels:
            raise _refused("/channels", "no_channel", "is missing and the route has none; configure a provider in wasl.toml")
        return channels

    def _check(self, message: Message, key: str | None, now: datetime) -> None:
        if key is not None and not (isinstance(key, str) and _KEY.fullmatch(key)):
            raise _refused("/idempotency_key", "bad_idempotency_key", "must be 1 to 255 visible ASCII characters")
        if message.send_at is not None and message.send_at > now + timedelta(days=366):
            raise _refused("/send_at", "out_of_range", "is more than a year away")
        check_preferred(message.to.preferred, self._config.channels, "/to/preferred")

    def _check_countries(self, message: Message, addresses: tuple[Address, ...]) -> None:
        """Who can be reached in another way too is not refused: then the policy keeps back what would go to the number."""
        closed = self._countries.closed(addresses)
        if closed and len(closed) == len(addresses):
            said = "is a number of a country to which sending is switched off; use another address, or see [countries] in wasl.toml"
            raise Refused([Problem(pointer=pointer(message.to, place), code="country_disabled", message=said) for place in closed])

    def _brand(self, message: Message, seen_as: str | None) -> Brand:
        if seen_as is not None and message.brand not in (None, seen_as):
            # Nobody learns here which other brands there are.
            raise _refused("/brand", "other_brand", f"is not the brand that you send for; leave it out, or write {seen_as}")
        try:
            return self._brands.find(message.brand or seen_as or self._config.brand)
        except NoSuchBrand as missing:
            raise _refused("/brand", "unknown_brand", f"is not a brand of this installation; there are: {listed(missing.known)}") from None

    def _check_promotion(self, message: Message, way: _Way, brand: Brand, written: tuple[Template | None, str]) -> None:
        """Nothing promotional goes out by accident without what the law asks of it."""
        template, locale = written
        content = message.content
        said = template.source if template is not None else f"{content.title} {content.body}" if content is not None else ""
        text = said, template.locale if template is not None else locale
        lacks = self._promotion.lacks(way.topic, way.channels, brand, text) if self._promotion is not None else []
        if template is not None and self._promotion is not None:
            lacks += self._promotion.lacks_of_page(way.topic, way.channels, brand, template)
        if lacks:
            pointers = {"brand": "/brand", "text": "/template" if template is not None else "/content"}
            raise Refused([Problem(pointer=pointers[lack.of], code="promotional_incomplete", message=lack.sentence) for lack in lacks])

    def _template(self, message: Message, locale: str, size: int) -> Template | None:
        if message.template is None:
            return None
        try:
            template = self._templates.find(message.template, locale)
        except NoSuchTemplate as missing:
            raise _refused("/template", "unknown_template", f"is not a template; there are: {', '.join(missing.known) or 'none'}") from None
        except NoSuchLocale as missing:
            raise _refused(
                "/to/locale", "locale_missing", f"has no text in the template, and there is no fallback; it has: {', '.join(missing.known)}"
            ) from None
        if size > _MOST_DATA:
            raise _refused("/data", "too_long", f"is larger than {_MOST_DATA} bytes")
        if problems := template.check(message.data):
            raise Refused(problems)
        return template

    def _anonymous(self, message: Message, addresses: tuple[Address, ...]) -> str:
        if not addresses:
            raise _refused("/to", "no_recipient", "names nobody; give an id or an address")
        return f"anon_{self._hash(addresses[0])}"


def check_preferred(preferred: Sequence[str], channels: Collection[str], pointer: str) -> None:
    """Raises Refused where a channel is none of those that are configured."""
    for position, channel in enumerate(preferred):
        if channel not in channels:
            said = f"is not a configured channel; there are: {listed(sorted(channels))}"
            raise _refused(f"{pointer}/{position}", "unknown_channel", said)


def _reference(message: Message) -> str | None:
    """`metadata.ref`, an order number perhaps: by it people look for the message."""
    found = message.metadata.get("ref")
    return str(found)[:LONGEST_REFERENCE] if isinstance(found, str | int) and not isinstance(found, bool) else None


class _EscalationColumns(TypedDict):
    proof: str | None
    escalate_after: int | None


def _escalation(message: Message, way: _Way) -> _EscalationColumns:
    """What it waits for before its next channel goes: as the message says itself, else as its route does."""
    told = message.escalate or way.escalation
    if told is None or told.until == "sent":
        return {"proof": None, "escalate_after": None}
    if way.mode == "all":
        raise _refused("/escalate", "nothing_to_escalate", "is for one channel after the other, and this message uses all at once")
    return {"proof": told.until, "escalate_after": told.after // MICROSECOND if told.after != "smart" else None}


def _refused(pointer: str, code: str, message: str) -> Refused:
    return Refused([Problem(pointer=pointer, code=code, message=message)])


def _body(message: Message) -> bytes:
    return to_json({"content": message.content} if message.content is not None else {"data": message.data})


@lru_cache(maxsize=256)
def _source(template: Template | None) -> SourceRow | None:
    if template is None:
        return None
    return {"version": template.version, "kind": "template", "name": template.name, "locale": template.locale, "text": template.source}

"""From an intent to what its provider gets: the text in the brand's face, as whom it goes, and how to turn it off. No I/O."""

from collections.abc import Set as AbstractSet
from datetime import datetime

from wasl.brands.brand import Brand, in_locale
from wasl.config.topics import Track
from wasl.content.fitting import fitted
from wasl.files.carrying import NONE
from wasl.ids import attempt_id, delivery_id
from wasl.ledger.intents import Intent
from wasl.opting_out import OptOut
from wasl.pinned import Pinned
from wasl.policies.verdict import Candidate
from wasl.tracking.marking import Marked, Marking
from wasl_contracts import Delivery, Envelope, ProviderSpec, Sender
from wasl_contracts.content import Rendered

_MOST_SENDERS = 4096


class Writing:
    """Writes deliveries. The same intent and moment always give the same one."""

    def __init__(self, pinned: Pinned, opt_out: OptOut, marking: Marking) -> None:
        self.pinned = pinned
        self.marking = marking
        self._opt_out = opt_out
        self.contents = NONE
        """The files of the messages that are written just now."""
        self._senders: dict[tuple[str, str, str], Sender] = {}

    def delivery(self, intent: Intent, spec: ProviderSpec, at: datetime) -> Delivery:
        """What the provider gets. `at` is the moment of the decision, which its record keeps.

        Raises:
            RenderingFailed: a version or a file is gone, or the data does not fit.
        """
        claimed, candidate, envelope = intent.claimed, intent.candidate, intent.claimed.envelope
        brand = self.pinned.face(envelope)
        unsubscribe = self._opt_out.of(envelope, candidate.channel, brand)
        delivery = Delivery(
            id=delivery_id(claimed.message_id, claimed.number),
            attempt_id=attempt_id(claimed.message_id, claimed.number, intent.attempt),
            message_id=claimed.message_id,
            brand=claimed.brand,
            channel=candidate.channel,
            address=candidate.address,
            content=self._content(envelope, candidate, spec, unsubscribe),
            topic=envelope.topic,
            category=envelope.category,
            created_at=envelope.created_at,
            expires_at=envelope.expires_at,
            dated_at=at,
            sender=self._sender(brand, candidate.channel, self._language(envelope)),
            unsubscribe=unsubscribe,
        )
        return self.contents.along(delivery, envelope, carried=spec.capabilities.attachments) if envelope.files else delivery

    def marked(self, delivery: Delivery, envelope: Envelope, tracks: AbstractSet[Track] | None = None) -> Marked:
        """The delivery as it goes out, with `tracks` tracked: by default what the configuration says."""
        wanted = self.marking.wanted(delivery) if tracks is None else tracks
        return self.marking.marked(delivery, wanted, self.pinned.face(envelope).link_domain) if wanted else Marked(delivery)

    def content(self, envelope: Envelope, candidate: Candidate, spec: ProviderSpec) -> Rendered:
        """What a delivery would say.

        Raises:
            RenderingFailed: as above.
        """
        unsubscribe = self._opt_out.of(envelope, candidate.channel, self.pinned.face(envelope))
        return self._content(envelope, candidate, spec, unsubscribe)

    def _content(self, envelope: Envelope, candidate: Candidate, spec: ProviderSpec, unsubscribe: str | None) -> Rendered:
        return fitted(self.pinned.render(envelope, spec.format, unsubscribe), spec, candidate.address.kind)

    def _language(self, envelope: Envelope) -> str:
        """The one that the text is written in: the template's own, where it is not written in the recipient's."""
        template = self.pinned.templates.pinned(envelope.template_version) if envelope.template_version is not None else None
        return template.locale if template is not None else envelope.locale

    def _sender(self, brand: Brand, channel: str, locale: str) -> Sender:
        key = brand.version, channel, locale
        if (known := self._senders.get(key)) is None:
            if len(self._senders) >= _MOST_SENDERS:  # locales are free text, so there may be any number
                self._senders.clear()
            known = self._senders[key] = sender_of(brand, channel, locale)
        return known


def sender_of(brand: Brand, channel: str, locale: str) -> Sender:
    """As whom a brand sends on a channel, in a language: its own name for the channel, else its title."""
    told = brand.senders.get(channel)
    if told is None:
        return Sender(name=brand.titled(locale))
    return Sender(address=told.address, name=in_locale(told.name, locale) or brand.titled(locale), reply_to=told.reply_to)

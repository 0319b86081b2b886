"""Previewing: a message as each provider of its route would get it, made by the very code that sends."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import JsonValue

from wasl.acceptance import Caller
from wasl.answers import CostSeen, SmsCount
from wasl.content.bidi import direction_of
from wasl.content.findings import Finding
from wasl.content.linting import lint
from wasl.content.parts import Shared
from wasl.content.rendering import RenderingFailed
from wasl.content.template import Template
from wasl.content.templates import Loaded, NoSuchLocale, NoSuchTemplate
from wasl.costing import FREE, Costing
from wasl.explaining import Explaining, Scene
from wasl.explanations import Explanation
from wasl.ledger.claims import Claimed
from wasl.ledger.intents import Intent
from wasl.policies.prices import cost_seen
from wasl.policies.verdict import Candidate
from wasl.showing.invented import NOBODY, Invented
from wasl.showing.seen import ChannelPreview, Glimpse, Preview
from wasl.showing.wires import NotShown, Wires
from wasl_contracts import Address, Delivery, Message, Reason, Recipient
from wasl_contracts.content import Sms

_NO_MESSAGE = f"msg_{0:032x}"


class Previewing:
    """Shows messages of one gateway."""

    def __init__(self, scene: Scene, explaining: Explaining, wires: Wires) -> None:
        self._scene = scene
        self._explaining = explaining
        self._wires = wires
        self._invented = Invented(scene.specs)
        self._costing = Costing(scene.specs.config, scene.deciding.prices)

    async def preview(self, glimpse: Glimpse, *, seen_as: str | None = None) -> Preview:
        """What providers would get if this were sent now; `seen_as` is as in `Drafting.draft`.

        Of a person who is named by their id, language and time zone are used, but addresses only where the caller gives them.

        Raises:
            Refused: it would not be accepted.
        """
        now = self._scene.ledger.clock.now()
        message = self._message(glimpse)
        draft = self._scene.drafting.draft(message, None, now, caller=Caller(seen_as))
        if message.attachments:
            draft = await self._scene.enclosing.foreseen(draft, message)
        claimed = _of_nobody((await self._scene.ledger.foreseeing.claims(draft))[0])
        explanation = await self._explaining.explain(message, seen_as=seen_as) if glimpse.to is not None else None
        await self._scene.writing.pinned.fetch([claimed.envelope])
        given = draft.addresses if glimpse.to is not None else ()
        channels = tuple(self._channels(claimed, given, now))
        return self._whole(claimed, channels, explanation)

    def _message(self, glimpse: Glimpse) -> Message:
        fields: dict[str, object] = {name: getattr(glimpse, name) for name in Message.model_fields}
        if glimpse.to is None:
            fields["to"] = Recipient(addresses=self._invented.people(), locale=glimpse.locale)
        elif glimpse.locale is not None:
            fields["to"] = glimpse.to.model_copy(update={"locale": glimpse.locale})
        if glimpse.template is not None and not glimpse.data:
            to = fields["to"]
            fields["data"] = self._examples(glimpse.template, to.locale if isinstance(to, Recipient) else None)
        return Message.model_validate(fields)

    def _examples(self, name: str, locale: str | None) -> dict[str, JsonValue]:
        """The examples of a template; none of one that is not there, which is refused later."""
        try:
            template = self._scene.writing.pinned.templates.find(name, locale or self._scene.specs.config.locale)
        except (NoSuchTemplate, NoSuchLocale):
            return {}
        return {called: one.example for called, one in template.variables.items() if one.example is not None}

    def _languages(self, name: str) -> list[Template]:
        return [template for template in self._scene.writing.pinned.templates.all() if template.name == name]

    def _channels(self, claimed: Claimed, given: Sequence[Address], now: datetime) -> Iterator[ChannelPreview]:
        candidates = self._scene.deciding.candidates(replace(claimed, channel=None))
        for channel in claimed.envelope.channels:
            candidate = next((one for one in candidates if one.channel == channel and one.providers), None)
            if candidate is None:
                yield ChannelPreview(channel=channel, failed=_why_missed(claimed, channel).sentence)
            else:
                yield self._channel(claimed, candidate, given, now)

    def _channel(self, claimed: Claimed, candidate: Candidate, given: Sequence[Address], now: datetime) -> ChannelPreview:
        # Routed with its files, shown without them: what they are is seen in the request, and their bytes would hide the rest.
        envelope = claimed.envelope.model_copy(update={"files": ()})
        own = candidate.address in given
        address = candidate.address if own else self._invented.alike(candidate.address)
        provider = candidate.providers[0]
        shown = ChannelPreview(channel=candidate.channel, provider=provider, invented=not own)
        if address is None:
            return shown.model_copy(update={"failed": f"No address of the kind {candidate.address.kind} could be invented; name one."})
        candidate = replace(candidate, envelope=envelope, address=address)
        intent = Intent(replace(claimed, envelope=envelope), candidate, provider, "[]")
        try:
            delivery = self._scene.writing.delivery(intent, self._scene.specs[provider], now)
        except RenderingFailed as failed:
            return shown.model_copy(update={"failed": f"{failed.reason.sentence} ({failed})"})
        return self._shown(shown, delivery, candidate)

    def _shown(self, shown: ChannelPreview, delivery: Delivery, candidate: Candidate) -> ChannelPreview:
        provider = candidate.providers[0]
        content, cost = self._costing.weighed(delivery.content, candidate, provider)
        delivery = delivery.model_copy(update={"content": content})
        wire, failed = None, None
        try:
            wire = self._wires.of(provider, delivery)
        except NotShown as fact:
            failed = str(fact)
        price: CostSeen | None = cost_seen(cost) if cost != FREE else None
        sms: SmsCount | None = self._costing.count(content.text, provider, delivery.address) if isinstance(content, Sms) else None
        return shown.model_copy(
            update={
                "address": delivery.address.value if shown.invented else delivery.address.masked(),
                "sender": delivery.sender, "content": content, "wire": wire,
                "size": len(wire) if wire is not None else None, "cost": price, "sms": sms, "failed": failed,
            }
        )  # fmt: skip

    def _whole(self, claimed: Claimed, channels: tuple[ChannelPreview, ...], explanation: Explanation | None) -> Preview:
        envelope = claimed.envelope
        face = self._scene.writing.pinned.face(envelope)
        template = self._scene.writing.pinned.templates.pinned(envelope.template_version) if envelope.template_version else None
        return Preview(
            template=envelope.template,
            template_version=envelope.template_version,
            brand=envelope.brand,
            brand_version=envelope.brand_version,
            voice=face.voice,
            locale=template.locale if template is not None else envelope.locale,
            direction=template.direction if template is not None else direction_of(envelope.locale),
            verdict=explanation.verdict if explanation is not None else None,
            sentences=explanation.sentences if explanation is not None else {},
            channels=channels,
            findings=tuple(self._findings(template, channels)) if template is not None else (),
        )

    def _findings(self, template: Template, channels: tuple[ChannelPreview, ...]) -> Iterator[Finding]:
        formats = {one.content.format for one in channels if one.content is not None}
        loaded = Loaded(Shared(), self._languages(template.name), [], [], True)
        at = f"{template.name}/{template.locale}.md"
        return (finding for finding in lint(loaded, self._scene.specs.config.locale, formats) if finding.at in (at, template.name))


def _of_nobody(claimed: Claimed) -> Claimed:
    """The same as if it were for nobody, with ids that are always the same."""
    envelope = claimed.envelope.model_copy(update={"recipient_id": NOBODY, "message_id": _NO_MESSAGE})
    return replace(claimed, message_id=_NO_MESSAGE, number=1, envelope=envelope)


def _why_missed(claimed: Claimed, channel: str) -> Reason:
    known = any(address.channel == channel for address in claimed.envelope.addresses)
    return Reason.UNROUTABLE if known else Reason.NO_ADDRESS

"""Making again what was handed over: of what is kept, by the very code that sends, compared by digest. Nothing is sent."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256
from urllib.parse import quote_plus

from wasl.clock import moment
from wasl.config.validation import secrets, without
from wasl.content.rendering import RenderingFailed
from wasl.costing import Costing
from wasl.explaining import Scene
from wasl.files.carrying import Carrying, Contents, FilesGone
from wasl.ids import attempt_id
from wasl.imprint import Software
from wasl.keys import KeyRing
from wasl.ledger.claims import Claimed
from wasl.ledger.handed import Call, Handed
from wasl.ledger.intents import Intent
from wasl.opting_out import OptOut
from wasl.policies.verdict import Candidate
from wasl.showing.invented import NOBODY
from wasl.showing.seen import AttemptRerendered, CallShown, Cause, Difference, Rerendered
from wasl.showing.wires import NotShown, Wires
from wasl.writing import Writing
from wasl_contracts import Address, Delivery, State, everybody
from wasl_contracts.content import Sms


class _Gone(Exception):
    """It cannot be made again."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause)
        self.cause = cause


class Rerendering:
    """Makes messages of one gateway again."""

    def __init__(self, scene: Scene, opt_out: OptOut, ring: KeyRing, wires: Wires) -> None:
        self._scene = scene
        self._ring = ring
        self._wires = wires
        # Its own, because files are put into it while the worker writes.
        self._writing = Writing(scene.writing.pinned, opt_out, scene.writing.marking)
        self._costing = Costing(scene.specs.config, scene.deciding.prices)
        self._software: Software | None = None

    async def rerender(self, brand: str, message_id: str) -> Rerendered:
        """Each call of a message, made again.

        Raises:
            NotFound: the brand has no such message.
        """
        handed = await self._scene.ledger.handed.of(brand, message_id)
        await self._writing.pinned.fetch([handed.envelope])
        contents = await Carrying(self._scene.ledger.files).contents([handed.envelope], ())
        attempts = tuple([await self._attempt(handed, call, contents) for call in handed.calls])
        return Rerendered(id=message_id, equal=bool(attempts) and all(one.verdict == "equal" for one in attempts), attempts=attempts)

    async def shown(self, brand: str, message_id: str) -> tuple[CallShown, ...]:
        """What each call handed over, to be looked at. A one-time code is never shown, to nobody.

        Raises:
            NotFound: the brand has no such message.
        """
        handed = await self._scene.ledger.handed.of(brand, message_id)
        await self._writing.pinned.fetch([handed.envelope])
        contents = await Carrying(self._scene.ledger.files).contents([handed.envelope], ())
        return tuple([await self._shown(handed, call, contents) for call in handed.calls])

    async def _shown(self, handed: Handed, call: Call, contents: Contents) -> CallShown:
        told = CallShown(
            id=attempt_id(handed.envelope.message_id, call.delivery, call.number), provider=call.provider, channel=call.channel
        )
        try:
            if handed.envelope.category == "otp":
                raise _Gone("one_time_code")
            delivery = self._delivery(_of_nobody(handed), call._replace(opens=None, clicks=None), contents, proved=False)
        except _Gone as gone:
            return told.model_copy(update={"why": (Difference.of(gone.cause),)})
        content, wire = delivery.content, None
        try:
            wire = veiled(await self._wire(call.provider, delivery), self._secrets(call.provider))
        except _Gone as gone:
            told = told.model_copy(update={"why": (Difference.of(gone.cause),)})
        sms = self._costing.count(content.text, call.provider, delivery.address) if isinstance(content, Sms) else None
        return told.model_copy(update={"content": content, "wire": wire, "sms": sms})

    def _secrets(self, provider: str) -> Collection[str]:
        specs = self._scene.specs
        return secrets(specs[provider].settings, specs.config.providers[provider].settings)

    async def _attempt(self, handed: Handed, call: Call, contents: Contents) -> AttemptRerendered:
        told = {"id": attempt_id(handed.envelope.message_id, call.delivery, call.number), "provider": call.provider}
        try:
            delivery = self._delivery(handed, call, contents)
            wire = await self._wire(call.provider, delivery)
        except _Gone as gone:
            return AttemptRerendered(**told, verdict="gone", why=(Difference.of(gone.cause),))
        if self._digest(wire, call) == call.digest:
            return AttemptRerendered(**told, verdict="equal", size=len(wire), wire=wire)
        why = tuple(await self._differences(handed, call))
        return AttemptRerendered(**told, verdict="different", why=why, size=len(wire), wire=wire)

    def _delivery(self, handed: Handed, call: Call, contents: Contents, *, proved: bool = True) -> Delivery:
        """What the provider got, as far as it is kept; where it need not be `proved`, also without the digest of its bytes."""
        if handed.erased or handed.cleared:
            raise _Gone("erased" if handed.erased else "content_gone")
        if call.channel is None or (proved and (call.digest is None or call.dated_at is None)):
            raise _Gone("not_kept")
        if proved and self._ring.key_of(call.digest or "") is None:
            raise _Gone("key_gone")
        if call.provider not in self._scene.specs.plugins:
            raise _Gone("provider_gone")
        candidate = self._candidate(handed, call, call.channel)
        intent = Intent(_claimed(handed, call), candidate, call.provider, "[]")
        self._writing.contents = contents
        try:
            delivery = self._writing.delivery(intent, self._scene.specs[call.provider], moment(call.dated_at or call.started_at))
        except FilesGone:
            raise _Gone("files_gone") from None
        except RenderingFailed:
            raise _Gone("text_gone") from None
        content, _ = self._costing.weighed(delivery.content, candidate, call.provider)
        told = delivery if content is delivery.content else delivery.model_copy(update={"content": content})
        return self._writing.marked(told, handed.envelope, call.tracks).delivery

    def _candidate(self, handed: Handed, call: Call, channel: str) -> Candidate:
        addresses = (everybody(channel),) if handed.envelope.audience == "public" else handed.envelope.addresses
        found = [one for one in addresses if one.channel == channel and self._hash(one) == call.address_hash]
        if not found:
            raise _Gone("address_gone")
        return Candidate(
            envelope=handed.envelope, channel=channel, address=found[0], address_hash=call.address_hash or "", providers=(call.provider,)
        )

    def _hash(self, address: Address) -> str:
        return self._scene.ledger.address_hash(address)

    async def _wire(self, provider: str, delivery: Delivery) -> bytes:
        try:
            if delivery.attachments:
                return await asyncio.to_thread(self._wires.of, provider, delivery)
            return self._wires.of(provider, delivery)
        except NotShown as fact:
            raise _Gone("not_shown" if fact.opened else "provider_gone") from None

    def _digest(self, wire: bytes, call: Call) -> str:
        return self._ring.digest(sha256(wire).digest(), self._ring.key_of(call.digest or ""))

    async def _differences(self, handed: Handed, call: Call) -> Sequence[Difference]:
        """What has changed since, of all that the bytes can depend on."""
        found = [*await self._made_otherwise(call)]
        for cause, holds in (
            ("person_changed", handed.person_changed > call.started_at),
            ("replayed", handed.life_began > call.started_at),
            ("decided_again", not call.last),
        ):
            if holds:
                found.append(Difference.of(cause))  # type: ignore[arg-type]  # mypy widens the literals in a tuple
        return found or [Difference.of("unexplained")]

    async def _made_otherwise(self, call: Call) -> Sequence[Difference]:
        source = await self._scene.ledger.source(call.made_by) if call.made_by is not None else None
        if source is None:
            return []
        if self._software is None:
            self._software = Software.of(self._scene.specs)
        return list(_changes(Software.read(source["text"]), self._software, call.provider))


def veiled(wire: bytes, hidden: Collection[str]) -> bytes:
    """The bytes with each hidden value masked, as it is or as a form writes it; what is not text stays as it is."""
    try:
        text = wire.decode()
    except UnicodeDecodeError:
        return wire
    return without({*hidden, *map(quote_plus, hidden)}, text).encode()


def _of_nobody(handed: Handed) -> Handed:
    """The same with a link to opt out that stops nobody's messages."""
    return handed._replace(envelope=handed.envelope.model_copy(update={"recipient_id": NOBODY}))


def _changes(then: Software, now: Software, provider: str) -> Iterator[Difference]:
    was, is_now = then.providers.get(provider), now.providers.get(provider)
    versions = {"wasl": (then.wasl, now.wasl)}
    versions |= {name: (told, now.libraries.get(name, "none")) for name, told in then.libraries.items()}
    if was is not None and is_now is not None:
        versions[f"plugin {was.plugin}"] = was.version, is_now.version
    if changed := [f"{name} {old}, now {new}" for name, (old, new) in versions.items() if old != new]:
        yield Difference.of("software_changed", changed)
    settings = [f"[providers.{provider}]"] if was is not None and is_now is not None and was.settings != is_now.settings else []
    settings += ["[server] public_url"] if then.links != now.links else []
    if settings:
        yield Difference.of("settings_changed", settings)


def _claimed(handed: Handed, call: Call) -> Claimed:
    envelope = handed.envelope
    return Claimed(
        brand=envelope.brand,
        message_id=envelope.message_id,
        number=call.delivery,
        state=State.SENDING,
        reason=None,
        marks=(),
        fence=0,
        lane=call.channel or "",
        channel=call.channel,
        address_hash=call.address_hash,
        provider=call.provider,
        attempts=call.number - 1,
        refused=(),
        tried=(),
        envelope=envelope,
    )

"""A provider that plays a list of outcomes, configurations of it without a distribution, and a ledger that tests drive by hand."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from pydantic import BaseModel, ConfigDict

from tests.databases import changed, rows
from wasl.acceptance import Drafting
from wasl.addresses import Addresses
from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl.assembly import World
from wasl.clock import Clock, SystemClock
from wasl.config import Config, ProviderSection
from wasl.config.mistakes import Findings, Source
from wasl.config.routes import completed
from wasl.content.templates import Templates
from wasl.deciding import Deciding, Go
from wasl.keys import KeyRing, open_ring
from wasl.ledger.accept import Stored
from wasl.ledger.claims import Claimed
from wasl.ledger.intents import Intent
from wasl.ledger.ledger import Ledger
from wasl.ledger.opening import key_file, open_store
from wasl.ledger.settle import Settlement
from wasl.ledger.store import Store
from wasl.ledger.suppressions import Addition
from wasl.policies import Policies
from wasl.policies.verdict import Candidate
from wasl.registry import Specs
from wasl.routing import Routing
from wasl_contracts import (
    Address,
    AddressKind,
    Capabilities,
    Content,
    Delivery,
    Envelope,
    Format,
    Message,
    ProviderSpec,
    Reason,
    Receipt,
    Recipient,
    State,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KINDS = {
    "email": (AddressKind(kind="email"),),
    "sms": (AddressKind(kind="phone"),),
    "push": (AddressKind(kind="fcm_token"),),
    "chat": (AddressKind(kind="slack_user"), AddressKind(kind="slack_channel", audience="group")),
    "social": (AddressKind(kind="mastodon_handle", private=False), AddressKind(kind="public", audience="public")),
}
EMAIL = Address(channel="email", kind="email", value="ann@example.com")
PHONE = Address(channel="sms", kind="phone", value="+966501234567")
OFFERS = {"category": "promotional", "consent": "implied", "quiet_hours": False}
"""A promotional topic whose messages go at any time and without a consent on record."""
ANN = {"id": "u_1", "email": "ann@example.com", "phone": "+966501234567"}


class FakeClock:
    """Stands still until it is told to go on."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, **how: float) -> None:
        self._now += timedelta(**how)


Outcome = Receipt | Exception | Callable[[Delivery], Awaitable[Receipt]]


class Script:
    """What a provider answers, call by call; after the last line, `then` for ever."""

    def __init__(self, *lines: Outcome, then: Outcome | None = None) -> None:
        self._lines = deque(lines)
        self.then = then or Receipt(provider_ref="ref")
        self.calls: list[Delivery] = []

    async def play(self, delivery: Delivery) -> Receipt:
        self.calls.append(delivery)
        outcome = self._lines.popleft() if self._lines else self.then
        if isinstance(outcome, Exception):
            raise outcome
        return outcome if isinstance(outcome, Receipt) else await outcome(delivery)


class ScriptedSettings(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    script: Script


@dataclass
class Carrier:
    """A provider to configure: its channel, what it answers and what it can."""

    channel: str
    script: Script = field(default_factory=Script)
    capabilities: Capabilities = field(default_factory=Capabilities)
    format: Format = "plain"

    def plugin(self) -> type[Any]:
        class Scripted:
            spec = ProviderSpec(
                name="scripted", channel=self.channel, format=self.format, addresses=KINDS[self.channel],
                settings=ScriptedSettings, capabilities=self.capabilities,
            )  # fmt: skip

            def __init__(self, settings: ScriptedSettings, http: object) -> None:
                self._script = settings.script

            async def send(self, delivery: Delivery) -> Receipt:
                return await self._script.play(delivery)

            async def close(self) -> None:
                pass

        return Scripted


def specs(folder: Path, carriers: Mapping[str, Carrier], **config: Any) -> Specs:
    """A loaded configuration whose providers are these, each by its name."""
    told = {"database": f"sqlite:///{folder}/wasl.db", "providers": {name: ProviderSection(plugin="scripted") for name in carriers}}
    plugins = {name: carrier.plugin() for name, carrier in carriers.items()}
    whole = Config.model_validate({**told, **config})
    whole = whole.found_in(Source(str(folder / "wasl.toml")), ())
    findings = Findings(whole.source)
    whole = completed(whole, {name: plugin.spec for name, plugin in plugins.items()}, findings)
    findings.raise_mistakes()
    return Specs(whole, plugins, {name: ScriptedSettings(script=carrier.script) for name, carrier in carriers.items()})


def world(clock: Clock | None = None, seed: int = 7) -> World:
    return World(clock or SystemClock(), Random(seed), {})


def message(to: Mapping[str, Any] | None = None, **fields: Any) -> Message:
    content = {} if "template" in fields else {"content": Content(body="Your order left our store.")}
    return Message.model_validate({"to": to or ANN, **content, **fields})


@dataclass
class Desk:
    """A real ledger on a file, with the steps of the pipeline to be taken one by one."""

    url: str
    store: Store
    ledger: Ledger
    keys: KeyRing
    drafting: Drafting
    deciding: Deciding
    routing: Routing
    policies: Policies
    clock: FakeClock

    @classmethod
    async def open(cls, specs: Specs, clock: FakeClock) -> "Desk":
        store = await open_store(specs.config)
        keys = open_ring(key_file(specs.config), {})
        routing = Routing(specs.config.channels, {name: specs[name] for name in specs.plugins})
        policies = Policies(specs.config)
        ledger = Ledger(store, keys, routing, policies, clock)
        kinds = [(specs[name].channel, kind) for name in specs.plugins for kind in specs[name].addresses]
        templates = Templates.load(specs.config.templates, specs.config.locale)

        def hashed(address: Any) -> str:
            return ledger.address_hash(address)

        drafting = Drafting(specs.config, "config", Addresses(kinds), templates, hashed)
        return cls(specs.config.database, store, ledger, keys, drafting, Deciding(routing, policies, hashed), routing, policies, clock)

    async def accept(self, message: Message, key: str | None = None) -> Stored:
        return await self.ledger.accept(self.drafting.draft(message, key, self.clock.now()))

    async def claim(self, *lanes: str, room: int = 100) -> list[Claimed]:
        return await self.ledger.claim(dict.fromkeys(lanes or ("email", "sms", "push"), room))

    async def plan(self, claimed: Claimed, provider: str = "mail", **how: Any) -> Intent:
        """The intent that the pipeline would make for what it decides."""
        candidates = self.deciding.candidates(claimed)
        inputs = await self.ledger.inputs(candidates)
        decision = self.deciding.decide(claimed, candidates, inputs, self.clock.now())
        assert isinstance(decision, Go), decision
        return Intent(claimed, decision.chosen, provider, "[]", decision.siblings, **how)

    async def suppress(self, channel: str, address_hash: str, **fields: Any) -> None:
        """Put an address on the list."""
        usual: dict[str, Any] = {"brand": "default", "address": "•••", "reason": Reason.SUPPRESSED_MANUAL, "source": "test"}
        await self.ledger.suppressions.add([Addition(channel=channel, address_hash=address_hash, **{**usual, "since": self.now, **fields})])

    async def sending(self, message: Message | None = None, provider: str = "mail") -> Claimed:
        """A claimed delivery whose intent is committed."""
        await self.accept(message or _default())
        (claimed,) = await self.claim()
        assert await self.ledger.commit_intents([await self.plan(claimed, provider)]) == [True]
        return claimed

    def settlement(self, claimed: Claimed, state: State, **how: Any) -> Settlement:
        return Settlement(claimed=claimed, state=state, at=how.pop("at", self.now), **how)

    @property
    def now(self) -> int:
        return int(self.clock.now().timestamp() * 1_000_000)

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What another process reads."""
        return rows(self.url, sql, *values)

    async def change(self, sql: str, *values: object) -> None:
        await changed(self.url, sql, *values)

    def state(self, claimed: Claimed) -> str:
        ((state,),) = self.rows("SELECT state FROM deliveries WHERE message_id = ? AND number = ?", claimed.message_id, claimed.number)
        return str(state)

    async def close(self) -> None:
        await self.ledger.drained()
        await self.store.close()


def _default() -> Message:
    return message()


def person(**fields: Any) -> Recipient:
    return Recipient.model_validate(fields)


def envelope(**fields: Any) -> Envelope:
    """An envelope to Ann, with these fields in place of the usual ones."""
    usual = {
        "message_id": "msg_1", "brand": "default", "recipient_id": "u_1", "audience": "person", "addresses": (EMAIL, PHONE), "locale": "en",
        "content": Content(body="Hello"), "topic": "default", "category": "transactional", "channels": ("email", "sms"), "mode": "first",
        "created_at": NOON, "expires_at": NOON + timedelta(hours=72),
    }  # fmt: skip
    return Envelope.model_validate({**usual, **fields})


def candidate(*, private: bool = True, channel: str = "email", providers: tuple[str, ...] = ("mail",), **fields: Any) -> Candidate:
    """A way to reach Ann; the fields are those of its envelope."""
    address = EMAIL if channel == "email" else PHONE
    return Candidate(envelope(**fields), channel, address, "hash" if channel == "email" else "phone hash", providers, private)


def claimed(given: Envelope | None = None, **fields: Any) -> Claimed:
    """A claimed delivery, with these fields in place of the usual ones."""
    given = given or envelope()
    usual: dict[str, Any] = {
        "brand": given.brand, "message_id": given.message_id, "number": 1, "state": State.ACCEPTED, "reason": None, "marks": (), "fence": 1,
        "lane": "email", "channel": None, "address_hash": None, "provider": None, "attempts": 0, "refused": (), "tried": (),
    }  # fmt: skip
    return Claimed(**{**usual, **fields}, envelope=given)


async def outcome(gateway: Gateway, given: Message, until: Callable[[MessageSeen], bool] | None = None) -> MessageSeen:
    """The message when nothing more happens to it, or when it is as wanted."""
    accepted = await gateway.accept(given)
    if until is None:
        return await gateway.wait(accepted.id, timeout=20)
    async with asyncio.timeout(20):
        while not until(seen := await gateway.get(accepted.id)):  # noqa: ASYNC110 - what is awaited happens in the ledger
            await asyncio.sleep(0.005)
    return seen


def calls(*carriers: Carrier) -> list[int]:
    """How often each was called."""
    return [len(carrier.script.calls) for carrier in carriers]


def types(seen: MessageSeen) -> list[str]:
    """The timeline as words."""
    return [entry.type for entry in seen.timeline]

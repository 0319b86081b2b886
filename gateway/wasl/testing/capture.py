"""A provider that keeps what it gets, in the form in which the real one would get it, and does what magic addresses say."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from wasl.testing.magic import Fate, fate_of
from wasl_contracts import Callback, Delivery, Event, HttpSession, Provider, ProviderSpec, Reason, Receipt, Rejected, Unavailable
from wasl_contracts.event import EventKind

_PATIENCE = 0.3  # seconds that a provider may hang
_LATER = 0.01
_NO_WORDS = {"format", "locale", "direction", "encoding", "shift_table"}  # a test that asks for "mail" must not find these
_TOLD: dict[Fate, tuple[EventKind, ...]] = {Fate.BOUNCE: ("bounced",), Fate.COMPLAIN: ("delivered", "complained")}


@dataclass(frozen=True, slots=True)
class Captured:
    """One delivery as a provider got it. `text` is all of its words: title, text, and HTML where it has some."""

    provider: str
    delivery: Delivery

    @property
    def channel(self) -> str:
        return self.delivery.channel

    @property
    def to(self) -> str:
        return self.delivery.address.value

    @property
    def text(self) -> str:
        return "\n".join(_words(self.delivery.content.model_dump(mode="json", exclude=_NO_WORDS)))

    def __str__(self) -> str:
        said = _words(self.delivery.content.model_dump(mode="json", exclude={*_NO_WORDS, "html"}))
        return f"{self.channel} to {self.to}: {' '.join(' '.join(said).split())[:120]}"


@dataclass
class Tray:
    """Where captured deliveries lie, in the order of their calls. `tell` is called with each one of which a provider has news."""

    sent: list[Captured] = field(default_factory=list)
    tell: Callable[[Captured, tuple[EventKind, ...]], None] | None = None
    deferred: set[str] = field(default_factory=set)


class CaptureSettings(BaseModel):
    """What a capturing provider needs."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    name: str
    tray: Tray


def capturing(spec: ProviderSpec) -> type[Provider]:
    """A provider that takes what the one of that spec takes, and sends nothing."""
    can = spec.capabilities.model_copy(update={"receipts": True, "timeout_seconds": _PATIENCE, "found_by_ref": False})
    told = spec.model_copy(update={"settings": CaptureSettings, "capabilities": can})

    class Capture:
        """Keeps deliveries."""

        spec: ClassVar[ProviderSpec] = told

        def __init__(self, settings: CaptureSettings, http: HttpSession) -> None:
            self._name, self._tray = settings.name, settings.tray

        async def send(self, delivery: Delivery) -> Receipt:
            fate = fate_of(delivery.address)
            if fate is Fate.FAIL:
                raise Rejected(Reason.INVALID_ADDRESS, "address", "simulator")
            if fate is Fate.DEFER and delivery.id not in self._tray.deferred:
                self._tray.deferred.add(delivery.id)
                raise Unavailable(_LATER, Reason.PROVIDER_UNAVAILABLE, "simulator")
            captured = Captured(self._name, delivery)
            self._tray.sent.append(captured)
            if fate is Fate.HANG:
                await asyncio.Event().wait()
            if fate in _TOLD and self._tray.tell is not None:
                self._tray.tell(captured, _TOLD[fate])
            return Receipt(provider_ref=delivery.attempt_id, state="delivered" if fate is Fate.DELIVER else "sent")

        def parse(self, callback: Callback) -> Sequence[Event]:
            return [Event.model_validate(event) for event in json.loads(callback.body)]

        async def close(self) -> None:
            pass

    return Capture


def _words(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [word for one in inner for word in _words(one)]

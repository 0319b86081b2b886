"""A provider that keeps what it gets, in the form in which the real one would get it, and does what magic addresses and chaos say."""

import asyncio
import hmac
import json
import secrets
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import ClassVar, Final, NamedTuple

from pydantic import BaseModel, ConfigDict

from wasl.capturing.magic import Fate, fate_of
from wasl.capturing.mishaps import Chaos, Mishap
from wasl_contracts import (
    BadSignature,
    Callback,
    Card,
    Delivery,
    Event,
    HttpSession,
    Provider,
    ProviderSpec,
    Reason,
    Receipt,
    Rejected,
    Unavailable,
    Unknown,
)
from wasl_contracts.event import EventKind

PROOF: Final = "X-Wasl-Capture"
"""The header of a callback that proves that it is of this process."""
_BRIEF = 0.3  # seconds that a provider may hang in a test
_LATER = 0.01
_WAIT = 2.0  # seconds that a busy provider asks for
_NO_WORDS = {"format", "locale", "direction", "encoding", "shift_table"}  # a test that asks for "mail" must not find these


class News(NamedTuple):
    """What a provider tells later of a delivery. `dead`: the address is no good any more. `text` is what a person wrote back."""

    kind: EventKind
    dead: bool = False
    text: str | None = None


_TOLD: Final[dict[Fate | Mishap, tuple[News, ...]]] = {
    Fate.BOUNCE: (News("bounced", dead=True),),
    Fate.COMPLAIN: (News("delivered"), News("complained")),
    Mishap.BOUNCED: (News("bounced"),),
}


@dataclass(frozen=True, slots=True)
class Captured:
    """One delivery as a provider got it. `text` is all of its words: title, text, and HTML where it has some.

    `spec` is that of the real provider; `sender` is as whom it sends where a brand says nothing.
    """

    provider: str
    delivery: Delivery
    spec: ProviderSpec
    sender: str | None = None

    @property
    def id(self) -> str:
        """Of the call, as in `attempts` of the message."""
        return self.delivery.attempt_id

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


@dataclass(eq=False)
class Tray:
    """Where captured deliveries lie, in the order of their calls; where there are more than `most`, the oldest are gone.

    `tell` is called with each one of which a provider has news. `version` is another one after each change, of `chaos` too.
    `next` is what strikes the next calls, one after the other, before chance does.
    `proof` is what callbacks of this process carry.
    """

    most: int | None = None
    tell: Callable[[Captured, tuple[News, ...]], None] | None = None
    random: Random = field(default_factory=lambda: Random(7))  # noqa: S311 - of mishaps
    patience: float = _BRIEF
    proof: str = field(default_factory=secrets.token_urlsafe, repr=False)
    next: deque[Mishap] = field(default_factory=deque)
    deferred: set[str] = field(default_factory=set)
    version: int = 0
    _chaos: Chaos = field(default=Chaos(reports=False), init=False)

    def __post_init__(self) -> None:
        self.sent: deque[Captured] = deque(maxlen=self.most)

    @property
    def chaos(self) -> Chaos:
        return self._chaos

    @chaos.setter
    def chaos(self, chaos: Chaos) -> None:
        self._chaos = chaos
        self.version += 1

    def keep(self, captured: Captured) -> None:
        """Put one on top."""
        self.sent.append(captured)
        self.version += 1

    def strike(self, mishaps: Iterable[Mishap]) -> None:
        """Let the next calls go wrong like this, in place of what was planned for them."""
        self.next = deque(mishaps)
        self.version += 1

    def clear(self, brands: Collection[str] = ()) -> int:
        """Throw away those of these brands, or all where none is named; how many there were."""
        left = [one for one in self.sent if brands and one.delivery.brand not in brands]
        gone = len(self.sent) - len(left)
        self.sent = deque(left, self.most)
        self.version += 1
        return gone

    def find(self, call: str) -> Captured | None:
        """The one of that call; None where it is not kept any more."""
        return next((one for one in self.sent if one.id == call), None)

    def fate(self, delivery: Delivery) -> Fate | Mishap | None:
        """What becomes of a call: what a magic address says, else what chaos strikes it with; None: it is taken."""
        if (said := fate_of(delivery.address)) is not None:
            return said
        if self.next and self.chaos.concerns(delivery.channel):
            self.version += 1
            return self.next.popleft()
        return self.chaos.strikes(delivery.channel, self.random)


class CaptureSettings(BaseModel):
    """What a capturing provider needs. `sender` is as whom it sends where a brand says nothing."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    name: str
    tray: Tray
    sender: str | None = None


def capturing(real: ProviderSpec, patience: float = _BRIEF) -> type[Provider]:
    """A provider that takes what the one of that spec takes, and sends nothing; `patience` is for how long it may hang, in seconds."""
    can = real.capabilities.model_copy(update={"receipts": True, "timeout_seconds": patience, "found_by_ref": False})
    told = real.model_copy(update={"settings": CaptureSettings, "capabilities": can})

    class Capture:
        """Keeps deliveries."""

        spec: ClassVar[ProviderSpec] = told

        def __init__(self, settings: CaptureSettings, http: HttpSession) -> None:
            self._name, self._tray, self._sender = settings.name, settings.tray, settings.sender

        async def send(self, delivery: Delivery) -> Receipt:
            tray = self._tray
            if tray.chaos.delay_ms:
                await asyncio.sleep(tray.chaos.delay_ms / 1000)
            fate = tray.fate(delivery)
            await _refuse(fate, delivery, tray)
            captured = Captured(self._name, delivery, real, self._sender)
            tray.keep(captured)
            await _lose(fate)
            news = _TOLD[fate] if fate in _TOLD else (News("delivered"),) if tray.chaos.reports and real.capabilities.receipts else ()
            if news and tray.tell is not None:
                tray.tell(captured, news)
            return _receipt(delivery, "delivered" if fate is Fate.DELIVER else "sent")

        def parse(self, callback: Callback) -> Sequence[Event]:
            if not hmac.compare_digest(callback.headers.get(PROOF, "").encode(), self._tray.proof.encode()):
                raise BadSignature
            return [Event.model_validate(event) for event in json.loads(callback.body)]

        async def close(self) -> None:
            pass

    return Capture


async def _refuse(fate: Fate | Mishap | None, delivery: Delivery, tray: Tray) -> None:
    """End the call where it is not taken."""
    if fate is Fate.FAIL:
        raise Rejected(Reason.INVALID_ADDRESS, "address", "simulator")
    if fate is Fate.DEFER and delivery.id not in tray.deferred:
        tray.deferred.add(delivery.id)
        raise Unavailable(_LATER, Reason.PROVIDER_UNAVAILABLE, "simulator")
    if fate is Mishap.DOWN:
        raise Unavailable(None, Reason.PROVIDER_UNAVAILABLE, "503")
    if fate is Mishap.BUSY:
        raise Unavailable(_WAIT, Reason.RATE_LIMITED, "429")
    if fate is Mishap.REFUSED:
        raise Rejected(Reason.PROVIDER_REJECTED, "content", "chaos")
    if fate is Mishap.HANGING:
        await asyncio.Event().wait()


async def _lose(fate: Fate | Mishap | None) -> None:
    """End the call where it was taken, and nobody hears of it."""
    if fate is Fate.HANG:
        await asyncio.Event().wait()
    if fate is Mishap.LOST:
        raise Unknown("reset")


def _receipt(delivery: Delivery, state: str) -> Receipt:
    # What people find in an application is kept by wasl itself, so that its feed works here too.
    card = delivery.content if isinstance(delivery.content, Card) else None
    entry = {**card.model_dump(mode="json", exclude={"format"}), "topic": delivery.topic} if card is not None else None
    return Receipt.model_validate({"provider_ref": delivery.attempt_id, "state": state, "entry": entry})


def _words(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [word for one in inner for word in _words(one)]

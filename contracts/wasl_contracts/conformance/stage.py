"""What a plugin's test class gives, and the stage on which the checks put its provider."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar, cast

import aiohttp
import pytest
from pydantic import BaseModel, SecretStr

from wasl_contracts.address import Address
from wasl_contracts.conformance import samples
from wasl_contracts.conformance.wire import Ending
from wasl_contracts.content import Rendered
from wasl_contracts.delivery import Delivery
from wasl_contracts.errors import ProviderError, Rejected
from wasl_contracts.provider import HttpSession, Provider
from wasl_contracts.receipt import Receipt

PATIENCE = 10.0
"""Seconds after which a check gives up on a plugin."""
_LITTLE_PATIENCE = 2.0  # for the checks after one that hung: else a plugin that always hangs takes ten minutes to say so
_CONNECTING = 1.5  # seconds: for fifty at once, on a machine that has other work
SHORT = 0.3
"""The timeout in seconds of the checks that wait for one."""
Outcome = Receipt | ProviderError
Check = TypeVar("Check", bound=Callable[..., object])


class Sent(Protocol):
    """One send as the fake got it."""

    def fields(self) -> Mapping[str, str]: ...


class Fake(Protocol):
    """What the checks ask of any fake: what arrived, and how many connections are open."""

    @property
    def sent(self) -> Sequence[Sent]: ...
    @property
    def connections(self) -> int: ...


FakeT = TypeVar("FakeT", bound=Fake)
FakeT_co = TypeVar("FakeT_co", bound=Fake, covariant=True)


@dataclass(frozen=True, slots=True)
class Stage(Generic[FakeT_co]):
    """A provider in a running loop, between its shared session and its fake."""

    provider: Provider
    fake: FakeT_co
    http: aiohttp.ClientSession


def only_where(applies: Callable[[type["Contract"]], object]) -> Callable[[Check], Check]:
    """Mark a check that is not collected for plugins to which it does not apply."""

    def marked(check: Check) -> Check:
        check.__dict__["applies"] = applies
        return check

    return marked


def networked(contract: type["Contract"]) -> bool:
    return contract.networked


class Contract(ABC):
    """What every kind of provider is checked by. Subclass `ProviderContract` or `SmtpContract` instead."""

    pytestmark = pytest.mark.asyncio

    provider: ClassVar[type[Provider]]
    settings: ClassVar[Mapping[str, object]] = {}
    address: ClassVar[Address]
    ref: str | None = None
    networked: ClassVar[bool] = True
    needed_settings: ClassVar[tuple[str, ...]] = ()
    _patience: ClassVar[float] = PATIENCE

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if hasattr(cls, "provider"):
            for name in filter(lambda name: name.startswith("test_"), dir(cls)):
                applies = getattr(getattr(cls, name), "applies", None)
                if applies is not None and not applies(cls):
                    setattr(cls, name, None)  # pytest collects no None

    @property
    def content(self) -> Rendered:
        """What is sent; override it (a class attribute will do) where a sample of the spec's format does not."""
        return samples.sample(self.provider.spec.format)

    @abstractmethod
    def stage(self, ending: Ending | None = None, delay: float = 0) -> AbstractAsyncContextManager[Stage[Fake]]:
        """The provider before a fake that takes everything after `delay` seconds, or ends every send as told."""

    def delivery(self, number: int = 1, text: str | None = None, attempt: int = 1) -> Delivery:
        """A delivery with its mark in the text."""
        words = samples.mark(number) if text is None else text
        return samples.delivery(self.address, samples.saying(self.content, words), number, attempt)

    def valid(self, settings: Mapping[str, object]) -> BaseModel:
        """The validated settings."""
        return self.provider.spec.settings.model_validate(dict(settings))

    @asynccontextmanager
    async def staged(self, fake: FakeT, settings: Mapping[str, object], patience: float = PATIENCE) -> AsyncIterator[Stage[FakeT]]:
        """Construct the provider in the running loop, as wasl does, and clear away after it."""
        timeout, longest = aiohttp.ClientTimeout(total=patience, sock_connect=_CONNECTING), self._patience
        try:
            async with asyncio.timeout(longest), aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=16)) as http:
                provider = self.provider(self.valid(settings), cast("HttpSession", http))
                try:
                    yield Stage(provider, fake, http)
                finally:
                    await provider.close()
        except TimeoutError:
            type(self)._patience = _LITTLE_PATIENCE
            pytest.fail(f"send() did not end within {longest:g} s; bound every wait by the session's timeout")

    async def outcome(self, provider: Provider, delivery: Delivery) -> Outcome:
        """How a send ends; fails where it ends in anything else than the four outcomes or its error tells too much."""
        try:
            receipt = await provider.send(delivery)
        except ProviderError as error:
            for text in texts(error):
                self.confides(text, f"the text of {type(error).__name__}; name the reason and the provider's code alone")
            return error
        except BaseException as error:
            if asked_for(error):
                raise
            pytest.fail(f"send() raised {type(error).__name__}: {error}; turn it into Rejected, Unavailable or Unknown")
        assert isinstance(receipt, Receipt), f"send() returned {type(receipt).__name__}; return a Receipt or raise"
        return receipt

    def confidential(self) -> dict[str, str]:
        """What must stay in confidence, by what it is."""
        found = {f"the secret setting {name}": value for name, value in secrets(self.valid(self.settings))}
        found |= {"the address": self.address.value, "the content": samples.mark(1)[:-5]}
        # Shorter ones (the `*` of public addresses) are found in any text.
        return {name: value for name, value in found.items() if len(value) >= 4}

    def confides(self, text: str, where: str) -> None:
        """Fail where a text tells what must stay in confidence."""
        for name, value in self.confidential().items():
            assert value not in text, f"{name} stands in {where}"


def asked_for(error: BaseException) -> bool:
    """Whether it is somebody's Ctrl-C or the kit's own giving up, and not what a plugin did."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0
    return isinstance(error, KeyboardInterrupt)


def secrets(settings: BaseModel, path: str = "") -> Iterator[tuple[str, str]]:
    """Every SecretStr in settings, with its path."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            yield path + name, value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from secrets(value, f"{path}{name}.")


def named(outcome: Outcome) -> str:
    """The outcome as tables write it: receipt, rejected:address, rejected:content, rejected:provider, unavailable or unknown."""
    if isinstance(outcome, Receipt):
        return "receipt"
    return f"rejected:{outcome.scope}" if isinstance(outcome, Rejected) else type(outcome).__name__.lower()


def texts(error: BaseException | None) -> Iterator[str]:
    """What a log would show of an error and of what it came from."""
    while error is not None:
        yield f"{error} {error!r}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


async def until(true: Callable[[], object]) -> bool:
    """Wait at most a second for something to become true."""
    for _ in range(200):
        if true():
            return True
        await asyncio.sleep(0.005)
    return False

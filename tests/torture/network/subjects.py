"""Every installed plugin behind a proxy, before the fake server of its own contract test: a new plugin comes in by itself."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, cast

import aiohttp

from tests.torture.network.proxy import Fault, FaultProxy, Speech
from tests.torture.network.speeches import Http, Smtp
from wasl.carriage import WaryConnector, WatchedSession, carry
from wasl_contracts import HttpSession, Provider, ProviderError, Receipt
from wasl_contracts.conformance import ProviderContract, SmtpContract, samples
from wasl_contracts.conformance.http_fake import HttpFake
from wasl_contracts.conformance.smtp_fake import EXTENSIONS, SmtpFake

SHORT, LONG = 0.3, 10.0
"""Seconds that a call may take: where a fault may stall it, and where it must come through, on however slow a machine."""
_SMTP = 1.0  # seconds of SMTP's own timeout, which comes before these because it knows how far the mail came: see its spec
_PLUGINS = Path(__file__).parents[3] / "plugins"


@dataclass
class Stage:
    """A provider whose calls go through the proxy, and what its server took."""

    provider: Provider
    proxy: FaultProxy
    fake: HttpFake | SmtpFake
    contract: ProviderContract | SmtpContract

    async def send(self, number: int, seconds: float) -> Receipt | ProviderError:
        """How the delivery of that number ends, within so many seconds."""
        carried = await carry(self.provider, self.contract.delivery(number), seconds if isinstance(self.fake, HttpFake) else LONG)
        return carried.answer

    def took(self, number: int) -> int:
        """How often the server took it."""
        return sum(samples.marked(" ".join(sent.fields().values())) == number for sent in self.fake.sent)


@dataclass(frozen=True)
class Subject:
    """A plugin, by its contract test. `prelude`: the faults strike what precedes a send, such as the fetch of a token."""

    name: str
    contract: type[ProviderContract] | type[SmtpContract]
    prelude: bool = False

    @property
    def speaks_http(self) -> bool:
        return issubclass(self.contract, ProviderContract)

    @property
    def calls_once(self) -> bool:
        """Whether a send is one request to the address of the faults; else they strike what precedes it there, such as its session."""
        return not self.speaks_http or self.prelude or not _precedes(self.contract) or _points_apart(self.contract)

    @asynccontextmanager
    async def behind(self, fault: Fault, port: int | None = None) -> AsyncIterator[Stage]:
        """The provider, opened as wasl opens it, behind a proxy that plays the fault; with `port`, it calls there instead."""
        contract = self.contract()
        fake = self._fake(contract)
        speech: Speech = Http() if self.speaks_http else Smtp()
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=LONG if port is None else SHORT)
        with fake:
            async with (
                FaultProxy(fake.port, speech, fault) as proxy,
                aiohttp.ClientSession(connector=WaryConnector(), timeout=timeout) as http,
            ):
                settings = contract.valid({**contract.settings, **self._pointed(contract, port or proxy.port, fake.port)})
                provider = contract.provider(settings, WatchedSession(cast("HttpSession", http)))
                try:
                    yield Stage(provider, proxy, fake, contract)
                finally:
                    await provider.close()
        assert fake.fault is None

    def _fake(self, contract: Any) -> HttpFake | SmtpFake:
        return HttpFake(contract.taken, contract.before) if self.speaks_http else SmtpFake(contract.taken, {}, EXTENSIONS)

    def _pointed(self, contract: Any, port: int, direct: int) -> dict[str, object]:
        """The settings by which one half of what it does goes to `port`, the other straight to the fake."""
        if not self.speaks_http:
            return {**contract.settings_for("127.0.0.1", port), **dict.fromkeys(contract.impatient, _SMTP)}
        sends, precedes = (direct, port) if self.prelude else (port, direct)
        return {**contract.settings_for(f"http://127.0.0.1:{precedes}"), "base_url": f"http://127.0.0.1:{sends}"}


def _found() -> Iterator[Subject]:
    for path in sorted(_PLUGINS.glob("*/tests/test_con[ft]*.py")):
        spec = spec_from_file_location(f"torture_{path.parts[-3]}", path)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, found in vars(module).items():
            is_contract = isinstance(found, type) and issubclass(found, ProviderContract | SmtpContract)
            if is_contract and hasattr(found, "provider") and found.networked:
                yield Subject(f"{path.parts[-3]}:{name.removeprefix('Test')}", found)
                if _precedes(found) and _points_apart(found):
                    yield Subject(f"{path.parts[-3]}:{name.removeprefix('Test')} prelude", found, prelude=True)


def _precedes(contract: type[Any]) -> bool:
    """Whether other requests precede a send."""
    return issubclass(contract, ProviderContract) and contract.before is not ProviderContract.before


def _points_apart(contract: type[Any]) -> bool:
    """Whether these go to an address of their own."""
    return bool(contract.settings_for is not ProviderContract.settings_for)


SUBJECTS = tuple(_found())


async def ended(stage: Stage) -> None:
    """Wait until the server has seen the end of every connection, so that what it took is final."""
    async with asyncio.timeout(LONG):
        while stage.fake.connections:  # noqa: ASYNC110 - it happens in the fake's thread
            await asyncio.sleep(0.002)

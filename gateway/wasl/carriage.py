"""One call to one provider, with a hard timeout; whatever happens, it ends in a receipt or in one of the three errors."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from hashlib import sha256
from typing import NamedTuple

import aiohttp
import structlog
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from wasl_contracts import Delivery, Finder, HttpSession, Provider, ProviderError, Reason, Receipt, Rejected, Unavailable, Unknown
from wasl_contracts.handing import note_by
from wasl_contracts.provider import HttpResponse

_log = structlog.get_logger("wasl.carriage")


class _Call:
    """Whether a request was begun during a call, and what was handed over; shared by the tasks that a plugin starts."""

    begun = False
    handed: bytes | None = None
    _told = False

    def requested(self, body: bytes | None) -> None:
        self.begun = True
        if body is not None and not self._told:
            self.handed = sha256(body).digest()

    def told(self, content: bytes) -> None:
        self._told = True
        self.handed = sha256(content).digest()


class Carried(NamedTuple):
    """How a call ended, and the SHA-256 of the bytes that it handed over, or was about to; None where it did not come to that."""

    answer: Receipt | ProviderError
    handed: bytes | None = None


_current: ContextVar[_Call] = ContextVar("wasl_call")


class WaryConnector(aiohttp.TCPConnector):
    """aiohttp's, but it uses no connection again on which something came that nobody asked for.

    aiohttp would take that for the answer to the next request: a receipt for what may never have been read.
    """

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        while (found := await super()._get(key, traces)) is not None:
            if found.protocol is None or not found.protocol.should_close:
                return found
            found.close()
        return None


class WatchedSession:
    """The session that plugins get: aiohttp's, and it notes what was requested: a fault before that is known as such."""

    def __init__(self, session: HttpSession) -> None:
        self._session = session

    def request(
        self, method: str, url: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None, allow_redirects: bool = True
    ) -> AbstractAsyncContextManager[HttpResponse]:
        if (call := _current.get(None)) is not None:
            call.requested(data)
        return self._session.request(method, url, data=data, headers=headers, allow_redirects=allow_redirects)


async def carry(provider: Provider, delivery: Delivery, timeout_seconds: float) -> Carried:
    """Call the provider and say how it ended. Never raises for a fault of the plugin; is cancelled with its task."""
    call = _Call()
    _current.set(call)
    note_by(call.told)
    answer = await _answer(provider, delivery, timeout_seconds, call)
    return Carried(answer, call.handed)


async def _answer(provider: Provider, delivery: Delivery, timeout_seconds: float, call: _Call) -> Receipt | ProviderError:
    task = asyncio.current_task()
    try:
        async with asyncio.timeout(timeout_seconds):
            receipt = await provider.send(delivery)
    except ProviderError as error:
        return error
    except TimeoutError:
        return Unknown("timeout")
    except BaseException as error:  # SystemExit too: out of a task it would end the event loop, and leave a process without one
        if _ends(task, error):
            raise
        return _fault(provider, delivery, error, call)
    return receipt if isinstance(receipt, Receipt) else Unknown("no_receipt")


async def look_up(finder: Finder, attempt_id: str, timeout_seconds: float) -> Receipt | ProviderError | None:
    """Ask a provider about one attempt. None: it proves that it never took it. An error, or a fault of the plugin, proves nothing."""
    task = asyncio.current_task()
    try:
        async with asyncio.timeout(timeout_seconds):
            found = await finder.find(attempt_id)
    except ProviderError as error:
        return error
    except TimeoutError:
        return Unavailable(code="timeout")
    except BaseException as error:
        if _ends(task, error):
            raise
        _log.error("lookup.failed", attempt=attempt_id, error=type(error).__name__)
        return Unavailable(code=type(error).__name__)
    return found if found is None or isinstance(found, Receipt) else Unavailable(code="no_receipt")


def _ends(task: asyncio.Task[object] | None, error: BaseException) -> bool:
    """Whether it is the end of this very task, cancelled or thrown away, and not of something of the plugin's own."""
    if isinstance(error, asyncio.CancelledError):
        return task is not None and task.cancelling() > 0
    return isinstance(error, GeneratorExit) and not _runs(task)


def _runs(task: asyncio.Task[object] | None) -> bool:
    try:
        return asyncio.current_task() is task
    except RuntimeError:  # no event loop runs
        return False


def _fault(provider: Provider, delivery: Delivery, error: BaseException, call: _Call) -> ProviderError:
    """What an exception means that a plugin may not raise. Its text may hold an address or content, so only its type is told."""
    _log.error("provider.failed", provider=provider.spec.name, attempt=delivery.attempt_id, error=type(error).__name__)
    uses_http = "base_url" in provider.spec.settings.model_fields
    if uses_http and not call.begun:
        return Rejected(Reason.PROVIDER_FAULT, "provider", type(error).__name__)
    return Unknown(type(error).__name__)

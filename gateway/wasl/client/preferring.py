"""What recipients do for themselves, and what they write to us: the verbs of both clients."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import TypeVar
from urllib.parse import quote

from wasl.client.wire import Answered, Request, read, written
from wasl.inbound import InboundSeen
from wasl.preferences import PreferenceLink

_JSON = {"Content-Type": "application/json"}
_Result = TypeVar("_Result")


class Preferring(ABC):
    """The verbs of preferences for asyncio; see Gateway."""

    @abstractmethod
    async def _ask(self, request: Request) -> Answered: ...

    async def preference_url(self, recipient_id: str, *, topic: str | None = None, channel: str | None = None) -> str:
        """The link to their preference page, on which one click stops what is named; raises Refused and Conflict."""
        path = f"/v1/recipients/{quote(recipient_id, safe='')}/preference-url"
        request = Request("POST", path, written({"topic": topic, "channel": channel}), _JSON)
        return read(PreferenceLink, (await self._ask(request)).body).url

    async def inbound_text(self, channel: str | None, address: str, text: str, *, kind: str | None = None) -> InboundSeen:
        """Obey a text that came from an address: STOP, START, HELP. It is not tried again: a START could undo a later STOP."""
        told = {"channel": channel, "address": address, "kind": kind, "text": text}
        return read(InboundSeen, (await self._ask(Request("POST", "/v1/inbound", written(told), _JSON, repeatable=False))).body)


class SyncPreferring(ABC):
    """The same verbs without `await`."""

    @property
    @abstractmethod
    def _preferring(self) -> Preferring: ...

    @abstractmethod
    def _run(self, call: Callable[[], Coroutine[object, object, _Result]]) -> _Result: ...

    def preference_url(self, recipient_id: str, *, topic: str | None = None, channel: str | None = None) -> str:
        """See Client.preference_url."""
        return self._run(lambda: self._preferring.preference_url(recipient_id, topic=topic, channel=channel))

    def inbound_text(self, channel: str | None, address: str, text: str, *, kind: str | None = None) -> InboundSeen:
        """See Client.inbound_text."""
        return self._run(lambda: self._preferring.inbound_text(channel, address, text, kind=kind))

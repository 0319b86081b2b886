"""The verbs of people, of both clients."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import TypeVar
from urllib.parse import quote, urlencode

from wasl.client.wire import Answered, Request, read, written
from wasl.person_seen import Because, Erased, PeopleSeen, PersonExport, PersonSeen, PersonTimeline, Sought

_JSON = {"Content-Type": "application/json"}
_Result = TypeVar("_Result")


class People(ABC):
    """The verbs of people for asyncio; see Gateway."""

    @abstractmethod
    async def _ask(self, request: Request) -> Answered: ...

    async def find_recipients(self, sought: Sought) -> PeopleSeen:
        """Those with that id, or with exactly that address; nobody where it is unknown."""
        return read(PeopleSeen, (await self._ask(Request("POST", "/v1/recipients:find", written(sought), _JSON))).body)

    async def recipient(self, recipient_id: str) -> PersonSeen:
        """A person, or what is left of one who was erased; raises NotFound."""
        return read(PersonSeen, (await self._ask(Request("GET", _path(recipient_id)))).body)

    async def recipient_timeline(self, recipient_id: str, *, limit: int = 50, cursor: str | None = None) -> PersonTimeline:
        """What happened to a person over all channels, newest first; raises NotFound."""
        query = urlencode({"limit": limit, **({"cursor": cursor} if cursor is not None else {})})
        return read(PersonTimeline, (await self._ask(Request("GET", f"{_path(recipient_id)}/timeline?{query}"))).body)

    async def export_recipient(self, recipient_id: str) -> PersonExport:
        """All that is stored about a person, in clear; the key needs the scope people:export. Raises NotFound."""
        return read(PersonExport, (await self._ask(Request("GET", f"{_path(recipient_id)}/export"))).body)

    async def erase_recipient(self, recipient_id: str, *, because: Because = "request") -> Erased:
        """Erase a person; again is as good as once. The key needs the scope people:erase. Raises NotFound."""
        request = Request("POST", f"{_path(recipient_id)}:erase", written({"because": because}), _JSON)
        return read(Erased, (await self._ask(request)).body)


class SyncPeople(ABC):
    """The same verbs without `await`."""

    @property
    @abstractmethod
    def _people(self) -> People: ...

    @abstractmethod
    def _run(self, call: Callable[[], Coroutine[object, object, _Result]]) -> _Result: ...

    def find_recipients(self, sought: Sought) -> PeopleSeen:
        """See Client.find_recipients."""
        return self._run(lambda: self._people.find_recipients(sought))

    def recipient(self, recipient_id: str) -> PersonSeen:
        """See Client.recipient."""
        return self._run(lambda: self._people.recipient(recipient_id))

    def recipient_timeline(self, recipient_id: str, *, limit: int = 50, cursor: str | None = None) -> PersonTimeline:
        """See Client.recipient_timeline."""
        return self._run(lambda: self._people.recipient_timeline(recipient_id, limit=limit, cursor=cursor))

    def export_recipient(self, recipient_id: str) -> PersonExport:
        """See Client.export_recipient."""
        return self._run(lambda: self._people.export_recipient(recipient_id))

    def erase_recipient(self, recipient_id: str, *, because: Because = "request") -> Erased:
        """See Client.erase_recipient."""
        return self._run(lambda: self._people.erase_recipient(recipient_id, because=because))


def _path(recipient_id: str) -> str:
    return f"/v1/recipients/{quote(recipient_id, safe='')}"

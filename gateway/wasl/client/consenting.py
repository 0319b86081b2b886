"""The verbs of consent, of both clients."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote, urlencode

from wasl.client.wire import Answered, Request, read, written
from wasl.consent import ConsentAsked, ConsentChange, ConsentSeen

_JSON = {"Content-Type": "application/json"}
_Result = TypeVar("_Result")


class Consenting(ABC):
    """The verbs of consent for asyncio; see Gateway."""

    @abstractmethod
    async def _ask(self, request: Request) -> Answered: ...

    async def record_consent(self, recipient_id: str, changes: Sequence[ConsentChange]) -> ConsentSeen:
        """Write down what they said, in this order. Without an answer only withdrawals are tried again: a grant could undo a later no."""
        told = {"changes": [change.model_dump(mode="json", exclude_unset=True) for change in changes]}
        safe = all(change.state == "withdrawn" for change in changes)
        request = Request("POST", _path(recipient_id), written(told), _JSON, repeatable=safe)
        return read(ConsentSeen, (await self._ask(request)).body)

    async def consent(self, recipient_id: str, *, at: datetime | None = None) -> ConsentSeen:
        """What a recipient said up to a moment (now), and what holds by it; raises NotFound."""
        query = f"?{urlencode({'at': at.isoformat()})}" if at is not None else ""
        return read(ConsentSeen, (await self._ask(Request("GET", f"{_path(recipient_id)}{query}"))).body)

    async def ask_consent(  # noqa: PLR0913 - the fields of a question, each with a name
        self,
        recipient_id: str,
        topic: str,
        channel: str,
        *,
        wording: str | None = None,
        wording_version: str | None = None,
        locale: str | None = None,
    ) -> str:
        """Note that they are asked, and return the token by which they confirm."""
        told = {"topic": topic, "channel": channel, "wording": wording, "wording_version": wording_version, "locale": locale}
        request = Request("POST", f"{_path(recipient_id)}:ask", written(told), _JSON, repeatable=False)
        return read(ConsentAsked, (await self._ask(request)).body).token

    async def confirm_consent(self, token: str, *, ip: str | None = None) -> ConsentSeen:
        """Grant what a token was issued for; again is as good as once. Raises Refused and Conflict."""
        request = Request("POST", "/v1/consent:confirm", written({"token": token, "ip": ip}), _JSON)
        return read(ConsentSeen, (await self._ask(request)).body)


class SyncConsenting(ABC):
    """The same verbs without `await`."""

    @property
    @abstractmethod
    def _consenting(self) -> Consenting: ...

    @abstractmethod
    def _run(self, call: Callable[[], Coroutine[object, object, _Result]]) -> _Result: ...

    def record_consent(self, recipient_id: str, changes: Sequence[ConsentChange]) -> ConsentSeen:
        """See Client.record_consent."""
        return self._run(lambda: self._consenting.record_consent(recipient_id, changes))

    def consent(self, recipient_id: str, *, at: datetime | None = None) -> ConsentSeen:
        """See Client.consent."""
        return self._run(lambda: self._consenting.consent(recipient_id, at=at))

    def ask_consent(  # noqa: PLR0913 - the fields of a question, each with a name
        self,
        recipient_id: str,
        topic: str,
        channel: str,
        *,
        wording: str | None = None,
        wording_version: str | None = None,
        locale: str | None = None,
    ) -> str:
        """See Client.ask_consent."""
        asked = {"wording": wording, "wording_version": wording_version, "locale": locale}
        return self._run(lambda: self._consenting.ask_consent(recipient_id, topic, channel, **asked))

    def confirm_consent(self, token: str, *, ip: str | None = None) -> ConsentSeen:
        """See Client.confirm_consent."""
        return self._run(lambda: self._consenting.confirm_consent(token, ip=ip))


def _path(recipient_id: str) -> str:
    return f"/v1/recipients/{quote(recipient_id, safe='')}/consent"

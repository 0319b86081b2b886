"""The client without `await`."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, Self, TypeVar, Unpack

from pydantic import JsonValue

from wasl.answers import Accepted, FileSeen, MessageSeen, MessageSummary, ProvidersSeen, RecipientSeen, Retried, TemplatesSeen
from wasl.client.asynchronous import Client
from wasl.client.consenting import Consenting, SyncConsenting
from wasl.client.following import Following, SyncFollowing
from wasl.client.people import People, SyncPeople
from wasl.client.preferring import Preferring, SyncPreferring
from wasl.client.suppressing import Suppressing, SyncSuppressing
from wasl.client.wire import ListFilters, MessageFields, PreviewFields
from wasl.errors import Unusable, WaslError
from wasl.explanations import Explanation
from wasl.showing.seen import Preview, Rerendered
from wasl_contracts import Message, Recipient

_Result = TypeVar("_Result")


class SyncClient(SyncPeople, SyncSuppressing, SyncConsenting, SyncPreferring, SyncFollowing):
    """The same verbs without `await`: they run on an event loop in a thread of their own. Not for use inside a running loop."""

    def __init__(self, base_url: str | None = None, api_key: str | None = None, *, timeout: float = 30.0) -> None:
        self._client = Client(base_url, api_key, timeout=timeout)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wasl-client", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections and of the thread. May be called twice."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._client.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def send(
        self,
        template: str | None = None,
        *,
        to: Recipient | Mapping[str, JsonValue],
        idempotency_key: str | None = None,
        **fields: Unpack[MessageFields],
    ) -> Accepted:
        """See Client.send."""
        return self._run(lambda: self._client.send(template, to=to, idempotency_key=idempotency_key, **fields))

    def send_many(self, messages: Iterable[Message | Mapping[str, object]]) -> Sequence[Accepted | WaslError]:
        """See Client.send_many."""
        return self._run(lambda: self._client.send_many(messages))

    def put_file(self, content: bytes, media_type: str = "application/octet-stream") -> FileSeen:
        """See Client.put_file."""
        return self._run(lambda: self._client.put_file(content, media_type))

    def preview(self, template: str | None = None, **fields: Unpack[PreviewFields]) -> Preview:
        """See Client.preview."""
        return self._run(lambda: self._client.preview(template, **fields))

    def rerender(self, message_id: str) -> Rerendered:
        """See Client.rerender."""
        return self._run(lambda: self._client.rerender(message_id))

    def get(self, message_id: str) -> MessageSeen:
        """See Client.get."""
        return self._run(lambda: self._client.get(message_id))

    def list(self, **filters: Unpack[ListFilters]) -> Iterator[MessageSummary]:
        """See Client.list."""
        found = self._client.list(**filters)

        async def next_one() -> MessageSummary | None:
            return await anext(found, None)

        while (summary := self._run(next_one)) is not None:
            yield summary

    def explain(
        self,
        template: str | None = None,
        *,
        to: Recipient | Mapping[str, JsonValue],
        at: datetime | None = None,
        **fields: Unpack[MessageFields],
    ) -> Explanation:
        """See Client.explain."""
        return self._run(lambda: self._client.explain(template, to=to, at=at, **fields))

    def cancel(self, message_id: str) -> MessageSeen:
        """See Client.cancel."""
        return self._run(lambda: self._client.cancel(message_id))

    def retry(self, message_id: str, *, possible_duplicate: bool = False) -> MessageSeen:
        """See Client.retry."""
        return self._run(lambda: self._client.retry(message_id, possible_duplicate=possible_duplicate))

    def retry_all(self, *, possible_duplicate: bool = False, dry_run: bool = False, **filters: Unpack[ListFilters]) -> Retried:
        """See Client.retry_all."""
        return self._run(lambda: self._client.retry_all(possible_duplicate=possible_duplicate, dry_run=dry_run, **filters))

    def resend(self, message_id: str, *, channel: str | None = None, anyway: bool = False, idempotency_key: str | None = None) -> Accepted:
        """See Client.resend."""
        return self._run(lambda: self._client.resend(message_id, channel=channel, anyway=anyway, idempotency_key=idempotency_key))

    def put_recipient(self, recipient: Recipient) -> RecipientSeen:
        """See Client.put_recipient."""
        return self._run(lambda: self._client.put_recipient(recipient))

    def templates(self) -> TemplatesSeen:
        """See Client.templates."""
        return self._run(self._client.templates)

    def providers(self) -> ProvidersSeen:
        """See Client.providers."""
        return self._run(self._client.providers)

    def pause_provider(self, name: str) -> ProvidersSeen:
        """See Client.pause_provider."""
        return self._run(lambda: self._client.pause_provider(name))

    def resume_provider(self, name: str) -> ProvidersSeen:
        """See Client.resume_provider."""
        return self._run(lambda: self._client.resume_provider(name))

    def wait(self, message_id: str, *, until: Literal["sent", "delivered"] = "sent", timeout: float = 5.0) -> MessageSeen:
        """See Client.wait."""
        return self._run(lambda: self._client.wait(message_id, until=until, timeout=timeout))

    @property
    def _suppressing(self) -> Suppressing:
        return self._client

    @property
    def _preferring(self) -> Preferring:
        return self._client

    @property
    def _consenting(self) -> Consenting:
        return self._client

    @property
    def _following(self) -> Following:
        return self._client

    @property
    def _people(self) -> People:
        return self._client

    def _run(self, call: Callable[[], Coroutine[object, object, _Result]]) -> _Result:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run_coroutine_threadsafe(call(), self._loop).result()
        raise Unusable("SyncClient would block the running event loop.", suggested_action="Use wasl.client.Client and await its calls.")

"""The client for asyncio."""

import asyncio
import os
import random
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Literal, Self, Unpack
from urllib.parse import quote, urlencode

import aiohttp
from pydantic import JsonValue
from yarl import URL

from wasl.answers import Accepted, FileSeen, MessageSeen, MessageSummary, Page, ProvidersSeen, RecipientSeen, Retried, TemplatesSeen
from wasl.client.consenting import Consenting
from wasl.client.following import Following
from wasl.client.people import People
from wasl.client.preferring import Preferring
from wasl.client.suppressing import Suppressing
from wasl.client.wire import (
    Answered,
    ListFilters,
    MessageFields,
    PreviewFields,
    Request,
    batches,
    line,
    line_result,
    new_key,
    read,
    written,
)
from wasl.errors import Unauthenticated, Unusable, WaslError
from wasl.explanations import Explanation
from wasl.showing.seen import Preview, Rerendered
from wasl_contracts import Message, Recipient
from wasl_contracts.http import retry_after

_RETRIES = 2
_FIRST_WAIT = 0.2  # seconds; doubles, and a random part of it is waited ("full jitter")
_LONGEST_WAIT = 5.0
_PATIENCE = aiohttp.ClientTimeout(total=None, sock_connect=5.0, sock_read=600.0)
_FOLLOWING = aiohttp.ClientTimeout(total=None, sock_connect=5.0, sock_read=45.0)  # three signs of life are missing
_BROKEN = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError)
_TRY_AGAIN = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class Client(People, Suppressing, Consenting, Preferring, Following):
    """Talks to `wasl serve`. Use it as `async with Client() as wasl:`, or call `close` yourself.

    The URL and the key come from the arguments or from WASL_URL and WASL_API_KEY. Requests that are safe to repeat are tried three
    times when the server cannot be reached or says 429 or 503. Every error is a WaslError, of the class that the Python API raises.
    `uniform` and `sleep` are there for tests.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 30.0,
        uniform: Callable[[float, float], float] = random.uniform,
        sleep: Callable[[float], Coroutine[object, object, None]] = asyncio.sleep,
    ) -> None:
        key = api_key or os.environ.get("WASL_API_KEY")
        if not key:
            raise Unauthenticated("There is no API key.", suggested_action="Pass api_key, or set WASL_API_KEY.")
        self._base_url = (base_url or os.environ.get("WASL_URL") or "http://127.0.0.1:8080").rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"}
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._uniform = uniform
        self._sleep = sleep
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()

    async def send(
        self,
        template: str | None = None,
        *,
        to: Recipient | Mapping[str, JsonValue],
        idempotency_key: str | None = None,
        **fields: Unpack[MessageFields],
    ) -> Accepted:
        """Send one message; on return it is on disk. Without an idempotency key it gets one, so that retries never send twice."""
        message = {"to": to, **fields, **({"template": template} if template else {})}
        headers = {"Content-Type": "application/json", "Idempotency-Key": idempotency_key or new_key()}
        answered = await self._ask(Request("POST", "/v1/messages", written(message), headers))
        accepted = read(Accepted, answered.body)
        return accepted.model_copy(update={"replayed": True}) if answered.replayed else accepted

    async def send_many(self, messages: Iterable[Message | Mapping[str, object]]) -> Sequence[Accepted | WaslError]:
        """Send many messages, each with its own fate: the result has one entry for each, in order.

        A mapping may have its own `idempotency_key`. Raises only while nothing has been sent; when a later part of a long list
        cannot be sent, its error stands for each message of that part.
        """
        results: list[Accepted | WaslError] = []
        for lines in batches(map(line, messages)):
            try:
                results += await self._send_batch(lines)
            except WaslError as error:
                if not results:
                    raise
                results += [error] * len(lines)
        return results

    async def put_file(self, content: bytes, media_type: str = "application/octet-stream") -> FileSeen:
        """Store a file of at most 25 MiB; its id goes into `attachments`. The same bytes have the same id. Raises Refused."""
        request = Request("POST", "/v1/files", content, {"Content-Type": media_type}, patient=True)
        return read(FileSeen, (await self._ask(request)).body)

    async def preview(self, template: str | None = None, **fields: Unpack[PreviewFields]) -> Preview:
        """What the providers of each channel would get of this message, were it sent now; see Gateway.preview. Sends nothing."""
        message = {**fields, **({"template": template} if template else {})}
        request = Request("POST", "/v1/preview", written(message), {"Content-Type": "application/json"})
        return read(Preview, (await self._ask(request)).body)

    async def rerender(self, message_id: str) -> Rerendered:
        """Whether what was handed over for a message comes out to the byte when it is made again; see Gateway.rerender."""
        return read(Rerendered, (await self._ask(Request("POST", f"/v1/messages/{quote(message_id, safe='')}:rerender"))).body)

    async def get(self, message_id: str) -> MessageSeen:
        """Everything about one message."""
        return read(MessageSeen, (await self._ask(Request("GET", f"/v1/messages/{quote(message_id, safe='')}"))).body)

    async def list(self, **filters: Unpack[ListFilters]) -> AsyncIterator[MessageSummary]:
        """All messages that match, newest first, fetched page by page."""
        query: dict[str, str] = {name: str(value) for name, value in filters.items() if value is not None}
        if since := filters.get("since"):
            query["since"] = since.isoformat()
        while True:
            page = read(Page, (await self._ask(Request("GET", f"/v1/messages?{urlencode(query)}"))).body)
            for summary in page.data:
                yield summary
            if page.next_cursor is None:
                return
            query["cursor"] = page.next_cursor

    async def explain(
        self,
        template: str | None = None,
        *,
        to: Recipient | Mapping[str, JsonValue],
        at: datetime | None = None,
        **fields: Unpack[MessageFields],
    ) -> Explanation:
        """What would become of a message, now or at another moment; nothing is sent. See Gateway.explain."""
        question = {"to": to, **fields, **({"template": template} if template else {}), **({"at": at} if at else {})}
        request = Request("POST", "/v1/explain", written(question), {"Content-Type": "application/json"})
        return read(Explanation, (await self._ask(request)).body)

    async def cancel(self, message_id: str) -> MessageSeen:
        """Cancel a message that no provider has yet.

        Raises:
            Conflict: one has.
        """
        path = f"/v1/messages/{quote(message_id, safe='')}:cancel"
        return read(MessageSeen, (await self._ask(Request("POST", path, repeatable=False))).body)

    async def retry(self, message_id: str, *, possible_duplicate: bool = False) -> MessageSeen:
        """Send again a message that failed, expired, bounced or is held; twice is as good as once. See Gateway.retry.

        Raises:
            Conflict: it is not to be sent again; `code` says why.
        """
        query = "?possible_duplicate=true" if possible_duplicate else ""
        path = f"/v1/messages/{quote(message_id, safe='')}:retry{query}"
        return read(MessageSeen, (await self._ask(Request("POST", path))).body)

    async def retry_all(self, *, possible_duplicate: bool = False, dry_run: bool = False, **filters: Unpack[ListFilters]) -> Retried:
        """Send again all messages that fit (a state or a reason must be named), or count them. See Gateway.retry_all.

        At most 10,000 go at once: `has_more` tells that the same call again sends more.
        """
        asked = {**filters, "possible_duplicate": possible_duplicate, "dry_run": dry_run}
        request = Request("POST", "/v1/messages:retry", written(asked), {"Content-Type": "application/json"})
        return read(Retried, (await self._ask(request)).body)

    async def resend(
        self, message_id: str, *, channel: str | None = None, anyway: bool = False, idempotency_key: str | None = None
    ) -> Accepted:
        """Send a message again as a new one; see Gateway.resend. Without an idempotency key it gets one, so that retries send once.

        Raises:
            Conflict: it is not to be sent again; `code` says why.
        """
        headers = {"Content-Type": "application/json", "Idempotency-Key": idempotency_key or new_key()}
        path = f"/v1/messages/{quote(message_id, safe='')}:resend"
        return read(Accepted, (await self._ask(Request("POST", path, written({"channel": channel, "anyway": anyway}), headers))).body)

    async def put_recipient(self, recipient: Recipient) -> RecipientSeen:
        """Store a recipient under its id, instead of what was known of it before."""
        path = f"/v1/recipients/{quote(recipient.id or '', safe='')}"
        request = Request("PUT", path, written(recipient), {"Content-Type": "application/json"})
        return read(RecipientSeen, (await self._ask(request)).body)

    async def templates(self) -> TemplatesSeen:
        """The templates, in which languages they are written, and what data they ask for."""
        return read(TemplatesSeen, (await self._ask(Request("GET", "/v1/templates"))).body)

    async def providers(self) -> ProvidersSeen:
        """The configured providers, and how each does just now."""
        return read(ProvidersSeen, (await self._ask(Request("GET", "/v1/providers"))).body)

    async def pause_provider(self, name: str) -> ProvidersSeen:
        """Begin no call to a provider until it is resumed; raises NotFound, or Conflict where it serves other brands too."""
        return read(ProvidersSeen, (await self._ask(Request("POST", f"/v1/providers/{quote(name, safe='')}:pause"))).body)

    async def resume_provider(self, name: str) -> ProvidersSeen:
        """Let a provider be called again that is open or paused; raises NotFound."""
        return read(ProvidersSeen, (await self._ask(Request("POST", f"/v1/providers/{quote(name, safe='')}:resume"))).body)

    async def wait(self, message_id: str, *, until: Literal["sent", "delivered"] = "sent", timeout: float = 5.0) -> MessageSeen:  # noqa: ASYNC109 - the same words as Gateway.wait
        """The message when each of its deliveries got that far, or nothing more will happen to it by itself.

        Raises:
            TimeoutError: neither within so many seconds. The message goes on.
        """
        pause = 0.02
        async with asyncio.timeout(timeout):
            while True:
                seen = await self.get(message_id)
                if seen.reached(until):
                    return seen
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 0.5)

    async def _send_batch(self, lines: Sequence[bytes]) -> Sequence[Accepted | WaslError]:
        request = Request("POST", "/v1/messages:batch", b"\n".join(lines), {"Content-Type": "application/x-ndjson"})
        answered = await self._ask(request)
        return [line_result(found) for found in answered.body.splitlines()]

    async def _ask(self, request: Request) -> Answered:
        left = _RETRIES if request.repeatable else 0
        longest = _FIRST_WAIT
        while True:
            answered = await self._once(request)
            floor = retry_after(answered.headers) or 0.0
            if left == 0 or answered.status not in _TRY_AGAIN or floor > _LONGEST_WAIT:
                return answered.or_raise()
            await self._sleep(max(floor, self._uniform(0, longest)))
            left, longest = left - 1, longest * 2

    async def _once(self, request: Request) -> Answered:
        try:
            async with self._asking(request, _PATIENCE if request.patient else self._timeout) as response:
                return Answered(response.status, response.headers, await response.read())
        except _BROKEN as error:
            return Answered(HTTPStatus.SERVICE_UNAVAILABLE, {}, b"", type(error).__name__)

    @asynccontextmanager
    async def _streamed(self, request: Request) -> AsyncIterator[AsyncIterable[bytes]]:
        try:
            async with self._asking(request, _FOLLOWING) as response:
                if response.status != HTTPStatus.OK:
                    Answered(response.status, response.headers, await response.read()).or_raise()
                yield response.content
        except _BROKEN as error:
            Answered(HTTPStatus.SERVICE_UNAVAILABLE, {}, b"", type(error).__name__).or_raise()

    async def _pause(self, longest: float) -> None:
        await self._sleep(self._uniform(0, longest))

    @asynccontextmanager
    async def _asking(self, request: Request, timeout: aiohttp.ClientTimeout) -> AsyncIterator[aiohttp.ClientResponse]:  # noqa: ASYNC109 - aiohttp's own
        if self._session is None:
            self._session = aiohttp.ClientSession(headers=self._headers, timeout=self._timeout)
        url = URL(self._base_url + request.path, encoded=True)
        # Redirects are not followed: they would carry the key and the message somewhere else.
        asking = self._session.request(
            request.method, url, data=request.body, headers=request.headers, allow_redirects=False, timeout=timeout
        )
        try:
            async with asking as response:
                yield response
        except aiohttp.InvalidURL:
            raise Unusable("The URL of wasl is not one.", suggested_action="Write WASL_URL like http://127.0.0.1:8080.") from None

"""The providers of the demo: a mail server, and small ones that speak Twilio's, FCM's, Slack's and Mastodon's protocol."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import JsonValue

_Answer = Callable[[web.Request, int], JsonValue]
_OK = "250 kept"


class Providers:
    """What arrived, by provider, and the refusals that they will answer next."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.calls: defaultdict[str, int] = defaultdict(int)
        self._refusals: defaultdict[str, deque[tuple[int, JsonValue]]] = defaultdict(deque)

    def refuse_next(self, provider: str, status: int, answer: JsonValue) -> None:
        """Answer the next call of a provider with this status and JSON."""
        self._refusals[provider].append((status, answer))

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a mail."""
        found = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        self.mails.append(found)
        return _OK

    def application(self) -> web.Application:
        """All HTTP providers, each below its own path."""
        app = web.Application()
        app.router.add_post("/token", self._answering("token", _token))
        app.router.add_post("/twilio/2010-04-01/Accounts/{account}/Messages.json", self._answering("twilio", _twilio, 201))
        app.router.add_post("/fcm/v1/projects/{project}/messages:send", self._answering("fcm", _fcm))
        app.router.add_post("/slack/api/chat.postMessage", self._answering("slack", _slack))
        app.router.add_post("/mastodon/api/v1/statuses", self._answering("mastodon", _mastodon))
        return app

    def _answering(self, provider: str, answer: _Answer, status: int = 200) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answered(request: web.Request) -> web.Response:
            await request.read()
            self.calls[provider] += 1
            if self._refusals[provider]:
                refusal, body = self._refusals[provider].popleft()
                return web.json_response(body, status=refusal)
            return web.json_response(answer(request, self.calls[provider]), status=status)

        return answered


def _token(_request: web.Request, number: int) -> JsonValue:
    return {"access_token": f"demo-token-{number}", "expires_in": 3600, "token_type": "Bearer"}


def _twilio(_request: web.Request, number: int) -> JsonValue:
    return {"sid": f"SM{number:032x}", "status": "queued", "num_segments": "1", "error_code": None}


def _fcm(request: web.Request, number: int) -> JsonValue:
    return {"name": f"projects/{request.match_info['project']}/messages/0:{number:016d}"}


def _slack(_request: web.Request, number: int) -> JsonValue:
    return {"ok": True, "channel": "D024BE91L", "ts": f"1764057600.{number:06d}"}


def _mastodon(_request: web.Request, number: int) -> JsonValue:
    return {"id": f"1155{number:014d}", "url": f"https://social.example/@shop/1155{number:014d}", "mentions": []}


@asynccontextmanager
async def mail_server(providers: Providers) -> AsyncIterator[int]:
    """A real SMTP server on a free port of loopback, for as long as the block runs. Yields the port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(providers, hostname="mail.shop.example", enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def http_server(providers: Providers) -> AsyncIterator[str]:
    """The HTTP providers on a free port of loopback, for as long as the block runs. Yields their URL, without a slash at its end."""
    runner = web.AppRunner(providers.application())
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{site.port}"
    finally:
        await runner.cleanup()


def mail_text(mail: EmailMessage) -> str:
    """The text part of a mail."""
    part = mail.get_body(("plain",))
    return str(part.get_content()).strip() if part is not None else ""


def mail_headers(mail: EmailMessage) -> Mapping[str, str]:
    """The headers that a reader sees, and the one by which replies find their thread."""
    return {name: str(mail[name]) for name in ("From", "To", "Subject", "Date", "Message-ID", "Content-Language") if mail[name]}

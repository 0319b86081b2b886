from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.gateway.scripted import Carrier
from wasl.api import Gateway
from wasl.server.app import listening
from wasl_contracts import Recipient

TOPICS: dict[str, Any] = {
    "codes": {"category": "otp", "title": {"en": "Sign-in codes", "ar": "رموز الدخول", "fr": "Codes de connexion", "ur": "لاگ ان کوڈ"}},
    "orders": {"category": "transactional", "title": {"en": "Your orders", "ar": "طلباتك", "fr": "Vos commandes", "ur": "آپ کے آرڈر"}},
    "offers": {
        "category": "promotional", "quiet_hours": False,
        "title": {"en": "Offers & news", "ar": "العروض والأخبار", "fr": "Offres", "ur": "پیشکشیں"},
    },
}  # fmt: skip
ANN = Recipient(id="u_1", email="ann@example.com", phone="+966501234567", locale="en")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ONE_CLICK = b"List-Unsubscribe=One-Click"


@dataclass
class Page:
    """Somebody's preference page over HTTP, as a browser or a mail program gets it."""

    gateway: Gateway
    base: str
    http: aiohttp.ClientSession

    def path(self, recipient: str = "u_1", **scope: str) -> str:
        return urlsplit(self.gateway.preference_url(recipient, **scope)).path

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.http.get(self.base + path, headers=headers) as answer:
            return answer.status, await answer.text()

    async def post(self, path: str, body: Any = ONE_CLICK, **headers: str) -> tuple[int, str]:
        told = {"Content-Type": "application/x-www-form-urlencoded", **headers} if isinstance(body, bytes) else headers
        async with self.http.post(self.base + path, data=body, headers=told) as answer:
            return answer.status, await answer.text()

    async def save(self, *on: str, shown: tuple[str, ...] | None = None) -> tuple[int, str]:
        """Send the form with these boxes checked."""
        offered = shown or tuple(f"{topic}|{channel}" for topic in ("default", "orders", "offers") for channel in ("email", "sms"))
        return await self.post(self.path(), aiohttp.FormData([*(("shown", pair) for pair in offered), *(("on", pair) for pair in on)])())

    async def allowed(self, recipient: str = "u_1") -> set[str]:
        """What may be sent, as `topic|channel`."""
        seen = await self.gateway.consent(recipient)
        return {f"{one.topic}|{one.channel}" for one in seen.effective if one.allowed}

    async def rows(self, recipient: str = "u_1") -> list[tuple[str, str, str, str]]:
        return [(row.topic, row.channel, row.state, row.source) for row in (await self.gateway.consent(recipient)).rows]


@pytest.fixture
def carriers() -> dict[str, Carrier]:
    return {"mail": Carrier("email"), "text": Carrier("sms")}


@pytest.fixture
async def visiting(
    opened: Callable[..., Awaitable[Gateway]], carriers: dict[str, Carrier]
) -> AsyncIterator[Callable[..., Awaitable[Page]]]:
    """Opens a gateway that knows Ann, behind its HTTP face; the arguments are those of `opened`."""
    async with AsyncExitStack() as stack:

        async def visit(**how: Any) -> Page:
            server = {"public_url": "http://127.0.0.1", **how.pop("server", {})}
            gateway = await opened(carriers, **{"worker": False, "topics": TOPICS, **how, "server": server})
            await gateway.put_recipient(ANN)
            base = await stack.enter_async_context(listening(gateway, "127.0.0.1", 0))
            return Page(gateway, base, await stack.enter_async_context(aiohttp.ClientSession()))

        yield visit


@pytest.fixture
async def page(visiting: Callable[..., Awaitable[Page]]) -> Page:
    return await visiting()

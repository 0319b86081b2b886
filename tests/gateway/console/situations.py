"""One served console in which customers just had the troubles that support hears of, and somebody of support who looks into them."""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from argon2 import PasswordHasher
from playwright.async_api import Browser, Page, async_playwright

from tests.gateway.conftest import hurry
from tests.gateway.console.conftest import session_of
from tests.gateway.scripted import Carrier, Script, message, outcome, specs
from wasl.api import Gateway
from wasl.assembly import World
from wasl.clock import AnchoredClock, SystemClock
from wasl.consent import ConsentChange
from wasl.server.app import listening
from wasl.users import Session
from wasl_contracts import Delivery, Reason, Receipt, Rejected

NORA = {"id": "nora", "email": "nora@example.com", "phone": "+966501234567", "locale": "ar", "attributes": {"name": "نورة السالم"}}
BOB = {"id": "bob", "email": "bob@exmaple.com", "locale": "en", "attributes": {"name": "Bob Fischer"}}
JONAS = {"id": "jonas", "email": "jonas@example.com", "locale": "de", "attributes": {"name": "Jonas Weber"}}
KAY = {"id": "kay", "email": "kay@example.com", "locale": "en", "attributes": {"name": "Kay Moreau"}}
SALMA = {"id": "salma", "email": "salma@example.com", "locale": "ar", "attributes": {"name": "سلمى الحربي"}}
_PHONES = [{"id": f"app-{n}", "addresses": [{"channel": "push", "kind": "fcm_token", "value": f"device-{n}"}]} for n in range(3)]
_TOPICS = {
    "codes": {"category": "otp", "title": {"en": "Sign-in codes", "ar": "رموز الدخول", "de": "Anmeldecodes"}, "route": "codes"},
    "offers": {"category": "promotional", "consent": "implied", "title": {"en": "Offers", "ar": "العروض", "de": "Angebote"}},
    "orders": {"category": "transactional", "title": {"en": "Orders", "ar": "الطلبات", "de": "Bestellungen"}},
    "default": {},
}


_AN_HOUR_AGO = timedelta(hours=1)
_BRISK = {"base": "10ms", "reconcile_after": "20ms", "budget_floor": 1_000_000}


class Providers:
    """What stands behind the channels: SMS was paused, a mailbox was closed, two mails were refused, and push is down."""

    def __init__(self) -> None:
        self.closed, self.refusing = {BOB["email"]}, {KAY["email"], SALMA["email"]}

    def carriers(self) -> dict[str, Carrier]:
        """Each by its name."""
        return {
            "mail": Carrier("email", Script(then=self._mail)),
            "text": Carrier("sms"),
            "device": Carrier("push", Script(then=Rejected(Reason.PROVIDER_UNAVAILABLE, "content", "503"))),
        }

    async def _mail(self, delivery: Delivery) -> Receipt:
        if delivery.address.value in self.closed:
            self.closed.discard(delivery.address.value)
            raise Rejected(Reason.SUPPRESSED_BOUNCE, "address", "5.1.1")
        if delivery.address.value in self.refusing:
            self.refusing.discard(delivery.address.value)
            raise Rejected(Reason.CONTENT_REJECTED, "content", "5.7.1")
        return Receipt(provider_ref="ref")


@dataclass(frozen=True)
class Desk:
    """The desk of support: `ids` are the messages by their story."""

    url: str
    gateway: Gateway
    support: Session
    browser: Browser
    ids: Mapping[str, str]

    async def sit_down(self, lang: str = "en", theme: Any = "light", scripts: bool = True) -> Page:
        """A tab, signed in, on the first page."""
        context = await self.browser.new_context(
            base_url=self.url, viewport={"width": 1280, "height": 800}, color_scheme=theme, java_script_enabled=scripts
        )
        context.set_default_timeout(4000)
        cookies = {"wasl_session": self.support.token, "wasl_lang": lang}
        await context.add_cookies([{"name": name, "value": value, "url": self.url} for name, value in cookies.items()])
        tab = await context.new_page()
        await tab.goto("/console/messages")
        return tab


@asynccontextmanager
async def desk(chromium: str, fresh_ledger: Path, folder: Path) -> AsyncIterator[Desk]:
    """`folder` is an empty one, for the ledger."""
    shutil.copytree(fresh_ledger, folder, dirs_exist_ok=True)
    async with AsyncExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        hurry(patch)
        patch.setattr("wasl.passwords._hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        routes = {"default": {"channels": ["email", "push"]}, "codes": {"channels": ["sms"]}}
        told = specs(folder, Providers().carriers(), topics=_TOPICS, routes=routes, country="SA", retry=_BRISK)
        clock = AnchoredClock(SystemClock().now() - _AN_HOUR_AGO)
        gateway = await stack.enter_async_context(Gateway(told, world=World(clock, Random(7), {})))
        ids = {"code": await _code(gateway, clock), **await _troubles(gateway)}
        url = await stack.enter_async_context(listening(gateway, "127.0.0.1", 0))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.connect_over_cdp(chromium)
        yield Desk(url, gateway, await session_of(gateway, "support"), browser, ids)


async def _code(gateway: Gateway, clock: AnchoredClock) -> str:
    """A code of an hour ago that waited until its life was over; from then on it is now."""
    await gateway.pause_provider("text")
    code = message(NORA, topic="codes", content={"body": "Your code is 482913"})
    waiting = await outcome(gateway, code, lambda seen: seen.reason is not None and seen.reason.code is Reason.OPERATOR_PAUSED)
    clock.anchor(SystemClock().now())
    return (await gateway.wait(waiting.id, timeout=5)).id


async def _troubles(gateway: Gateway) -> dict[str, str]:
    found = {}
    found["bounced"] = (await outcome(gateway, message(BOB, topic="orders"))).id
    await gateway.put_recipient(message(JONAS).to)
    await gateway.record_consent("jonas", [ConsentChange(topic="offers", channel="email", state="withdrawn", source="preference_page")])
    found["offer"] = (await outcome(gateway, message(JONAS, topic="offers"))).id
    for who in (KAY, SALMA):
        found[str(who["id"])] = (await outcome(gateway, message(who, topic="orders"))).id
    for phone in _PHONES:
        found["pushed"] = (await outcome(gateway, message(phone, topic="orders", channels=["push"]))).id
    return found

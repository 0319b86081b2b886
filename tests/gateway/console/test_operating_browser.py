"""The screens of providers, suppressions and consents in a real browser: themes, directions, narrow screens, and without scripts."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page

from tests.gateway.console.conftest import Console, axe, picture
from tests.gateway.scripted import Carrier, Script, message, person
from wasl.consent import ConsentChange
from wasl_contracts import Reason, Rejected, Unavailable

Browsing = Callable[..., Awaitable[Page]]
SCREENS = {
    "channels": "/channels",
    "provider": "/channels/mail",
    "pause": "/channels/mail/pause",
    "test": "/channels/spare/test",
    "suppressions": "/suppressions",
    "empty": "/suppressions?brand=beta",
    "error": "/suppressions?address=what",
    "add": "/suppressions/add",
    "import": "/suppressions/import",
    "consents": "/consents",
}
AXE = ("channels", "provider", "test", "suppressions", "remove", "consents")


@pytest.fixture
def carriers() -> dict[str, Carrier]:
    failing = Script(Unavailable(code="503"), Rejected(Reason.INVALID_ADDRESS, "address", "550"))
    return {"mail": Carrier("email", failing), "spare": Carrier("email"), "text": Carrier("sms")}


@pytest.fixture
def config() -> dict[str, Any]:
    return {"topics": {"offers": {"category": "promotional"}}, "channels": {"email": ("mail", "spare"), "sms": ("text",)}}


@pytest.fixture
def worker() -> bool:
    return True


@pytest.fixture
async def screens(console: Console) -> dict[str, str]:
    """All screens with something in them."""
    gateway = console.gateway.of("default")
    for number in range(3):
        accepted = await gateway.accept(message({"id": f"u_{number}", "email": f"a{number}@example.com"}))
        await gateway.wait(accepted.id)
    await gateway.put_recipient(person(id="u_9", email="ann@example.com"))
    place = (await gateway.suppress("ann@example.com", Reason.SUPPRESSED_COMPLAINT, note="reported by the mailbox", actor="mail")).id
    await gateway.suppress("+966501234567", scope="promotional")
    granted = ConsentChange(
        topic="offers", channel="email", state="granted", wording="أوافق", wording_version="v7", locale="ar", ip="203.0.113.7"
    )
    await gateway.record_consent("u_9", [granted, ConsentChange(topic="*", state="withdrawn", source="one_click")])
    await console.gateway.pause_provider("text")
    return {**SCREENS, "suppressed": f"/suppressions/{place}?brand=default", "remove": f"/suppressions/{place}/remove?brand=default"}


async def test_no_screen_of_operators_has_anything_that_axe_finds(console: Console, browsing: Browsing, screens: dict[str, str]) -> None:
    async def looked(scheme: Any, lang: str) -> list[str]:
        tab = await browsing(color_scheme=scheme, viewport={"width": 1280, "height": 800})
        await tab.context.add_cookies([{"name": "wasl_lang", "value": lang, "url": console.url}])
        found = []
        for name in AXE:
            await tab.goto(f"/console{screens[name]}")
            await picture(tab, f"operating-{name}-{scheme}-{lang}")
            found += [f"{name} {scheme} {lang} {one}" for one in await axe(tab)]
        return found

    found = await asyncio.gather(*(looked(scheme, lang) for scheme, lang in (("light", "en"), ("dark", "ar"))))

    assert [one for those in found for one in those] == []


async def test_they_fit_320_pixels(browsing: Browsing, screens: dict[str, str]) -> None:
    tab = await browsing(viewport={"width": 320, "height": 640})
    wide = []

    for name, path in screens.items():
        await tab.goto(f"/console{path}")
        await picture(tab, f"operating-{name}-320")
        if await tab.evaluate("document.documentElement.scrollWidth > 320"):
            wide.append(name)

    assert wide == []


async def test_a_provider_is_paused_and_an_address_suppressed_without_scripts(
    console: Console, browsing: Browsing, screens: dict[str, str]
) -> None:
    tab = await browsing(java_script_enabled=False)

    await tab.goto("/console/channels/mail")
    await tab.get_by_role("link", name="Pause").click()
    await tab.get_by_label("Reason").fill("its bill was not paid")
    await tab.get_by_role("button", name="Pause").click()
    paused = await tab.locator(".flash").inner_text()
    await tab.goto("/console/suppressions")
    await tab.get_by_role("link", name="Add an address").click()
    await tab.get_by_label("Address").fill("bob@example.com")
    await tab.get_by_label("Reason").fill("asked on the phone")
    await tab.get_by_role("button", name="Suppress", exact=True).click()

    assert "is paused" in paused
    assert "/console/suppressions/sup_email_" in tab.url
    assert len((await console.gateway.of("default").suppression("bob@example.com")).data) == 1

"""The pictures of every screen in the console's README: of the made-up day of `wasl dev --seed`, small enough for a repository."""

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright

import wasl.console
from tests.gateway.dev.conftest import Dev
from wasl.console.finding import navigation

FOLDER = Path(wasl.console.__file__).with_name("pictures")
README = FOLDER.with_name("README.md").read_text(encoding="utf-8")
LARGEST = 40 * 1024
WIDE, HIGH = 1100, 760
_QUALITY = 36
_NO_FOLDERS = r"""() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace(/(^|\s)\/\S*\/(\w[\w.-]*)/g, "$1/srv/wasl/$2");
}"""
"""Where the pictures were taken is nobody's business."""
SCREENS = {
    "messages": "/messages", "person": "/people/amina", "message": "/messages/{failed}", "again": "/messages/{shipped}/again",
    "ticket": "/people/jonas/ticket", "channels": "/channels", "provider": "/channels/mail", "templates": "/templates/order_shipped",
    "preview": "/templates/order_shipped/preview?channel=email&locale=ar", "brand": "/brands/cedar",
    "explain": "/explain?person=amina&template=order_shipped", "suppressions": "/suppressions", "consents": "/consents",
    "reports": "/reports?days=1", "audit": "/audit", "setup": "/setup", "inbox": "/inbox", "captured": "/inbox/{captured}",
    "profile": "/profile", "users": "/users", "approvals": "/approvals",
}  # fmt: skip
IN_ARABIC = ("messages", "person", "message", "explain", "reports")
"""These also in Arabic and in the dark."""


async def test_they_are_taken(taking: None, dev: Dev, chromium: str) -> None:
    await dev.start(seeded=True)
    cookie = await _signed_in(dev)
    places = await _places(dev)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(chromium)
        for lang, scheme, names in (("en", "light", [*SCREENS]), ("ar", "dark", IN_ARABIC)):
            paths = {f"{name}{'-ar' if lang == 'ar' else ''}": SCREENS[name].format_map(places) for name in names}
            await _take(browser, dev.workshop.place.url, {"wasl_session": cookie, "wasl_lang": lang}, scheme, paths)


def test_every_screen_has_its_picture_in_the_chapter() -> None:
    shown = set(re.findall(r"\]\(pictures/([a-z-]+)\.webp\)", README))

    assert shown == {path.stem for path in FOLDER.glob("*")} == {*SCREENS, *(f"{name}-ar" for name in IN_ARABIC)}
    assert {nav.path for nav in navigation()} <= {"/" + path.split("/")[1].partition("?")[0] for path in SCREENS.values()}


def test_they_are_small() -> None:
    assert {path.name: path.stat().st_size for path in FOLDER.glob("*") if path.stat().st_size > LARGEST} == {}


async def _signed_in(dev: Dev) -> str:
    async with dev.http.get(dev.told("console"), allow_redirects=False) as answer:
        return answer.cookies["wasl_session"].value


async def _places(dev: Dev) -> Mapping[str, str]:
    found = {"captured": (await dev.json("GET", "/console/inbox.json?channel=email"))["data"][0]["id"]}
    for name, query in (("failed", "state=failed"), ("shipped", "state=delivered&template=order_shipped")):
        found[name] = (await dev.json("GET", f"/v1/messages?{query}&limit=1"))["data"][0]["id"]
    return found


async def _take(browser: Browser, url: str, cookies: Mapping[str, str], scheme: Any, paths: Mapping[str, str]) -> None:
    context = await browser.new_context(base_url=url, viewport={"width": WIDE, "height": HIGH}, color_scheme=scheme)
    await context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
    tab = await context.new_page()
    driver = await context.new_cdp_session(tab)
    FOLDER.mkdir(exist_ok=True)
    for name, path in paths.items():
        answer = await tab.goto(f"/console{path}")
        assert answer is not None
        assert answer.status == 200, path
        await tab.evaluate(_NO_FOLDERS)
        shot = await driver.send("Page.captureScreenshot", {"format": "webp", "quality": _QUALITY})
        (FOLDER / f"{name}.webp").write_bytes(base64.b64decode(shot["data"]))
    await context.close()

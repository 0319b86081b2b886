"""The script in a browser, on a page of another origin: light and dark, left to right and right to left, and nothing runs."""

import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Page, async_playwright, expect

from tests.gateway.inbox.conftest import House
from wasl_contracts import Action, Mark

_CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(_CHROMIUM is None and os.environ.get("CI") != "true", reason="needs Debian's chromium")
_XSS = '<img src=x onerror="document.title=`run`"><b>bold</b>'
_PAGE = """<!doctype html><html lang="{lang}"><title>App</title><script src="{url}/inbox/v1/inbox.js"></script>
<wasl-inbox token="{token}"></wasl-inbox>"""
_EXPIRED = """([src, token]) => new Promise(told => {
  const made = document.createElement("wasl-inbox")
  made.setAttribute("src", src)
  made.setAttribute("token", token)
  made.addEventListener("expired", () => told("expired"))
  document.body.append(made)
})"""
_INK = "e => getComputedStyle(e).color + ' on ' + getComputedStyle(e).backgroundColor"


@pytest.fixture
def database(folder: Path) -> str:
    return f"sqlite:///{folder}/wasl.db"


@pytest.fixture
def held() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def origin(held: socket.socket) -> str:
    return f"http://127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
async def app(house: House, held: socket.socket, origin: str) -> AsyncIterator[str]:
    """The application's own page, in the language of its path, which lets no other script or style in than wasl's."""

    async def page(request: web.Request) -> web.Response:
        text = _PAGE.format(lang=request.path[1:], url=house.url, token=house.token())
        policy = f"default-src 'none'; script-src {house.url}; connect-src {house.url}"
        return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": policy})

    pages = web.Application()
    pages.router.add_get("/{lang}", page)
    runner = web.AppRunner(pages)
    await runner.setup()
    await web.SockSite(runner, held).start()
    yield origin
    await runner.cleanup()


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield await chromium.new_page(viewport={"width": 480, "height": 520})
        await chromium.close()


async def _opened(page: Page, url: str) -> list[str]:
    """The feed on that page, opened; the lines of each item."""
    await page.goto(url)
    await page.locator("wasl-inbox summary").click()
    await page.locator("wasl-inbox article").first.wait_for()
    return await page.locator("wasl-inbox article").all_inner_texts()


async def test_the_feed_is_shown_as_text_and_followed_and_read(house: House, app: str, page: Page, tmp_path: Path) -> None:
    message_id = await house.send(title=_XSS, body="Order **1042** left.", actions=(Action(label="Track", url="https://acme.example/t"),))
    arabic = await house.send(title="طلبك في الطريق", body="غادر الطلب 1042 متجرنا.")

    texts = await _opened(page, f"{app}/en")
    light = await page.locator("wasl-inbox section").evaluate(_INK)
    await house.send(title="Live")
    await page.get_by_text("Live").wait_for()
    await page.locator("wasl-inbox article").nth(2).click()
    await expect(page.locator("wasl-inbox article.new")).to_have_count(2)
    await expect(page.locator("wasl-inbox b")).to_have_text("2")
    await page.screenshot(path=tmp_path / "light.png")
    await page.emulate_media(color_scheme="dark")
    dark = await page.locator("wasl-inbox section").evaluate(_INK)
    await page.screenshot(path=tmp_path / "dark.png")

    assert _XSS in texts[1]
    assert "طلبك في الطريق" in texts[0]
    assert await page.title() == "App"
    assert await page.locator("wasl-inbox img, wasl-inbox b b").count() == 0
    assert await page.locator("wasl-inbox a").get_attribute("href") == "https://acme.example/t"
    assert (light, dark) == ("rgb(0, 0, 0) on rgb(255, 255, 255)", "rgb(255, 255, 255) on rgb(18, 18, 18)")
    assert {Mark.SEEN, Mark.READ} <= set((await house.message(message_id)).marks)
    assert Mark.READ not in (await house.message(arabic)).marks


async def test_in_arabic_all_of_it_runs_from_right_to_left_and_an_item_as_it_was_written(
    house: House, app: str, page: Page, tmp_path: Path
) -> None:
    await house.send(title="Order 1042", body="It left.")

    await _opened(page, f"{app}/ar")
    await page.screenshot(path=tmp_path / "arabic.png")
    direction = "e => getComputedStyle(e).direction"
    await page.get_by_role("button", name="تحديد الكل كمقروء").click()
    await expect(page.locator("wasl-inbox b")).to_be_empty()

    assert await page.locator("wasl-inbox section").evaluate(direction) == "rtl"
    assert await page.locator("wasl-inbox article").evaluate(direction) == "ltr"
    box = await page.locator("wasl-inbox section").bounding_box()
    assert box is not None
    assert 0 <= box["x"] < box["x"] + box["width"] <= 480
    assert (await house.ask("/inbox/v1/unread")).said["unread"] == 0
    assert await page.evaluate(_EXPIRED, [house.url, "wrong"]) == "expired"

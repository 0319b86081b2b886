"""The page of one message in Chromium: what others wrote stays shut in, and it works without scripts."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, async_playwright

from tests.gateway.console.conftest import Browsing, Console, picture
from tests.gateway.scripted import Carrier, Script, message, outcome
from wasl.answers import MessageSeen
from wasl.console.isolated import HEADERS, harmless
from wasl_contracts import Reason, Receipt, Rejected

REFUSED = Rejected(Reason.PROVIDER_REJECTED, "content", "30003")
PIXEL = "https://evil.example/pixel.gif"
HOSTILE = (
    '<html><head><meta http-equiv="refresh" content="0;url=/WALL-refreshed"><link rel="stylesheet" href="/WALL-sheet">'
    '<style>@import "/WALL-imported"; p { color: #f00; background: url(/WALL-background) }</style></head><body>'
    '<script>document.body.dataset.ran = "yes"</script><img src="/WALL-pixel" onerror="document.body.dataset.ran = 1"><p>Hi</p>'
    '<svg onload="document.body.dataset.ran = 1"></svg><iframe src="/WALL-framed"></iframe><video src="/WALL-film" autoplay></video>'
    '<script src="/WALL-script"></script><object data="/WALL-object">'
)


@pytest.fixture
def worker() -> bool:
    return True


@pytest.fixture
def carriers() -> dict[str, Carrier]:
    return {
        "mail": Carrier("email", Script(REFUSED, REFUSED), format="mail"),
        "text": Carrier("sms", Script(then=Receipt(provider_ref="SM1")), format="sms"),
    }


@pytest.fixture
def config() -> dict[str, Any]:
    return {
        "routes": {"default": {"channels": ["email", "sms"]}, "mail": {"channels": ["email"]}},
        "topics": {"default": {}, "letters": {"route": "mail"}},
    }


@pytest.fixture
async def sent(console: Console) -> MessageSeen:
    """It failed by mail, and went by SMS."""
    return await outcome(console.gateway, message(metadata={"ref": "1042"}))


async def test_what_others_wrote_runs_nothing_and_fetches_nothing(console: Console, page: Page, carriers: dict[str, Carrier]) -> None:
    carriers["mail"].script._lines.clear()
    body = f'<script>document.title = "run"</script>\n\n![x]({PIXEL})\n\n[link]({console.url}/console/) **bold**'
    seen = await outcome(console.gateway, message(content={"title": "Hello", "body": body}, topic="letters"))
    await console.post(f"/messages/{seen.id}/reveal", {"reason": "ticket 4711"})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    await page.goto(f"/console/messages/{seen.id}")
    frame = page.frame_locator("iframe").first
    await frame.get_by_text("bold", exact=True).wait_for()
    await frame.get_by_text("link", exact=True).click()
    await asyncio.sleep(0.05)
    styled = await frame.locator("strong").first.evaluate("one => getComputedStyle(one).fontWeight")
    await picture(page, "message-revealed")

    assert not [url for url in asked if "evil.example" in url]
    assert await page.title() != "run"
    assert len(page.frames) == 2
    assert "/frame" in page.frames[1].url
    assert int(styled) >= 600


async def test_it_is_sent_again_without_scripts(browsing: Browsing, sent: MessageSeen) -> None:
    tab = await browsing(java_script_enabled=False)

    await tab.goto(f"/console/messages/{sent.id}/again")
    await tab.get_by_label("Reason").fill("ticket 4711")
    await tab.get_by_role("button", name="Send again").click()

    assert "It goes again, as this new message." in await tab.locator("main").inner_text()


async def test_each_wall_around_a_preview_lets_nothing_run_alone_and_the_first_nothing_be_fetched(chromium: str) -> None:
    asked: list[str] = []

    async def kept(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        if request.path == "/headers":
            return web.Response(text=HOSTILE.replace("WALL", "first"), content_type="text/html", headers=HEADERS)
        if request.path == "/cleaned":
            return web.Response(text=harmless(HOSTILE.replace("WALL", "second")), content_type="text/html")
        frames = '<iframe src="/headers"></iframe><iframe src="/cleaned"></iframe>'
        return web.Response(text=frames if request.path == "/" else "", content_type="text/html")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", kept)
    async with TestServer(app, host="127.0.0.1") as server, async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(chromium)
        context = await browser.new_context(base_url=str(server.make_url("/")))
        tab = await context.new_page()
        await tab.goto("/", wait_until="load")
        frames = [one for one in tab.frames if one.url.endswith(("/headers", "/cleaned"))]
        said = [await frame.evaluate("document.body.dataset.ran || 'no'") for frame in frames]
        coloured = [await frame.locator("p").evaluate("one => getComputedStyle(one).color") for frame in frames]
        await context.close()

    assert said == ["no", "no"]
    assert coloured == ["rgb(255, 0, 0)"] * 2
    assert not [path for path in asked if path.startswith("/first")]
    assert {path for path in asked if path.startswith("/second")} <= {"/second-imported", "/second-background"}  # by the styles, which stay

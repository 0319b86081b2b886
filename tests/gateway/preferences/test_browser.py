"""The preference page in a real browser."""

import os
from pathlib import Path

import pytest

from tests.gateway.preferences.browser import CHROMIUM, browsing
from tests.gateway.preferences.conftest import ANN, Page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine (Debian: apt-get install chromium)")

PICTURES = os.environ.get("WASL_TEST_PICTURES")
# Contrast by WCAG 2.2 (success criterion 1.4.3), of every text on the background behind it.
CONTRAST = """
(() => {
  const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = colour => {
    paint.clearRect(0, 0, 1, 1); paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1);
    return paint.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const behind = e => {
    for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; }
    return rgb('white');
  };
  return [...document.querySelectorAll('h1, h2, p, legend, label span, bdi, button')].map(e => {
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
    return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.outerHTML.slice(0, 80)];
  }).filter(([ratio]) => ratio < 4.5);
})()
"""
SMALL = """
[...document.querySelectorAll('button, input:not([type=hidden])')].map(e => [e.getBoundingClientRect(), e.outerHTML])
  .filter(([box]) => box.width < 24 || box.height < 24).map(([box, html]) => html)
"""
SIDES = """
(() => { const [box, text] = ['input[type=checkbox]', 'label .way'].map(s => document.querySelector(s).getBoundingClientRect());
  return box.left < text.left ? 'ltr' : 'rtl'; })()
"""


@pytest.fixture
def database(folder: Path) -> str:
    """One engine: the page is the same on both."""
    return f"sqlite:///{folder}/wasl.db"


def keep(name: str, picture: bytes) -> None:
    """Put it where WASL_TEST_PICTURES says, for people to look at."""
    folder = Path(str(PICTURES))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(picture)


async def in_language(page: Page, locale: str) -> str:
    await page.gateway.put_recipient(ANN.model_copy(update={"locale": locale}))
    return page.base + page.path(topic="orders", channel="email")


async def test_the_page_is_fit_for_every_screen_scheme_and_direction(page: Page, tmp_path: Path) -> None:
    async with browsing(tmp_path / "profile") as tab:
        for locale, side in (("en", "ltr"), ("ar-SA", "rtl"), ("fr", "ltr"), ("ur", "rtl")):
            url = await in_language(page, locale)
            for width in (320, 1024):
                for dark in (False, True):
                    await tab.look(url, width=width, dark=dark)
                    if PICTURES:
                        keep(f"{locale}-{width}-{'dark' if dark else 'light'}.png", await tab.picture())

                    assert await tab.run("document.documentElement.scrollWidth") <= width
                    assert await tab.run(SMALL) == []
                    assert await tab.run(CONTRAST) == []
                    assert await tab.run(SIDES) == side == await tab.run("getComputedStyle(document.body).direction")
                    assert await tab.run("document.querySelectorAll('h1').length") == 1
                    assert await tab.run("[...document.querySelectorAll('input:not([type=hidden])')].every(e => e.labels.length === 1)")
                    assert (tab.requested(), tab.complaints()) == ([url], [])


async def test_dark_is_dark_and_forced_colours_are_the_systems(page: Page, tmp_path: Path) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    async with browsing(tmp_path / "profile") as tab:
        url = await in_language(page, "en")
        await tab.look(url, width=640)
        light = await tab.run(colour)
        await tab.look(url, width=640, dark=True)
        dark = await tab.run(colour)
        await tab.look(url, width=640, media={"forced-colors": "active"})
        forced = await tab.run("matchMedia('(forced-colors: active)').matches")
        if PICTURES:
            keep("en-forced.png", await tab.picture())

    assert light == "rgb(255, 255, 255)"
    assert dark == "rgb(22, 24, 29)"
    assert forced


async def test_a_person_chooses_with_the_keyboard_and_without_scripts(page: Page, tmp_path: Path) -> None:
    async with browsing(tmp_path / "profile") as tab:
        await tab.ask("Emulation.setScriptExecutionDisabled", value=True)
        await tab.look(page.base + page.path(), width=640)
        root = (await tab.ask("DOM.getDocument"))["root"]["nodeId"]
        box = await tab.ask("DOM.querySelector", nodeId=root, selector='input[name=on][value="offers|email"]')
        await tab.ask("DOM.focus", nodeId=box["nodeId"])
        for key, code in ((" ", 32), ("Enter", 13)):
            told = {"key": key, "windowsVirtualKeyCode": code, "text": "\r" if code == 13 else key}
            tab.events.clear()
            await tab.ask("Input.dispatchKeyEvent", type="keyDown", **told)
            await tab.ask("Input.dispatchKeyEvent", type="keyUp", **told)
        await tab.loaded()
        if PICTURES:
            keep("en-saved.png", await tab.picture())

    assert "offers|email" in await page.allowed()
    assert await page.rows() == [("offers", "email", "granted", "preference_page")]

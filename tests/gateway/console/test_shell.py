"""The frame of every page in a real browser: themes, directions, small screens, keys, and no scripts at all."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.gateway.console.conftest import PASSWORD, Console, axe, picture
from wasl.users import Role

Browsing = Callable[..., Awaitable[Page]]
OWN = ("/console/profile", "/console/setup", "/console/nothing")
SMALL = """
[...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary')]
  .filter(e => e.checkVisibility() && !e.closest('p, dd, li, td, label') && !e.matches('.skip, .hidden'))
  .map(e => [e.getBoundingClientRect(), e]).filter(([box, e]) => box.width && (box.width < 24 || box.height < 24))
  .map(([box, e]) => e.outerHTML.slice(0, 120))
"""


@pytest.mark.parametrize(
    ("lang", "theme", "paths"), [("en", "light", OWN), ("ar", "dark", OWN), ("en", "dark", OWN[:1]), ("ar", "light", OWN[:1])]
)
async def test_axe_has_nothing_against_it(browsing: Browsing, lang: str, theme: str, paths: tuple[str, ...]) -> None:
    how: dict[str, Any] = {"color_scheme": theme, "extra_http_headers": {"Accept-Language": lang}}
    page, gate = await browsing(viewport={"width": 1280, "height": 800}, **how), await browsing(session=None, **how)
    found: dict[str, list[str]] = {}
    for path in paths:
        await page.goto(path)
        await picture(page, f"{path.rpartition('/')[2]}-{lang}-{theme}")
        await page.locator(".menu > summary").click()
        found[path] = await axe(page)
    await gate.goto("/console/sign-in")
    found["sign-in"] = await axe(gate)
    await picture(gate, f"sign-in-{lang}-{theme}")

    assert {path: one for path, one in found.items() if one} == {}
    assert await page.evaluate("document.documentElement.dir") == ("rtl" if lang == "ar" else "ltr")
    box = await page.locator(".brandmark").bounding_box()
    assert box is not None
    assert (box["x"] > 640) is (lang == "ar")


@pytest.mark.parametrize("lang", ["en", "ar"])
async def test_a_small_screen_needs_no_scrolling_sideways_and_every_target_is_big_enough(browsing: Browsing, lang: str) -> None:
    page = await browsing(viewport={"width": 320, "height": 640}, extra_http_headers={"Accept-Language": lang})
    for path in OWN:
        await page.goto(path)

        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        assert await page.evaluate(SMALL) == []


async def test_the_colours_are_the_systems_until_somebody_chooses(browsing: Browsing) -> None:
    page = await browsing(color_scheme="dark")
    await page.goto("/console/profile")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    dark = await page.evaluate(ground)

    await page.locator(".menu > summary").click()
    await page.get_by_role("button", name="Light").click()
    await expect(page).to_have_url(re.compile("/console/profile$"))

    assert dark == "rgb(19, 21, 24)"
    assert await page.evaluate(ground) == "rgb(247, 247, 245)"


async def test_forced_colours_leave_every_state_visible(browsing: Browsing) -> None:
    page = await browsing(forced_colors="active")
    await page.goto("/console/setup")

    border = await page.locator(".state").first.evaluate("e => getComputedStyle(e).borderTopWidth")
    assert border == "1px"


async def test_everything_works_without_scripts(browsing: Browsing, console: Console) -> None:
    await console.gateway.add_user("ann", PASSWORD, Role.SUPPORT)
    page = await browsing(session=None, java_script_enabled=False)

    await page.goto("/console/profile")
    await page.get_by_label("Name").fill("ann")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_label("Language").select_option("ar")
    await page.get_by_role("button", name="Save", exact=True).click()
    said = await page.locator(".flash").text_content()
    await page.locator(".menu > summary").click()
    await page.get_by_role("button", name="تسجيل الخروج").click()

    assert said is not None
    assert "حُفظت إعداداتك" in said
    await expect(page).to_have_url(re.compile("/console/sign-in$"))


async def test_single_keys_work_and_can_be_turned_off(page: Page) -> None:
    await page.goto("/console/setup")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await expect(page.locator("#find")).to_be_focused()
    await page.keyboard.type("g?")
    await expect(page.locator("#find")).to_have_value("g?")
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("c")
    await expect(page).to_have_url(re.compile("/console/channels$"))

    await page.goto("/console/profile")
    await page.get_by_label("Single keys do something").uncheck()
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.keyboard.press("/")

    await expect(page.locator("#find")).not_to_be_focused()


async def test_rows_are_walked_over_and_opened_with_keys(page: Page, console: Console) -> None:
    accepted = [await console.gateway.send(to={"id": "u_1", "email": "ann@example.com"}, content={"body": "Hello"}) for _ in range(2)]
    await page.goto("/console/messages")
    for key in "jjk":
        await page.keyboard.press(key)
    at = page.locator("[data-row].at")

    await expect(at).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(f"/console/messages/{accepted[1].id}"))


async def test_the_first_tab_skips_to_the_content_and_focus_is_seen(page: Page) -> None:
    await page.goto("/console/profile")
    await page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to the content")
    await expect(link).to_be_focused()
    await expect(link).to_be_in_viewport()
    await page.keyboard.press("Enter")

    assert await page.evaluate("document.activeElement.id") == "main"


async def test_a_form_that_is_sent_twice_is_carried_out_once(console: Console) -> None:
    support = await console.as_("support")
    asked = {"once": "one-and-the-same", "zone": "Asia/Riyadh"}
    first, second = await support.post("/profile", asked), await support.post("/profile", {**asked, "zone": "UTC"})
    user = await console.gateway.session(support.session.token)  # type: ignore[union-attr]

    assert user is not None
    assert (first.status, second.status) == (303, 303)
    assert user.zone == "Asia/Riyadh"
    assert "not done twice" in (await support.follow(second)).text


async def test_a_form_that_was_refused_may_be_sent_again(console: Console) -> None:
    bad = await console.post("/profile", {"once": "again", "zone": "Nowhere"})
    good = await console.post("/profile", {"once": "again", "zone": "Asia/Riyadh"})

    assert (bad.status, good.status) == (422, 303)


async def test_a_form_whose_end_is_not_known_is_not_carried_out_again(console: Console) -> None:
    assert console.session is not None
    await console.gateway.begin_form(console.session.user, "lost")

    found = await console.post("/profile", {"once": "lost", "zone": "UTC"})

    assert found.status == 409
    assert "not known how that ended" in found.text


async def test_a_part_of_a_page_comes_without_the_frame(console: Console) -> None:
    part = await console.get("/profile", **{"HX-Request": "true"})

    assert "<header" not in part.text
    assert "<h1>Profile</h1>" in part.text


async def test_text_is_never_run_as_a_script(page: Page, complaints: list[str]) -> None:
    await page.goto("/console/profile")
    tried: Any = await page.evaluate(
        """() => [() => { document.body.innerHTML = '<img src=x onerror=alert(1)>' }, () => setTimeout('alert(1)'),
        () => { document.createElement('script').text = 'alert(1)' }].map(f => { try { f(); return 'ran' } catch (e) { return e.name } })"""
    )

    assert tried == ["TypeError", "TypeError", "TypeError"]
    assert len(complaints) >= 3
    complaints.clear()

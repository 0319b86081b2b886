"""The frame of every page: colours, keys, forms that are sent once, no scripts at all. One console and one browser for all tests."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from yarl import URL

from tests.gateway.console.conftest import PASSWORD, Browsing, Console, serious, standing, tabs
from wasl.users import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")
_of_the_module = pytest_asyncio.fixture(scope="module", loop_scope="module")


@_of_the_module
async def console(fresh_ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Console]:
    async with standing(fresh_ledger, tmp_path_factory.mktemp("shell")) as one:
        yield one


@pytest.fixture(scope="module")
def all_complaints() -> list[str]:
    return []


@_of_the_module
async def browsing(chromium: str, console: Console, all_complaints: list[str]) -> AsyncIterator[Browsing]:
    async with tabs(chromium, console, all_complaints) as opening:
        yield opening


@pytest.fixture(autouse=True)
def complaints(all_complaints: list[str]) -> Iterator[list[str]]:
    all_complaints.clear()
    yield all_complaints
    assert serious(all_complaints) == []


@pytest_asyncio.fixture(loop_scope="module")
async def page(browsing: Browsing) -> Page:
    return await browsing(viewport={"width": 1280, "height": 800})


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


@pytest.mark.parametrize("field", ["once", "reason"])
async def test_a_form_with_a_nul_is_refused_and_does_nothing(console: Console, field: str) -> None:
    seen = await console.post("/profile", {"once": "one", field: "a\0b", "lang": "ar"})

    assert (seen.status, "the character NUL" in seen.text) == (422, True)


@pytest.mark.parametrize(
    ("path", "status"), [("/messages/%00", 404), ("/people/a%00b", 404), ("/people?q=%00", 422), ("/search?q=a%00", 422)]
)
async def test_a_url_with_a_nul_is_refused(console: Console, path: str, status: int) -> None:
    async with console.http.get(URL(f"{console.url}/console{path}", encoded=True), cookies=console.cookies) as answer:
        assert answer.status == status


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

"""The screens of people in a real browser: the search box without scripts, and keys."""

from typing import Any

import pytest
from playwright.async_api import Page

from tests.gateway.anns_life import TOPICS, lived
from tests.gateway.console.conftest import Browsing, Console


@pytest.fixture
def config() -> dict[str, Any]:
    return {"topics": TOPICS, "country": "SA"}


@pytest.fixture
def worker() -> bool:
    return True


@pytest.fixture
async def ann(console: Console) -> list[str]:
    """Ann's life with the brand default; the ids of her messages."""
    return await lived(console.gateway)


async def test_whatever_a_ticket_holds_leads_to_its_page_with_one_submit_also_without_scripts(browsing: Browsing, ann: list[str]) -> None:
    tab = await browsing(java_script_enabled=False)
    person = "/console/people/ann-4711?brand=default"

    for pasted, page in {
        "ann.smith@example.com": person,
        "+966 50 123 4567": person,
        ann[1]: f"/console/messages/{ann[1]}?brand=default",
        "order-1042": f"/console/messages/{ann[0]}?brand=default",
    }.items():
        await tab.goto("/console/people")
        await tab.locator("#find").fill(pasted)
        await tab.locator("#find").press("Enter")

        assert tab.url.endswith(page)


async def test_keys_walk_over_what_happened_and_open_a_message(page: Page, ann: list[str]) -> None:
    await page.goto("/console/people/ann-4711?brand=default")

    await page.keyboard.press("j")
    await page.keyboard.press("Enter")

    await page.wait_for_url("**/console/messages/**")

"""The list of messages in a real browser: what is live, keys, no scripts at all."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.gateway.console.conftest import Browsing, Console
from tests.gateway.scripted import ANN, OFFERS, Carrier, Script, message
from wasl.answers import Accepted
from wasl_contracts import Reason, Rejected


@pytest.fixture
def worker() -> bool:
    return True


@pytest.fixture
def carriers() -> dict[str, Carrier]:
    failing = Script(Rejected(Reason.PROVIDER_REJECTED, "content", "30003"))
    return {"mail": Carrier("email", failing), "text": Carrier("sms")}


@pytest.fixture
def config() -> dict[str, Any]:
    return {"topics": {"offers": {**OFFERS, "consent": "opt_in"}, "default": {}}}


async def later(console: Console, **fields: Any) -> Accepted:
    """A message that waits for its time."""
    return await console.gateway.accept(message(ANN, send_at=datetime.now(UTC) + timedelta(days=2), **fields))


@pytest.fixture
async def ids(console: Console) -> Mapping[str, str]:
    gateway, sent = console.gateway, {}
    sent["failed"] = (await gateway.accept(message(ANN, channels=["email"], metadata={"ref": "<script>alert(1)</script>"}))).id
    await gateway.wait(sent["failed"])
    sent["sent"] = (await gateway.accept(message(ANN, channels=["sms"], about="order-1"))).id
    sent["withheld"] = (await gateway.accept(message(ANN, channels=["sms"], topic="offers"))).id
    for name in ("sent", "withheld"):
        await gateway.wait(sent[name])
    sent["scheduled"] = (await later(console)).id
    return sent


async def test_a_row_changes_in_place_and_a_new_one_is_only_announced(console: Console, page: Page, ids: Mapping[str, str]) -> None:
    await page.goto("/console/messages")
    first = page.locator("tr[data-row] th a").first
    await first.focus()
    await expect(page.locator(f"#s-{ids['scheduled']}")).to_contain_text("Scheduled")
    await asyncio.sleep(0.3)  # until the stream is open

    await console.gateway.cancel(ids["scheduled"])
    await expect(page.locator(f"#s-{ids['scheduled']}")).to_contain_text("Cancelled", timeout=2000)
    new = await later(console)
    await expect(page.locator("#news a")).to_contain_text("1 new", timeout=2000)

    assert await page.locator(f"#s-{new.id}").count() == 0
    assert await first.evaluate("one => one === document.activeElement")
    await expect(page.locator("[data-announce]")).to_contain_text("1 new")
    await page.locator("#news a").click()
    await expect(page.locator(f"#s-{new.id}")).to_be_visible()


async def test_what_is_paused_waits_and_nothing_is_missed(console: Console, page: Page, ids: Mapping[str, str]) -> None:
    await page.goto("/console/messages")
    await asyncio.sleep(0.3)

    await page.keyboard.press("r")
    await expect(page.locator("[data-pause]")).to_have_attribute("aria-pressed", "true")
    await console.gateway.cancel(ids["scheduled"])
    await asyncio.sleep(0.8)
    still = await page.locator(f"#s-{ids['scheduled']}").inner_text()
    await page.keyboard.press("r")

    await expect(page.locator(f"#s-{ids['scheduled']}")).to_contain_text("Cancelled", timeout=2000)
    assert "Scheduled" in still


async def test_without_scripts_all_of_it_works(console: Console, browsing: Browsing, ids: Mapping[str, str]) -> None:
    tab = await browsing(java_script_enabled=False)
    await tab.goto("/console/messages")

    await tab.locator("nav.chips a", has_text="Failed").click()
    by_button = tab.url
    await tab.locator("form.query input[type=search]").fill("is:withheld")
    await tab.locator("main form.query button").click()
    withheld = await tab.locator("tr[data-row]").count()
    await tab.goto("/console/messages")
    await tab.locator(f"input[value='default/{ids['scheduled']}']").check()
    await tab.locator("button[value=cancel]").click()
    await tab.locator("textarea[name=reason], input[name=reason]").fill("ticket 1")
    await tab.locator("form.confirm button.danger").click()

    assert "status%3Afailed" in by_button
    assert withheld == 1
    assert "Cancelled" in await tab.locator("table").inner_text()
    assert (await console.gateway.get(ids["scheduled"])).state == "cancelled"


async def test_rows_are_walked_over_and_opened_with_keys(page: Page, ids: Mapping[str, str]) -> None:
    await page.goto("/console/messages")
    for key in ("j", "j", "j", "k"):
        await page.keyboard.press(key)
    at = page.locator("[data-row].at")

    await expect(at).to_have_count(1)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/messages/{ids['withheld']}**")

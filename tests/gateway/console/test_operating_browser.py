"""The screens of providers and suppressions in a real browser, without scripts."""

import pytest

from tests.gateway.console.conftest import Browsing, Console
from tests.gateway.scripted import Carrier


@pytest.fixture
def carriers() -> dict[str, Carrier]:
    return {"mail": Carrier("email"), "spare": Carrier("email")}


async def test_a_provider_is_paused_and_an_address_suppressed_without_scripts(console: Console, browsing: Browsing) -> None:
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

"""The screens of people in a real browser: the search box, themes, directions, narrow screens, keys, and no scripts at all."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Page

from tests.gateway.anns_life import ANN, TOPICS, lived
from tests.gateway.console.conftest import Console, axe, picture
from tests.gateway.scripted import message
from wasl.consent import ConsentChange
from wasl_contracts import Reason, Recipient

Browsing = Callable[..., Awaitable[Page]]
SCREENS = {
    "person": "/people/ann-4711?brand=default",
    "empty": "/people/bob?brand=default",
    "nothing": "/people/bob?brand=default&only=problems",
    "nobody": "/people?q=ann.smith@exmaple.com",
    "wrong": "/people/ann-4711?cursor=x",
    "ticket": "/people/ann-4711/ticket?brand=default",
    "links": "/people/ann-4711/links?brand=default",
    "erase": "/people/ann-4711/erase?brand=default",
    "export": "/people/ann-4711/export?brand=default",
    "reveal": "/people/ann-4711/reveal?brand=default",
}


@pytest.fixture
def config() -> dict[str, Any]:
    offers = {"category": "promotional", "title": {"en": "Offers", "ar": "عروض"}}
    return {"topics": {**TOPICS, "offers": offers}, "country": "SA", "routes": {"default": {"channels": ["sms", "email"]}}}


@pytest.fixture
def worker() -> bool:
    return True


@pytest.fixture
async def ann(console: Console) -> list[str]:
    """Ann's life with the brand default, and Bob's, who got nothing; the ids of her messages."""
    gateway = console.gateway
    ids = await lived(gateway)
    ids.append((await gateway.accept(message(ANN, topic="offers", channels=["email"]))).id)
    ids.append((await gateway.accept(message(ANN))).id)
    await gateway.wait(ids[-1])
    await gateway.suppress("ann.smith@example.com", Reason.SUPPRESSED_BOUNCE, scope="promotional")
    await gateway.record_consent("ann-4711", [ConsentChange(topic="offers", channel="sms", state="withdrawn", source="preference_page")])
    await gateway.put_recipient(Recipient(id="bob", email="bob@example.org"))
    return ids


async def test_no_screen_of_people_has_anything_that_axe_finds(console: Console, browsing: Browsing, ann: list[str]) -> None:
    link = await console.gateway.of("default").share_recipient("ann-4711", by="sam", lasts=timedelta(days=1))
    address = (await console.gateway.of("default").glance("ann-4711")).writes_to[0].id
    screens = {**SCREENS, "desk": f"/d/{link.token}", "gone": "/d/x", "stop": f"/people/ann-4711/stop?brand=default&address={address}"}

    looks = [("light", "en"), ("dark", "ar"), ("light", "ar"), ("dark", "en")]

    async def looked(place: int) -> list[str]:
        scheme, lang = looks[place]
        tab = await browsing(color_scheme=scheme, viewport={"width": 1280, "height": 800})
        await tab.context.add_cookies([{"name": "wasl_lang", "value": lang, "url": console.url}])
        found = []
        for number, (name, path) in enumerate(screens.items()):
            if name == "person" or number % len(looks) == place:  # each screen in one look here; in all of them with the matrices
                await tab.goto(f"/console{path}")
                await picture(tab, f"people-{name}-{scheme}-{lang}")
                found += [f"{name} {scheme} {lang} {one}" for one in await axe(tab)]
        return found

    found = await asyncio.gather(*map(looked, range(len(looks))))

    assert [one for some in found for one in some] == []


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


async def test_the_page_of_a_person_fits_320_pixels_and_its_links_are_large_enough(browsing: Browsing, ann: list[str]) -> None:
    tab = await browsing(viewport={"width": 320, "height": 640})

    for name, path in SCREENS.items():
        await tab.goto(f"/console{path}")
        await picture(tab, f"people-{name}-320")
        assert await tab.evaluate("document.documentElement.scrollWidth") <= 320, name


async def test_keys_walk_over_what_happened_and_open_a_message(page: Page, ann: list[str]) -> None:
    await page.goto(f"/console{SCREENS['person']}")

    await page.keyboard.press("j")
    await page.keyboard.press("Enter")

    await page.wait_for_url("**/console/messages/**")

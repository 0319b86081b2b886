"""What support really does, from the ticket to the answer, in a real browser; each answer takes at most three interactions."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.gateway.console.conftest import picture
from tests.gateway.console.situations import Desk, desk
from tests.gateway.scripted import message, outcome

pytestmark = pytest.mark.asyncio(loop_scope="module")
MOST = 3
"""Interactions from the ticket to the answer."""
_NAMES = re.compile(r"\u2068[^\u2069]*\u2069")


class Agent:
    """Somebody of support at the screen, who counts what they do."""

    def __init__(self, tab: Page) -> None:
        self.tab = tab
        self.steps = 0

    async def find(self, pasted: str) -> None:
        """Paste it into the search box and press Enter."""
        self.steps += 1
        await self.tab.locator("#find").fill(pasted)
        await self.tab.locator("#find").press("Enter")
        await self.tab.wait_for_load_state()

    async def follow(self, name: str) -> None:
        """Follow a link."""
        self.steps += 1
        await self.tab.locator("main").get_by_role("link", name=name).first.click()
        await self.tab.wait_for_load_state()

    async def confirm(self, button: str, reason: str = "ticket 4711") -> None:
        """Say why, and press the button."""
        await self.tab.locator("[name=reason]").fill(reason)
        await self.tab.locator("form.confirm").get_by_role("button", name=button).click()
        await self.tab.wait_for_load_state()

    async def sees(self, *words: str) -> None:
        """It stands on the page."""
        for one in words:
            await expect(self.tab.locator("main")).to_contain_text(one)

    async def has_answer(self, *words: str) -> None:
        """It stands on the page, after at most three interactions."""
        await self.sees(*words)
        assert self.steps <= MOST


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def support(chromium: str, fresh_ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with desk(chromium, fresh_ledger, tmp_path_factory.mktemp("support")) as one:
        yield one


async def test_i_never_got_my_code(support: Desk) -> None:
    agent = Agent(await support.sit_down())

    await agent.find("+966 50 123 4567")
    await agent.has_answer("Sign-in codes", "Expired", "It waited longer than its life, so it was not sent.")
    await agent.follow("Sign-in codes")
    await agent.has_answer("Sign-in codes", "was not sent to", "What it waited for: An operator has paused the provider.")
    await agent.follow("Other channel")
    await agent.has_answer("It holds a one-time code that is no good any more.", "Let the application send a new code.")
    await expect(agent.tab.locator("form.confirm")).to_have_count(0)

    await outcome(support.gateway, message({"id": "nora"}, topic="codes", channels=["email"], content={"body": "Your code is 771204"}))
    await agent.find("nora@example.com")
    newest = agent.tab.locator("ol.life > li").first
    await expect(newest).to_contain_text("Email")
    await expect(newest).to_contain_text("Sent")
    assert "771204" not in await agent.tab.content()


async def test_their_address_bounced_and_what_they_typed_has_a_slip(support: Desk) -> None:
    agent = Agent(await support.sit_down())

    await agent.find("bob@example.com")
    await agent.sees("Never seen", "Did they mean one of these?")
    await agent.follow("bob@exmaple.com")
    await agent.has_answer("Bob Fischer", "Not reachable", "bounced")
    await picture(agent.tab, "walk-bounced")
    await agent.follow("See why, or take it off the list")
    await agent.sees("5.1.1")
    await agent.follow("Take it off the list")
    await agent.sees("it is back on the list at once")
    await agent.confirm("Take it off the list", "their mailbox is open again, ticket 4711")
    await agent.sees("Nothing holds against it now.")
    await agent.find("bob")
    await agent.sees("Reachable")
    await agent.follow("Orders")
    await agent.follow("Send again")
    await agent.confirm("Send again")

    again = agent.tab.url.rpartition("/")[2].partition("?")[0]
    assert again != support.ids["bounced"]
    assert (await support.gateway.wait(again)).state == "sent"


async def test_it_is_not_just_this_person(support: Desk) -> None:
    agent = Agent(await support.sit_down())

    await agent.find(support.ids["pushed"])
    await agent.has_answer("2 others in the last hour ended in the same way")
    await picture(agent.tab, "walk-alike")
    await agent.follow("See the provider")

    await agent.has_answer("How calls failed", "503", "The provider could not be reached or was too busy.")
    await picture(agent.tab, "walk-provider")
    await agent.find(support.ids["pushed"])
    await agent.follow("2 others in the last hour ended in the same way")
    await expect(agent.tab.locator("tr[data-row]")).to_have_count(3)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("Deutsch", ("Angebote, per E-Mail", "Sie hatten Nachrichten dieser Art abgestellt.")),
        ("العربية", ("العروض", "البريد الإلكتروني")),
    ],
)
async def test_why_they_got_no_offer_goes_into_the_ticket_in_their_language(support: Desk, language: str, said: tuple[str, ...]) -> None:
    agent = Agent(await support.sit_down())

    await agent.find("jonas@example.com")
    await agent.has_answer("Offers", "Withheld")
    await agent.follow("Copy for ticket")
    if language != "Deutsch":  # it is his own
        await agent.follow(language)
    await agent.has_answer(*said)

    words = await agent.tab.locator("pre.words").inner_text()
    assert not {"jonas", "example.com", "msg_"} & set(re.split(r"[\s:·,@]+", words))
    await picture(agent.tab, f"walk-ticket-{language}")


async def reach(tab: Page, name: str) -> None:
    """Press Tab until the focus is on what has that name or text, and can be seen there."""
    for _ in range(60):
        await tab.keyboard.press("Tab")
        at, seen = await tab.evaluate(
            "(one => [one.name || one.textContent.trim(), getComputedStyle(one).outlineStyle !== 'none'])(document.activeElement)"
        )
        if at == name:
            assert seen
            return
    raise AssertionError(f"the focus never came to {name}")


@pytest.mark.parametrize(
    ("who", "lang", "theme", "again", "said"),
    [
        ("kay", "en", "light", "Send again", "It goes again, as this new message."),
        ("salma", "ar", "dark", "إعادة الإرسال", "يُعاد إرسالها بهذه الرسالة الجديدة."),
    ],
)
async def test_all_of_it_is_done_with_the_keyboard_alone_in_both_directions(
    support: Desk, who: str, lang: str, theme: str, again: str, said: str
) -> None:
    tab = await support.sit_down(lang, theme)

    await tab.keyboard.press("/")
    await tab.keyboard.type(f"{who}@example.com")
    await tab.keyboard.press("Enter")
    await tab.wait_for_url(f"**/people/{who}**")
    await tab.keyboard.press("j")
    await tab.keyboard.press("Enter")
    await tab.wait_for_url(f"**/messages/{support.ids[who]}**")
    answer = await tab.locator("#sentence").inner_text()
    await picture(tab, f"walk-keys-{lang}")
    await reach(tab, again)
    await tab.keyboard.press("Enter")
    await tab.wait_for_url("**/again")
    await reach(tab, "reason")
    await tab.keyboard.type("ticket 4711")
    await reach(tab, again)
    await tab.keyboard.press("Enter")
    await tab.wait_for_url(lambda url: "/again" not in url)

    sent = tab.url.rpartition("/")[2].partition("?")[0]
    assert said in await tab.locator(".flash").inner_text()
    assert (await support.gateway.wait(sent)).state == "sent"
    assert await tab.evaluate("document.documentElement.dir") == ("rtl" if lang == "ar" else "ltr")
    if lang == "ar":
        assert not re.search("[A-Za-z]", _NAMES.sub("", answer))

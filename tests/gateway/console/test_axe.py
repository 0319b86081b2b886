"""axe-core has nothing against any page: in light and dark, from left to right and from right to left, full, empty and with errors.

`make proof` runs the whole matrix. Else each state of each page takes its turn in one theme and direction, so that all of them occur.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Page as Tab

from tests.gateway.console.atlas import ATLAS, NO_PAGE, State, View
from tests.gateway.console.conftest import axe, picture, serious, tabs
from tests.gateway.console.seeded import Seeded, seeded
from wasl.console.finding import pages

Look = tuple[Literal["light", "dark"], Literal["en", "ar"]]
LOOKS: Sequence[Look] = (("light", "en"), ("dark", "ar"), ("dark", "en"), ("light", "ar"))
SEND = """
([action, fields]) => {
  const form = [...document.forms].find(one => one.method === 'post' && one.getAttribute('action').split('?')[0].endsWith(action))
  for (const [name, value] of Object.entries(fields)) form.elements[name].value = value
  form.noValidate = true
  form.requestSubmit()
}
"""
SMALL = """
[...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary')]
  .filter(e => e.checkVisibility() && !e.closest('p, dd, li, td, th, h1, h2, h3, label, svg') && !e.matches('.skip, .hidden'))
  .map(e => [e.getBoundingClientRect(), e]).filter(([box, e]) => box.width && (box.width < 24 || box.height < 24))
  .map(([box, e]) => 'smaller than 24 pixels: ' + e.outerHTML.slice(0, 120))
"""
"""WCAG 2.2, success criterion 2.5.8."""


class Turn(NamedTuple):
    """One page in one state."""

    page: str
    state: State
    view: View

    def __str__(self) -> str:
        return f"{self.page} {self.state}"


TURNS = [Turn(page, state, view) for page, states in ATLAS.items() for state, view in states.items()]


def sampled() -> list[list[Turn]]:
    """For each look, the turns that it takes: every page once, its states in turn; what a form answers is a state of the form's page."""
    shown: defaultdict[str, list[Turn]] = defaultdict(list)
    for turn in TURNS:
        path = turn.page.partition(" ")[2]
        while path and f"GET {path}" not in ATLAS:
            path = path.rpartition("/")[0]
        shown[path].append(turn)
    chosen = [turns[number % len(turns)] for number, turns in enumerate(shown.values())]
    return [chosen[place :: len(LOOKS)] for place in range(len(LOOKS))]


@pytest_asyncio.fixture(loop_scope="function")
async def lived_in(fresh_ledger: Path, tmp_path: Path) -> AsyncIterator[Seeded]:
    async with seeded(fresh_ledger, tmp_path, str) as one:
        yield one


def test_every_page_stands_in_the_atlas_or_is_none() -> None:
    known = {f"{page.method} {page.path}" for page in pages()}

    assert known == ATLAS.keys() | NO_PAGE.keys()
    assert not ATLAS.keys() & NO_PAGE.keys()
    assert {turn.state for turns in sampled() for turn in turns} == {"full", "empty", "error"}


async def test_axe_has_nothing_against_any_page_and_all_fit_320_pixels(
    lived_in: Seeded, chromium: str, pytestconfig: pytest.Config
) -> None:
    whole = pytestconfig.getoption("--proof")
    turns = [TURNS] * len(LOOKS) if whole else sampled()
    complaints: list[str] = []

    async with tabs(chromium, lived_in.console, complaints) as opening:

        async def walked(look: Look, those: Sequence[Turn]) -> list[str]:
            scheme, lang = look
            open_tabs: dict[tuple[bool, str], Tab] = {}
            found = []
            for turn in those:
                who = turn.view.nobody, turn.view.by
                if who not in open_tabs:
                    session = (await lived_in.seen_by(turn.view)).session
                    open_tabs[who] = await opening(color_scheme=scheme, lang=lang, session=session)
                found.append((turn, await against(lived_in, open_tabs[who], turn)))
            return [f"{turn} {scheme} {lang}: {one}" for turn, all_of_it in found for one in all_of_it]

        found = await asyncio.gather(*map(walked, LOOKS, turns))

    assert [one for some in found for one in some] == []
    assert serious(complaints) == []


async def against(seen: Seeded, tab: Tab, turn: Turn) -> list[str]:
    """What stands against a page: what axe finds at a desk, and what does not fit a small screen."""
    await tab.set_viewport_size({"width": 1280, "height": 800})
    answer = await tab.goto(f"/console{seen.path(turn.view.path)}")
    await tab.evaluate("document.querySelector('.menu')?.setAttribute('open', '')") if turn.page == "GET /profile" else None
    if turn.view.form:
        async with tab.expect_navigation() as going:
            await tab.evaluate(SEND, [turn.view.form, dict(turn.view.fields)])
        answer = await going.value
    await picture(tab, str(turn).translate(str.maketrans(" /{}|:?*", "--------")))
    found = await axe(tab)
    if answer is None or answer.status == 500:
        found.append("it failed")
    await tab.set_viewport_size({"width": 320, "height": 640})
    if await tab.evaluate("document.documentElement.scrollWidth > 320"):
        found.append("wider than 320 pixels")
    return found + await tab.evaluate(SMALL)

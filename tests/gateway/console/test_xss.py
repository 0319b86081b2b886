"""What providers, recipients and tenants wrote is only ever text, on every page: one attack in every field that they can write."""

import csv
import io
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio

from tests.gateway.console.atlas import ATLAS, EXPORTS, FILES, FRAMES, TABS
from tests.gateway.console.conftest import serious, tabs
from tests.gateway.console.seeded import Seeded, seeded

pytestmark = pytest.mark.asyncio(loop_scope="module")
ELSEWHERE = "//evil.example/"
UNSEEN = {
    "agent": "headers of a callback are not kept", "header": "the same", "header-value": "the same",
    "code": "ProviderError leaves none of its signs", "key": "it is for workers",
    "reply": "only the answers' own inbox has it", "thread": "the same", "first-name": "attributes are for templates",
}  # fmt: skip
"""Fields that no page shows, and why."""
LINKED = (
    "q", "was", "about", "by", "action", "since", "until", "address", "topic", "text", "to", "person", "template", "message", "locale",
    "channel", "provider", "country", "tab", "col", "only", "state", "source", "then", "lang", "scheme", "days", "id", "find",
)  # fmt: skip
"""Names that links give values to."""


def attack(field: str) -> str:
    """Breaks out of a cell of a spreadsheet, a quoted attribute, and a text; at most sixty characters, as a view's name may have."""
    return f"=\"'><img src={ELSEWHERE}{field} onerror=alert(1)>"


@pytest.fixture(scope="module")
def said() -> set[str]:
    """The fields that were written."""
    return set()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def attacked(fresh_ledger: Path, tmp_path_factory: pytest.TempPathFactory, said: set[str]) -> AsyncIterator[Seeded]:
    def say(field: str) -> str:
        said.add(field)
        return attack(field)

    async with seeded(fresh_ledger, tmp_path_factory.mktemp("attacked"), say) as one:
        yield one


class Markup(HTMLParser):
    """What a page could run or fetch that is not the console's own, and its forms with what stands in their hidden fields."""

    def __init__(self, text: str, *, frame: bool) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.forms: dict[str, dict[str, str]] = {}
        self._links = ("/console", "#", "data:image/", *(("https:", "mailto:", "tel:") if frame else ()))
        self._looks = frozenset({"style"}) if frame else frozenset()
        self._form: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.wrong += [f"<{tag} {name}={value}>" for name, value in told.items() if self._bad(tag, name, value)]
        if tag in ("object", "embed") or (tag == "script" and "src" not in told) or (tag == "iframe" and told.get("sandbox") != ""):
            self.wrong.append(f"<{tag}>")
        if tag == "form":
            self._form = self.forms.setdefault(told.get("action", ""), {})
        elif tag == "input" and told.get("type") == "hidden":
            self._form[told.get("name", "")] = told.get("value", "")

    def _bad(self, tag: str, name: str, value: str) -> bool:
        if name in ("href", "src", "action", "formaction", "data", "poster", "srcset", "ping", "xlink:href"):
            return not value.startswith(self._links) or (tag in ("script", "img", "link") and value.startswith("https:"))
        return name.startswith("on") or name == "srcdoc" or (name == "style" and name not in self._looks)


def judged(path: str, text: str) -> Markup:
    """The page, in which nothing stands that could run or be fetched."""
    markup = Markup(text, frame=path.partition("?")[0].endswith("/frame") or path.startswith("/inbox/att_"))

    assert f"<img src={ELSEWHERE}" not in text, path
    assert markup.wrong == [], path
    return markup


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def texts(attacked: Seeded) -> dict[str, str]:
    """Every page in every state, by its path."""
    views = [view.path for states in ATLAS.values() for view in states.values()]
    return {path: (await attacked.console.get(path)).text for path in map(attacked.path, dict.fromkeys([*views, *TABS, *FRAMES]))}


async def test_an_attack_in_every_field_is_only_text_on_every_page(texts: dict[str, str], said: set[str]) -> None:
    for path, text in texts.items():
        judged(path, text)

    assert said - {field for field in said if any(f"{ELSEWHERE}{field} " in text for text in texts.values())} == UNSEEN.keys()


async def test_what_a_form_or_a_link_says_is_only_text_on_the_page_that_answers(attacked: Seeded) -> None:
    answered = 0
    links = "&".join(f"{name}={quote(attack(name))}" for name in LINKED)

    for page, states in ATLAS.items():
        for view in states.values():
            console = await attacked.seen_by(view)
            path = attacked.path(view.path)
            if page.startswith("GET"):
                judged(path, (await console.get(f"{path.partition('?')[0]}?{links}")).text)
            if not view.form:
                continue
            forms = judged(path, (await console.get(path)).text).forms
            action, fields = next((at, held) for at, held in forms.items() if at.partition("?")[0].endswith(view.form))
            typed = {name: attack(name) for name in ("zone", "at", "topic", "body", "down", "address", "days", "typed", "name", "password")}
            answer = await console.post(action.removeprefix("/console"), {**typed, **fields, **view.fields})
            judged(action, answer.text)
            answered += answer.status in (200, 401, 422)

    assert answered > 20


async def test_no_cell_of_a_file_begins_a_formula(attacked: Seeded) -> None:
    console = attacked.console
    files = [(await console.get(path)).text for path in map(attacked.path, FILES)]
    files += [(await console.export(path, reason="=1+1")).text for path in EXPORTS]

    rows = [list(csv.reader(io.StringIO(text.removeprefix("\ufeff")))) for text in files]

    assert all(len(one) > 1 for one in rows)
    assert [cell for one in rows for row in one for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


async def test_in_a_browser_no_attack_runs_and_nothing_is_asked_for_elsewhere(
    attacked: Seeded, texts: dict[str, str], chromium: str
) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    full = [states["full"].path for states in ATLAS.values() if "full" in states]
    paths = [
        path for path in map(attacked.path, dict.fromkeys([*full, *TABS, *FRAMES])) if texts[path].count(ELSEWHERE) > 1
    ]  # not a name alone
    async with tabs(chromium, attacked.console, complaints) as opening:
        tab = await opening(viewport={"width": 1280, "height": 3000})  # frames are loaded when they are in sight
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("dialog", lambda dialog: complaints.append(dialog.message))
        for path in paths:
            await tab.goto(f"/console{path}")

    assert serious(complaints) == []
    assert len(asked) > len(paths)
    assert [url for url in asked if not url.startswith((f"{attacked.console.url}/console", "data:"))] == []

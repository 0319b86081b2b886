"""The console behind its HTTP face on loopback, with somebody signed in; and the same in a real browser.

`console` is a gateway with a few brands and providers, and an admin: `seen = await console.get("/messages")`. `console.as_("support")` is
the same as another role. `page` is a tab of Chromium that is signed in as `console` is; `browsing(**options)` opens others.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, async_playwright

from tests.gateway.brands.faces import written
from tests.gateway.scripted import Carrier, specs, world
from wasl.api import Gateway
from wasl.console.guarding import csrf_of
from wasl.server.app import listening
from wasl.users import Role, Session

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PICTURES = os.environ.get("WASL_TEST_PICTURES")
PASSWORD = "correct horse battery"
BRANDS = {"acme": 'title = { en = "Acme", ar = "أكمي" }', "beta": 'title = "Beta"'}
_QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--hide-scrollbars", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "about:blank",
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """What the console answered."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")


@dataclass(frozen=True)
class Console:
    """The console as one user, over HTTP. Paths are below /console."""

    url: str
    gateway: Gateway
    http: aiohttp.ClientSession
    session: Session | None

    @property
    def csrf(self) -> str:
        return csrf_of(self.session.token) if self.session is not None else ""

    @property
    def cookies(self) -> dict[str, str]:
        return {"wasl_session": self.session.token} if self.session is not None else {}

    async def get(self, path: str, **headers: str) -> Seen:
        return await self.ask("GET", path, headers=headers)

    async def post(self, path: str, fields: Mapping[str, str] | list[tuple[str, str]] = {}, **headers: str) -> Seen:  # noqa: B006 - read only
        """Send a form as a browser does, with its token."""
        pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        data = aiohttp.FormData([("csrf", self.csrf), *pairs])
        return await self.ask("POST", path, data=data, headers={"Origin": self.url, "Sec-Fetch-Site": "same-origin", **headers})

    async def follow(self, seen: Seen, *, cookie: bool = True) -> Seen:
        """The page that a redirect leads to, with what it was told to say."""
        said = seen.headers.get("Set-Cookie", "").partition(";")[0] if cookie else ""
        jar = "; ".join([*(f"{name}={value}" for name, value in self.cookies.items()), said])
        return await self.ask("GET", seen.location.removeprefix("/console"), headers={"Cookie": jar}, cookies={})

    async def export(self, path: str, **fields: str) -> Seen:
        """The file that is exported there: asked for, then taken by the link of its page."""
        begun = await self.post(path, {"format": "csv", "reason": "ticket 4711", **fields})
        link = (await self.get(begun.location.removeprefix("/console"))).text.partition('href="/console/exports/file/')[2].partition('"')[0]
        return await self.get(f"/exports/file/{link}")

    async def ask(self, method: str, path: str, *, cookies: dict[str, str] | None = None, **how: Any) -> Seen:
        sent = self.cookies if cookies is None else cookies
        async with self.http.request(method, f"{self.url}/console{path}", cookies=sent, allow_redirects=False, **how) as answer:
            headers = dict(answer.headers)
            headers["Set-Cookie"] = "; ".join(answer.headers.getall("Set-Cookie", []))
            return Seen(answer.status, (await answer.read()).decode(errors="replace"), headers)

    async def as_(self, role: str | None, *brands: str) -> "Console":
        """As a user of that role who sees these brands (none: all); as nobody for None."""
        return replace(self, session=await session_of(self.gateway, role, brands) if role is not None else None)


async def session_of(gateway: Gateway, role: str, brands: tuple[str, ...] = ()) -> Session:
    """Somebody of that role who is signed in, and proved to be there just now."""
    name = "-".join((role, *brands))
    known = {user.name: user for user in await gateway.users()}
    user = known.get(name) or await gateway.add_user(name, PASSWORD, Role(role), brands)
    return await gateway.open_session(user, proved_at=gateway.now())


@pytest.fixture
def database(folder: Path) -> str:
    """One engine: pages are the same on both. What they read has tests of its own on each."""
    return f"sqlite:///{folder}/wasl.db"


@pytest.fixture
def carriers() -> dict[str, Carrier]:
    return {"mail": Carrier("email"), "text": Carrier("sms"), "device": Carrier("push")}


@pytest.fixture
def config() -> dict[str, Any]:
    """Further configuration of `console`; a test module may have its own."""
    return {}


@pytest.fixture
def worker() -> bool:
    """Whether `console` sends; a test module may say so."""
    return False


@pytest.fixture
async def served(
    opened: Callable[..., Awaitable[Gateway]], carriers: dict[str, Carrier], config: dict[str, Any], worker: bool, tmp_path: Path
) -> AsyncIterator[tuple[str, Gateway, aiohttp.ClientSession]]:
    brands = written(tmp_path / "brands", BRANDS)
    gateway = await opened(carriers, worker=worker, **{"brands": brands, **config})
    async with listening(gateway, "127.0.0.1", 0) as url, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield url, gateway, http


@pytest.fixture
async def console(served: tuple[str, Gateway, aiohttp.ClientSession]) -> Console:
    """The console as an admin who sees every brand: default, acme and beta."""
    url, gateway, http = served
    return Console(url, gateway, http, await session_of(gateway, "admin"))


@asynccontextmanager
async def standing(fresh_ledger: Path, folder: Path) -> AsyncIterator[Console]:
    """The same as `console`, for several tests to share; `folder` is an empty one. It does not send."""
    shutil.copytree(fresh_ledger, folder, dirs_exist_ok=True)
    whole = specs(folder, {"mail": Carrier("email"), "text": Carrier("sms")}, brands=written(folder / "brands", BRANDS))
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(Gateway(whole, worker=False, world=world()))
        url = await stack.enter_async_context(listening(gateway, "127.0.0.1", 0))
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        yield Console(url, gateway, http, await session_of(gateway, "admin"))


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A browser, started once; its address for Playwright."""
    if CHROMIUM is None:
        reason = "there is no Chromium on this machine (Debian: apt-get install chromium)"
        if os.environ.get("CI") == "true" or os.environ.get("WASL_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    profile = tmp_path_factory.mktemp("chromium")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [CHROMIUM, f"--user-data-dir={profile}", f"--remote-debugging-port={port}", *_QUIET]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    for line in process.stderr:
        if b"DevTools listening on " in line:
            break
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.communicate()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser has said against the pages so far; a test that provokes it clears it."""
    return []


Browsing = Callable[..., Awaitable[Page]]
"""Opens a tab: `await browsing(java_script_enabled=False)`."""


@asynccontextmanager
async def tabs(chromium: str, console: Console, complaints: list[str]) -> AsyncIterator[Browsing]:
    """Opens tabs, each with cookies of its own, signed in as `console`.

    The options are those of Playwright's `new_context`; `session` is who is signed in, `lang` in which language. What a page may not do,
    and does, is kept in `complaints`.
    """
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.connect_over_cdp(chromium)

        async def opened_tab(*, session: Session | None = console.session, lang: str = "", **options: Any) -> Page:
            context = await browser.new_context(base_url=console.url, **options)
            stack.push_async_callback(context.close)
            context.set_default_timeout(5000)
            told = {"wasl_session": session.token if session is not None else "", "wasl_lang": lang}
            cookies = [{"name": name, "value": value, "url": console.url} for name, value in told.items() if value]
            await context.add_cookies(cookies)  # type: ignore[arg-type]  # a dictionary of these names
            tab = await context.new_page()
            tab.on("pageerror", lambda error: complaints.append(str(error)))
            tab.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            return tab

        yield opened_tab


def serious(complaints: list[str]) -> list[str]:
    """Those that a page is to blame for: not a status that was asked for, and not a link in a preview that the sandbox stopped."""
    return [one for one in complaints if not one.startswith(("Failed to load resource", "Blocked opening"))]


@pytest.fixture
async def browsing(chromium: str, console: Console, complaints: list[str]) -> AsyncIterator[Browsing]:
    """Opens tabs that are signed in as `console`; see `tabs`. What a page may not do, and does, fails the test."""
    async with tabs(chromium, console, complaints) as opening:
        yield opening
    assert serious(complaints) == []


@pytest.fixture
async def page(browsing: Browsing) -> Page:
    """A tab that is signed in as `console`."""
    return await browsing(viewport={"width": 1280, "height": 800})


async def picture(page: Page, name: str) -> None:
    """Keep a picture where WASL_TEST_PICTURES says, for people to look at."""
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


async def axe(page: Page) -> list[str]:
    """What axe-core has against the page: rule and element, nothing where it is fine. Not against what others wrote, in frames."""
    source = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
    await page.evaluate(source)
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations'], iframes: false, preload: false}).then(r => r.violations)")
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]

"""Every page against every role, and against the users of one brand: made from the table of pages, so a new page falls in by itself."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.gateway.authenticator import enrolled
from tests.gateway.console.conftest import Console, session_of
from tests.gateway.scripted import NOON
from wasl.console.finding import navigation, pages
from wasl.console.mounting import doors
from wasl.console.page import Page
from wasl.console.permissions import FRESH, FRESH_FOR, PERMISSIONS, Permission, allowed, fresh
from wasl.console.serving import HEADERS
from wasl.errors import NotFound
from wasl.users import Role
from wasl_contracts import Address

_PARAMETER = re.compile(r"\{([a-z_]+)(?::([^{}]*(?:\{[^{}]*\}[^{}]*)*))?\}")
_OF_BETA = {"/messages/": "message", "/people/": "person", "/suppressions/": "suppression", "/brands/": "brand", "/users/": "user"}
"""What stands behind these paths belongs to a brand: the ids that the tenant's matrix asks for."""
_OF_SESSIONS = ("/sign-in", "/sign-out", "/profile/password")
_STRICTER = {"POST /audit/verify": "support and operators see their own acts, and verify none"}
"""Pages that refuse more than their permission says."""
_OF_NO_BRAND = {
    "/channels/": "providers are the installation's; those that serve other brands only are hidden by the gateway (tests of channels)",
    "/plugins/": "what is installed",
    "/codes/": "what a plugin says of a code",
    "/templates/": "templates are the installation's; a brand's data in a preview is asked for by `visit.of`",
    "/static/": "files",
    "/inbox/": "the dev inbox, which is not there outside of wasl dev",
    "/dev/": "the way in of wasl dev",
    "/d/": "a link that holds its own brand",
    "/messages/bulk/": "a token of one's own",
    "/acts/": "an act is of all brands that it names; whoever does not see them all is not told of it (test_acts.py)",
    "/exports/": "what one has asked for oneself",
}


def path_of(page: Page, value: str = "x") -> str:
    """The page's path with something in place of each parameter."""
    return _PARAMETER.sub(lambda match: (match[2] or "").partition("|")[0] if "|" in (match[2] or "") else value, page.path)


def ids(page: Page) -> str:
    return f"{page.method} {page.path}"


async def status_of(console: Console, page: Page, path: str) -> tuple[int, str | None]:
    """The status, and the permission that is missing; the body is not read, for some pages never end."""
    how: dict[str, Any] = {}
    if page.method == "POST":
        how = {"data": {"csrf": console.csrf}, "headers": {"Origin": console.url}}
    async with console.http.request(
        page.method, f"{console.url}/console{path}", cookies=console.cookies, allow_redirects=False, **how
    ) as found:
        for name in HEADERS:
            assert name in found.headers, f"{path} lacks {name}"
        return found.status, found.headers.get("X-Wasl-Needs")


@pytest.mark.parametrize("role", list(Role))
async def test_every_role_gets_what_the_table_says_and_nothing_else(console: Console, role: Role) -> None:
    visitor, wrong = await console.as_(role), []
    for page in pages():
        if page.path in _OF_SESSIONS or ids(page) in _STRICTER:
            continue
        status, missing = await status_of(visitor, page, path_of(page))
        expected = None if page.permission is Permission.NOBODY or allowed(role, page.permission) else page.permission.value
        if (status, missing) != (403, expected) if expected else (missing is not None or status in (401, 403) or status >= 500):
            wrong.append((ids(page), status, missing, expected))

    assert wrong == []


@pytest.mark.parametrize("has_factor", [False, True])
async def test_what_changes_who_may_do_what_asks_for_the_second_factor_first(console: Console, has_factor: bool) -> None:
    assert console.session is not None
    if has_factor:
        await enrolled(console.gateway, console.session.user)
    stale = console.gateway.now() - FRESH_FOR if has_factor else None
    admin = replace(console, session=await console.gateway.open_session(console.session.user, proved_at=stale))
    ask, wrong = f"/console/{'prove' if has_factor else 'profile/factor'}", []
    for page in pages():
        if page.path not in _OF_SESSIONS:
            seen = await admin.post(path_of(page)) if page.method == "POST" else None
            found = seen.location if seen is not None else await location_of(admin, path_of(page))
            if (found == f"{ask}?{urlencode({'then': path_of(page)})}") is not (page.permission in FRESH):
                wrong.append((ids(page), found))

    assert wrong == []


def test_a_form_that_asks_for_the_second_factor_has_a_page_to_come_back_to() -> None:
    seen = {page.path for page in pages() if page.method == "GET"}

    assert [ids(page) for page in pages() if page.permission in FRESH and page.path not in seen] == []
    assert Permission.USERS in FRESH
    assert not fresh(Permission.USERS, None, NOON)
    assert not fresh(Permission.USERS, NOON - FRESH_FOR, NOON)
    assert fresh(Permission.USERS, NOON - FRESH_FOR + timedelta(seconds=1), NOON)
    assert fresh(Permission.USERS, None, NOON, dev=True)


async def location_of(console: Console, path: str) -> str:
    """Where a page leads to; the body is not read, for some pages never end."""
    url = f"{console.url}/console{path}"
    async with console.http.get(url, cookies=console.cookies, allow_redirects=False) as found:
        return found.headers.get("Location", "")


async def test_without_a_session_every_page_leads_to_signing_in(console: Console) -> None:
    nobody, wrong = await console.as_(None), []
    for page in pages():
        if page.permission is not Permission.NOBODY:
            status, _ = await status_of(nobody, page, path_of(page))
            if status != (303 if page.method == "GET" else 401):
                wrong.append((ids(page), status))

    assert wrong == []


def test_every_page_says_what_it_needs_and_few_need_nothing() -> None:
    assert all(isinstance(page.permission, Permission) for page in pages())
    assert {ids(page) for page in pages() if page.permission is Permission.NOBODY} == {
        "GET /static/{file}", "GET /sign-in", "POST /sign-in", "GET /sign-in/code", "POST /sign-in/code",
        "GET /dev/{token}", "GET /d/{token}", "GET /oidc/start", "GET /oidc/back", "GET /oidc/out",
    }  # fmt: skip


def test_the_roles_are_those_of_the_table() -> None:
    may = {role: {permission.value for permission in held} - {"nobody", "own"} for role, held in PERMISSIONS.items()}

    assert may["viewer"] == {"see", "reports"}
    assert may["auditor"] == {"see", "audit", "reports"}
    assert "reveal" not in may["operator"] | may["viewer"] | may["developer"] | may["auditor"]
    assert "providers" in may["operator"] & may["admin"]
    assert "see" not in may["developer"]
    assert may["admin"] == {one.value for one in Permission} - {"nobody", "own"}
    assert not any("users" in held for role, held in may.items() if role != "admin")


def test_what_developers_see_is_made_up() -> None:
    assert not allowed(Role.DEVELOPER, Permission.SEE)
    assert allowed(Role.DEVELOPER, Permission.SEE, dev=True)
    assert not allowed(Role.ADMIN, Permission.DEV)
    assert not allowed(Role.DEVELOPER, Permission.USERS, dev=True)


def test_the_navigation_leads_to_pages_and_shows_what_a_role_may() -> None:
    found = doors(pages())

    assert len(found) == len(navigation()) == len({door.path for door in found})
    assert all(allowed(Role.ADMIN, door.permission, dev=True) for door in found)


@pytest.fixture
async def of_beta(console: Console) -> dict[str, str]:
    """What is beta's: the ids that a user of acme must not find."""
    beta = console.gateway.of("beta")
    to = {"id": "u_beta", "email": "beta@example.com"}
    accepted = await beta.send(to=to, content={"title": "A secret of beta", "body": "For beta alone"})
    user = (await session_of(console.gateway, "support", ("beta",))).user
    listed = await beta.suppress(Address(channel="email", kind="email", value="beta@example.com"))
    return {"message": accepted.id, "person": "u_beta", "suppression": listed.id, "brand": "beta", "user": user.id}


async def test_what_is_another_brands_is_not_there(console: Console, of_beta: dict[str, str]) -> None:
    acme, wrong = await console.as_("admin", "acme"), []
    for page in pages():
        owned = next((what for prefix, what in _OF_BETA.items() if page.path.startswith(prefix + "{")), None)
        if owned is None:
            continue
        status, _ = await status_of(acme, page, path_of(page, of_beta[owned]))
        if status != 404:
            wrong.append((ids(page), status))
    everybody = await status_of(console, Page("GET", "/messages/{id}", Permission.SEE, _never), f"/messages/{of_beta['message']}")

    assert wrong == []
    assert everybody[0] == 200


async def test_a_brand_that_is_not_theirs_cannot_be_asked_for(console: Console, of_beta: dict[str, str]) -> None:
    acme, wrong = await console.as_("admin", "acme"), []
    for page in pages():
        if page.method == "GET" and page.permission not in (Permission.NOBODY, Permission.OWN, Permission.DEV):
            seen = await acme.ask("GET", f"{path_of(page)}?brand=beta") if not page.path.endswith("live") else None
            if seen is not None and (seen.status >= 500 or "secret of beta" in seen.text or "u_beta" in seen.text):
                wrong.append((ids(page), seen.status))

    assert wrong == []


def test_every_path_with_an_id_is_known_to_the_matrix_of_brands() -> None:
    known = (*_OF_BETA, *_OF_NO_BRAND)

    assert [ids(page) for page in pages() if "{" in page.path and not page.path.startswith(tuple(known))] == []


async def test_a_path_without_a_page_is_not_found_inside_the_layout(console: Console) -> None:
    found = await console.get("/nothing/here")

    assert found.status == 404
    assert "<h1>Not found</h1>" in found.text
    assert 'href="/console/messages"' in found.text


async def test_a_page_that_breaks_says_so_inside_the_layout_and_tells_no_cause(
    console: Console, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: object) -> object:
        raise RuntimeError("ann@example.com")

    monkeypatch.setattr("wasl.console.times.Times.__init__", broken)
    found = await console.get("/messages")

    assert found.status == 500
    assert "Something broke" in found.text
    assert "ann@example.com" not in found.text


async def _never(visit: object) -> Any:
    raise NotFound("it is not asked")

"""Signing in and out: who gets a session, how it ends, and which forms are believed."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from tests.gateway.console.conftest import PASSWORD, Console, Seen, session_of
from tests.gateway.scripted import Carrier, FakeClock
from wasl.api import Gateway
from wasl.audited import Action
from wasl.server.app import listening
from wasl.users import Role

WRONG = "The name or the password is not right."


@pytest.fixture
async def ann(console: Console) -> Console:
    """Nobody signed in, where a support agent named ann could be."""
    await console.gateway.add_user("ann", PASSWORD, Role.SUPPORT)
    return await console.as_(None)


async def sign_in(console: Console, name: str = "ann", password: str = PASSWORD, then: str = "", **headers: str) -> Seen:
    return await console.post("/sign-in", {"name": name, "password": password, "then": then}, **headers)


async def actions(gateway: Gateway) -> list[Action]:
    return [entry.action for entry in (await gateway.audited()).data]


async def test_the_right_password_opens_a_session_and_leads_on(ann: Console) -> None:
    found = await sign_in(ann, then="/profile?zone=utc")
    token = re.match("wasl_session=([^;]+)", found.headers["Set-Cookie"])

    assert (found.status, found.location) == (303, "/console/profile?zone=utc")
    assert token is not None
    assert "HttpOnly" in found.headers["Set-Cookie"]
    assert "SameSite=Lax" in found.headers["Set-Cookie"]
    user = await ann.gateway.session(token[1])
    assert user is not None
    assert user.name == "ann"
    assert (await actions(ann.gateway))[0] == Action.SIGNED_IN


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(ann: Console) -> None:
    wrong, unknown = await sign_in(ann, password="not it at all"), await sign_in(ann, name="bob")

    assert (wrong.status, unknown.status) == (401, 401)
    assert WRONG in wrong.text
    assert wrong.text.replace('value="ann"', 'value="bob"') == unknown.text
    assert "wasl_session" not in wrong.headers["Set-Cookie"]
    assert (await actions(ann.gateway))[:2] == [Action.SIGN_IN_REFUSED, Action.SIGN_IN_REFUSED]


async def test_an_unknown_name_costs_as_much_hashing_as_a_known_one(ann: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    import wasl.passwords

    real = wasl.passwords._hasher.verify
    monkeypatch.setattr(wasl.passwords, "_hasher", _Counting(wasl.passwords._hasher, looked, real))
    await sign_in(ann, password="wrong")
    await sign_in(ann, name="nobody", password="wrong")

    assert len(looked) == 2


class _Counting:
    def __init__(self, hasher: Any, looked: list[str], real: Callable[..., bool]) -> None:
        self.hash, self._looked, self._real = hasher.hash, looked, real

    def verify(self, kept: str, password: str) -> bool:
        self._looked.append(kept)
        return self._real(kept, password)


async def test_whoever_guesses_is_stopped_after_five_tries_a_minute(ann: Console) -> None:
    tries = [(await sign_in(ann, password=f"guess {number}")).status for number in range(6)]
    right, another = await sign_in(ann), await sign_in(ann, name="admin")

    assert tries == [401] * 5 + [429]
    assert right.status == 429
    assert another.status == 303


@pytest.mark.parametrize("then", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\nx"])
async def test_it_leads_nowhere_else(ann: Console, then: str) -> None:
    assert (await sign_in(ann, then=then)).location == "/console/"


async def test_a_page_asks_whoever_is_not_signed_in_to_do_so_and_remembers_where_they_were_going(ann: Console) -> None:
    found = await ann.get("/people?q=ann%40example.com")
    part, stream = await ann.get("/people", **{"HX-Request": "true"}), await ann.get("/live", Accept="text/event-stream")

    assert (found.status, found.location) == (303, "/console/sign-in?then=%2Fpeople%3Fq%3Dann%40example.com")
    assert part.status == stream.status == (await ann.post("/profile")).status == 401


async def test_signing_out_ends_the_session_on_the_server(console: Console) -> None:
    found = await console.post("/sign-out")

    assert (found.status, found.location) == (303, "/console/sign-in")
    assert (await console.get("/profile")).status == 303
    assert (await actions(console.gateway))[0] == Action.SIGNED_OUT


@pytest.mark.parametrize("change", ["password", "role", "brands", "removed"])
async def test_every_session_dies_with_a_change_of_password_role_or_brands(console: Console, change: str) -> None:
    support, other = await console.as_("support"), await console.as_("support")
    gateway = console.gateway
    await {
        "password": lambda: gateway.set_password("support", "another password"),
        "role": lambda: gateway.set_role("support", "viewer"),
        "brands": lambda: gateway.set_role("support", "support", ["acme"]),
        "removed": lambda: gateway.remove_user("support"),
    }[change]()

    assert [(await one.get("/profile")).status for one in (support, other, console)] == [303, 303, 200]


async def test_changing_ones_own_password_ends_every_other_session_and_gives_a_new_one(console: Console) -> None:
    support, other = await console.as_("support"), await console.as_("support")
    wrong = await support.post("/profile/password", {"before": "no", "password": "another password"})
    short = await support.post("/profile/password", {"before": PASSWORD, "password": "short"})

    done = await support.post("/profile/password", {"before": PASSWORD, "password": "another password"})
    after = await support.follow(done)

    assert (wrong.status, short.status, done.status) == (422, 422, 303)
    assert after.status == 200
    assert [(await one.get("/profile")).status for one in (support, other)] == [303, 303]


@pytest.mark.parametrize(("away", "after", "alive"), [({"minutes": 50}, 4, True), ({"minutes": 61}, 1, False), ({"minutes": 50}, 7, False)])
async def test_a_session_ends_when_it_is_not_used_or_too_old(
    opened: Callable[..., Awaitable[Gateway]], away: dict[str, float], after: int, alive: bool
) -> None:
    clock = FakeClock()
    gateway = await opened({"mail": Carrier("email")}, worker=False, clock=clock, console={"idle": "1h", "life": "5h"})
    session = await session_of(gateway, "viewer")

    found = None
    for _ in range(after):
        clock.advance(**away)
        found = await gateway.session(session.token)

    assert (found is not None) is alive


@pytest.mark.parametrize(
    ("headers", "fields", "status"),
    [
        ({}, {}, 303),
        ({"Origin": "https://evil.example"}, {}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {}, 303),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, {}, 403),
        ({"Sec-Fetch-Site": "same-site"}, {}, 403),
        ({}, {"csrf": "0" * 64}, 403),
        ({}, {"csrf": ""}, 403),
        ({}, {"csrf": "ß"}, 403),
    ],
)
async def test_only_forms_of_our_own_pages_are_believed(
    console: Console, headers: dict[str, str], fields: dict[str, str], status: int
) -> None:
    token = fields.get("csrf", console.csrf)
    sent = {"Origin": console.url, "Sec-Fetch-Site": "same-origin", **headers}

    found = await console.ask("POST", "/profile", data={"csrf": token, "lang": "ar", "keys": "on"}, headers=sent)

    assert found.status == status
    user = await console.gateway.session(console.session.token)
    assert user.lang == ("ar" if status == 303 else None)


async def test_a_form_that_does_not_say_whence_it_comes_is_not_believed(console: Console, ann: Console) -> None:
    bare = await console.ask("POST", "/profile", data={"csrf": console.csrf})
    login = await ann.ask("POST", "/sign-in", data={"name": "ann", "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"})

    assert (bare.status, login.status) == (403, 403)


async def test_another_sessions_token_is_not_believed(console: Console) -> None:
    support = await console.as_("support")

    found = await support.ask("POST", "/profile", data={"csrf": console.csrf}, headers={"Origin": console.url})

    assert found.status == 403


async def test_beyond_loopback_the_cookie_is_bound_to_https_and_to_the_host(ann: Console) -> None:
    there = {"Host": "wasl.example:8080"}
    page = await ann.get("/sign-in", **there)
    found = await sign_in(ann, **there, Origin="http://wasl.example:8080")
    session = found.headers["Set-Cookie"]
    token = session.partition("=")[2].partition(";")[0]

    assert "came without https" in page.text
    assert session.startswith("__Host-wasl_session=")
    assert "Secure" in session
    assert "Path=/" in session
    assert "Domain" not in session
    assert (await ann.ask("GET", "/profile", headers=there, cookies={"wasl_session": token})).status == 303
    assert (await ann.ask("GET", "/profile", headers=there, cookies={"__Host-wasl_session": token})).status == 200


async def test_what_a_redirect_says_is_shown_once_and_nobody_else_can_put_words_there(console: Console) -> None:
    done = await console.post("/profile", {"zone": "Asia/Riyadh", "keys": "on"})
    first = await console.follow(done)
    forged = await console.ask("GET", "/profile", cookies={**console.cookies, "wasl_said": "AAAAAAAAAAAAAAAAAAAAAEhlbGxv"})

    assert "Your settings are saved." in first.text
    assert 'wasl_said="";' in first.headers["Set-Cookie"]
    assert forged.status == 200
    assert "Hello" not in forged.text


async def test_a_password_is_neither_shown_nor_kept(ann: Console, database: str) -> None:
    found = await sign_in(ann, name="ann", password="a secret of mine")

    assert "a secret of mine" not in found.text
    stored = await ann.gateway._open.ledger.users.named("ann")
    assert stored is not None
    assert stored[1].startswith("$argon2id$")
    assert PASSWORD not in repr(stored)


async def test_a_session_is_stored_as_a_digest_and_its_repr_tells_no_token(console: Console, database: str) -> None:
    from tests.databases import rows

    kept = rows(database, "SELECT digest FROM user_sessions")

    assert console.session is not None
    assert all(console.session.token.encode() not in bytes(row[0]) for row in kept)
    assert console.session.token not in repr(console.session)


async def test_a_console_that_is_switched_off_is_not_there(opened: Callable[..., Awaitable[Gateway]]) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False, console={"enabled": False})
    async with listening(gateway, "127.0.0.1", 0) as url, aiohttp.ClientSession() as http, http.get(f"{url}/console/sign-in") as found:
        assert found.status == 404


async def test_where_nobody_can_sign_in_the_page_says_how_that_changes(opened: Callable[..., Awaitable[Gateway]]) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)
    async with listening(gateway, "127.0.0.1", 0) as url, aiohttp.ClientSession() as http, http.get(f"{url}/console/sign-in") as found:
        assert "wasl user add" in await found.text()

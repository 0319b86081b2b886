"""The second factor on the console: enrolling it, the code after the password, the code before what changes users, and guesses."""

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
from playwright.async_api import Page as Tab

from tests.gateway.authenticator import enrolled, shown
from tests.gateway.console.conftest import PASSWORD, Browsing, Console, Seen, axe
from wasl.audited import Action
from wasl.callers import TooMany
from wasl.console.limits import Limits
from wasl.users import Role, Session

WRONG = "This code is not right, or it was used already."


async def signed_in(console: Console, seen: Seen, name: str = "ann") -> Console:
    """The browser that got this answer."""
    token = re.search("wasl_session=([^;]+)", seen.headers["Set-Cookie"])
    assert token is not None
    return replace(console, session=Session(token[1], await console.gateway.user(name)))


async def with_password(console: Console, name: str = "ann", then: str = "") -> Console:
    """After the password was given."""
    nobody = await console.as_(None)
    return await signed_in(console, await nobody.post("/sign-in", {"name": name, "password": PASSWORD, "then": then}), name)


@pytest.fixture
async def secret(console: Console) -> str:
    """Of ann, an admin, who has enrolled a second factor."""
    secret, _ = await enrolled(console.gateway, await console.gateway.add_user("ann", PASSWORD, Role.ADMIN))
    return secret


async def test_it_is_enrolled_by_password_and_code_and_its_recovery_codes_are_shown_once(console: Console) -> None:
    assert console.session is not None
    before = await console.get("/profile/factor")
    stranger = await console.post("/profile/factor", {"password": "not it at all"})
    begun = await console.post("/profile/factor", {"password": PASSWORD, "then": "/users"})
    page = await console.follow(begun)
    told = await console.gateway.enrolment(console.session.user)
    assert told is not None
    wrong = await console.post("/profile/factor/confirm", {"code": "000000", "then": "/users"})
    done = await console.post("/profile/factor/confirm", {"code": shown(told.spelled, console.gateway.now()), "then": "/users"})
    after = await console.get("/profile/factor")

    assert told.spelled not in before.text
    assert (stranger.status, wrong.status, done.status) == (422, 422, 200)
    assert "not your present password" in stranger.text
    assert begun.location == "/console/profile/factor?then=%2Fusers"
    assert told.spelled in page.text
    assert "<svg" in page.text
    assert not re.search(r"<svg[^>]*style|style=", page.text)
    codes = re.findall(r"[2-9a-z]{4}(?:-[2-9a-z]{4}){2}(?=</bdi>)", done.text)
    assert len(codes) == 10
    assert 'href="/console/users"' in done.text
    assert not any(code in after.text for code in codes)
    assert told.spelled not in after.text
    assert "10 codes are left" in after.text


async def test_after_the_password_only_the_code_opens_anything(console: Console, secret: str) -> None:
    half = await with_password(console, then="/audit")
    everything = [(await half.get(path)).location for path in ("/", "/messages?q=x", "/profile", "/users", "/profile/factor")]
    acted = [(await half.post(path)).status for path in ("/profile", "/profile/factor/remove", "/prove", "/sign-out")]
    form = await half.get("/sign-in/code?then=/audit")
    right = await half.post("/sign-in/code", {"code": shown(secret, console.gateway.now()), "then": "/audit"})
    whole = await signed_in(console, right)

    assert everything == [
        "/console/sign-in/code", "/console/sign-in/code?then=%2Fmessages%3Fq%3Dx", "/console/sign-in/code?then=%2Fprofile",
        "/console/sign-in/code?then=%2Fusers", "/console/sign-in/code?then=%2Fprofile%2Ffactor",
    ]  # fmt: skip
    assert acted == [401] * 4
    assert "You sign in as" in form.text
    assert 'autocomplete="one-time-code"' in form.text
    assert "Sign out" not in form.text
    assert (right.status, right.location) == (303, "/console/audit")
    assert whole.session != half.session
    assert (await whole.get("/audit")).status == 200
    assert (await half.get("/audit")).location == "/console/sign-in?then=%2Faudit"


async def test_a_code_that_is_wrong_or_used_gets_one_answer_and_the_audit_tells(console: Console, secret: str) -> None:
    half, other = await with_password(console), await with_password(console)
    code = shown(secret, console.gateway.now())
    wrong = await half.post("/sign-in/code", {"code": "000000"})
    await half.post("/sign-in/code", {"code": code})
    used = await other.post("/sign-in/code", {"code": code})
    recovery = await other.post("/sign-in/code", {"code": "aaaa-bbbb-cccc"})
    refused = [entry for entry in (await console.gateway.audited()).data if entry.action is Action.SIGN_IN_REFUSED]

    assert [(seen.status, WRONG in seen.text) for seen in (wrong, used, recovery)] == [(401, True)] * 3
    assert wrong.text == used.text == recovery.text
    assert [entry.facts for entry in refused] == [{"factor": True}] * 3
    assert code not in repr(refused)


async def test_whoever_guesses_codes_is_stopped_after_five_in_a_minute_from_wherever(console: Console, secret: str) -> None:
    half = [await with_password(console) for _ in range(3)]
    tries = [(await half[number % 3].post("/sign-in/code", {"code": f"{number:06}"})).status for number in range(6)]
    right = await half[0].post("/sign-in/code", {"code": shown(secret, console.gateway.now())})

    assert tries == [401] * 5 + [429]
    assert right.status == 429
    assert "too many tries" in right.text


def test_whoever_guesses_slowly_is_stopped_after_thirty_in_an_hour() -> None:
    now = [1000.0]
    limits = Limits(lambda: now[0])
    for number in range(30):
        now[0] += 13
        limits.count_code(f"192.0.2.{number}", "usr_1")

    with pytest.raises(TooMany):
        limits.count_code("192.0.2.99", "usr_1")
    limits.count_code("192.0.2.99", "usr_2")
    now[0] += 3600
    limits.count_code("192.0.2.99", "usr_1")


@pytest.mark.parametrize("then", ["//evil.example", "https://evil.example", "/\\evil.example"])
async def test_it_leads_nowhere_else(console: Console, secret: str, then: str) -> None:
    half = await with_password(console)
    found = await half.post("/sign-in/code", {"code": shown(secret, console.gateway.now()), "then": then})
    whole = await signed_in(console, found)
    proved = await whole.post("/prove", {"code": shown(secret, console.gateway.now(), 1), "then": then})

    assert (found.location, proved.location) == ("/console/", "/console/")


async def test_whoever_is_not_half_signed_in_has_no_code_to_give(console: Console) -> None:
    nobody = await console.as_(None)

    assert [(await one.get("/sign-in/code")).location for one in (nobody, console)] == ["/console/sign-in"] * 2
    assert (await nobody.post("/sign-in/code", {"code": "000000"})).location == "/console/sign-in"


async def test_what_changes_users_asks_for_the_code_again_after_ten_minutes_and_leads_back(console: Console, secret: str) -> None:
    ann = await console.gateway.user("ann")
    long_ago = console.gateway.now() - timedelta(minutes=11)
    stale = replace(console, session=await console.gateway.open_session(ann, proved_at=long_ago))
    asked, sent = await stale.get("/users?x=1"), await stale.post("/users/add", {"name": "bob"})
    elsewhere = await stale.get("/messages")
    told = await stale.follow(sent)
    wrong = await stale.post("/prove", {"code": "000000", "then": "/users?x=1"})
    right = await stale.post("/prove", {"code": shown(secret, console.gateway.now()), "then": "/users?x=1"})

    assert asked.location == f"/console/prove?then={quote('/users?x=1', safe='')}"
    assert sent.location == "/console/prove?then=%2Fusers%2Fadd"
    assert "This was not done yet" in told.text
    assert "bob" not in [user.name for user in await console.gateway.users()]
    assert elsewhere.status == 200
    assert (wrong.status, WRONG in wrong.text) == (422, True)
    assert right.location == "/console/users?x=1"
    assert (await stale.get("/users")).status == 200


async def test_an_admin_without_a_second_factor_enrols_one_first(console: Console) -> None:
    bare = replace(console, session=await console.gateway.open_session(await console.gateway.user("admin")))
    asked = await bare.get("/users")
    page = await bare.follow(asked)
    by_hand = await bare.get("/prove?then=/users")

    assert asked.location == by_hand.location == "/console/profile/factor?then=%2Fusers"
    assert "It needs a second factor" in page.text


async def test_a_changed_password_keeps_what_was_proved_in_this_browser_alone(console: Console, secret: str) -> None:
    half = await with_password(console)
    whole = await signed_in(console, await half.post("/sign-in/code", {"code": shown(secret, console.gateway.now())}))
    changed = await whole.post("/profile/password", {"before": PASSWORD, "password": "another horse battery"})
    here = await signed_in(console, changed)

    assert (await here.get("/users")).status == 200
    assert (await whole.get("/users")).status == 303


async def test_new_recovery_codes_and_removing_it_need_a_code(console: Console, secret: str) -> None:
    half = await with_password(console)
    whole = await signed_in(console, await half.post("/sign-in/code", {"code": shown(secret, console.gateway.now())}))
    refused = [(await whole.post(f"/profile/factor/{act}", {})).status for act in ("codes", "remove")]
    renewed = await whole.post("/profile/factor/codes", {"renewing": shown(secret, console.gateway.now(), 1)})
    code = re.findall(r"[2-9a-z]{4}(?:-[2-9a-z]{4}){2}(?=</bdi>)", renewed.text)[0]
    removed = await whole.post("/profile/factor/remove", {"removing": code})

    assert refused == [422, 422]
    assert removed.location == "/console/profile"
    assert await console.gateway.second_factor(await console.gateway.user("ann")) is None


async def test_in_a_browser_it_is_enrolled_asked_for_and_passes_axe(console: Console, browsing: Browsing) -> None:
    admin = await console.gateway.user("admin")
    tab = await browsing(session=await console.gateway.open_session(admin), viewport={"width": 1280, "height": 900})
    await tab.goto("/console/users")
    await tab.get_by_label("Present password").fill(PASSWORD)
    await tab.get_by_role("button", name="Enrol a second factor").click()
    scanned = await tab.locator("svg.qr").bounding_box()
    secret = await tab.locator(".secret").inner_text()
    faults = await axe(tab)
    await tab.get_by_role("textbox", name="Code").fill(shown(secret, console.gateway.now()))
    await tab.get_by_role("button", name="Confirm").click()
    await tab.get_by_text("Your second factor is on.").wait_for()
    faults += await axe(tab)
    await tab.get_by_role("link", name="I have kept them").click()
    await tab.get_by_role("heading", name="Users").wait_for()

    assert scanned is not None
    assert scanned["width"] > 200
    assert faults == []
    await _enters(await browsing(session=None), shown(secret, console.gateway.now(), 1))


async def _enters(tab: Tab, code: str) -> None:
    await tab.goto("/console/audit")
    await tab.get_by_label("Name").fill("admin")
    await tab.get_by_label("Password").fill(PASSWORD)
    await tab.keyboard.press("Enter")
    await tab.get_by_label("Code").fill(code)
    await tab.keyboard.press("Enter")
    await tab.get_by_role("heading", name="Audit").wait_for()

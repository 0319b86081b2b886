"""Single sign-on end to end, against a provider that signs with real keys: who gets in, as whom, and every attack that must not."""

import hmac
import json
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

import aiohttp
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from structlog.testing import capture_logs

import wasl.passwords
from tests.gateway.brands.faces import written
from tests.gateway.console.conftest import BRANDS, PASSWORD, Console, Seen, axe, picture, serious, session_of, tabs
from tests.gateway.console.idp import ANN, CLIENT, SECRET, Idp, for_ever, huge, jwk_of, private_key, providing
from tests.gateway.scripted import Carrier, FakeClock
from tests.ports import free_port
from wasl.api import Gateway
from wasl.audited import Action
from wasl.checkup import Finding, examine_running
from wasl.errors import Refused
from wasl.oidc import NotSignedOn
from wasl.oidc.issuer import Issuer
from wasl.server.app import listening
from wasl.users import Role, Session

HERE = "http://127.0.0.1:8080"
ROLES = {"wasl-admins": "admin", "support-team": "support"}
Make = Callable[..., Awaitable["Tab"]]


@dataclass
class Tab:
    """A browser with cookies of its own, signed in nowhere at first."""

    console: Console
    idp: Idp
    clock: FakeClock
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def gateway(self) -> Gateway:
        return self.console.gateway

    @property
    def token(self) -> str:
        return self.cookies.get("wasl_session", "")

    def other(self) -> "Tab":
        return Tab(self.console, self.idp, self.clock)

    async def get(self, path: str, **headers: str) -> Seen:
        seen = await self.console.ask("GET", path, cookies=self.cookies, headers=headers)
        for name, value in re.findall(r"((?:__Host-)?wasl_\w+)=([^;]*)", seen.headers["Set-Cookie"]):
            self.cookies[name] = value.strip('"')
        return seen

    async def leave(self, **query: str) -> str:
        """Press the button: the URL of the provider."""
        seen = await self.get(f"/oidc/start?{urlencode(query)}")
        assert seen.status == 303, seen.text
        return seen.location

    async def back(self, query: str) -> Seen:
        return await self.get(f"/oidc/back?{query}")

    async def sign_on(self, **query: str) -> Seen:
        """The whole way."""
        return await self.back(self.idp.authorize(await self.leave(**query)))


@pytest.fixture
async def idp() -> AsyncIterator[Idp]:
    async with providing() as one:
        yield one


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime.now(UTC))


@pytest.fixture
async def make(opened: Callable[..., Awaitable[Gateway]], idp: Idp, clock: FakeClock, tmp_path: Path) -> AsyncIterator[Make]:
    """A console with `[console.oidc]` as given, and a browser that looks at it."""
    brands = written(tmp_path / "brands", BRANDS)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))

        async def made(port: int = 0, **told: Any) -> Tab:
            public = f"http://127.0.0.1:{port}" if port else HERE
            oidc = {
                "issuer": idp.issuer, "client_id": CLIENT, "client_secret": SECRET, "name": "Example ID", "roles": ROLES,
                "second_factor": ["mfa", "otp", "hwk"], **told,
            }  # fmt: skip
            gateway = await opened(
                {"mail": Carrier("email")}, worker=False, clock=clock, brands=brands, console={"oidc": oidc}, server={"public_url": public}
            )
            url = await stack.enter_async_context(listening(gateway, "127.0.0.1", port))
            return Tab(Console(url, gateway, http, None), idp, clock)

        yield made


@pytest.fixture
async def tab(make: Make) -> Tab:
    return await make()


async def actions(gateway: Gateway) -> list[Action]:
    return [entry.action for entry in (await gateway.audited()).data]


async def the_user(tab: Tab) -> Any:
    found = await tab.gateway.signed_in(tab.token)
    assert found is not None
    return found


async def test_whom_the_provider_knows_is_signed_in_as_it_says_and_led_on(tab: Tab) -> None:
    asked = parse_qs((await tab.leave(then="/people?q=1")).partition("?")[2])
    done = await tab.sign_on(then="/people?q=1")
    page = await tab.get("/people")

    assert asked["redirect_uri"] == [f"{HERE}/console/oidc/back"]
    assert asked["scope"] == ["openid profile email"]
    assert "max_age" not in asked
    assert (done.status, done.location) == (303, "/console/people?q=1")
    assert page.status == 200
    user = (await the_user(tab)).user
    assert (user.name, user.role, user.brands, user.single_sign_on) == ("ann", Role.SUPPORT, (), True)
    assert await actions(tab.gateway) == [Action.SIGNED_IN, Action.USER_ADDED]
    assert tab.cookies["wasl_oidc"] == ""


async def test_what_the_browser_keeps_is_sealed_short_lived_and_of_this_host_alone(tab: Tab) -> None:
    near, far = await tab.get("/oidc/start"), await tab.get("/oidc/start", Host="wasl.example:8443")

    assert re.match(r"wasl_oidc=[\w-]+; HttpOnly; Max-Age=600; Path=/; SameSite=Lax$", near.headers["Set-Cookie"])
    assert re.match(r"__Host-wasl_oidc=[\w-]+; HttpOnly; Max-Age=600; Path=/; SameSite=Lax; Secure$", far.headers["Set-Cookie"])
    for secret in parse_qs(near.location.partition("?")[2])["state"] + parse_qs(near.location.partition("?")[2])["nonce"]:
        assert len(secret) >= 43
        assert secret not in near.headers["Set-Cookie"]


async def test_it_leads_nowhere_else(tab: Tab) -> None:
    for then in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\nx", "/" + "x" * 3000):
        assert (await tab.other().sign_on(then=then)).location == "/console/", then


async def test_they_are_known_by_their_subject_and_a_name_that_is_taken_gets_a_number(tab: Tab) -> None:
    await tab.gateway.add_user("ann", PASSWORD, Role.ADMIN)
    await tab.sign_on()
    tab.idp.claims["preferred_username"] = "eve"
    await (again := tab.other()).sign_on()
    tab.idp.claims = {**ANN, "sub": "another"}
    await (other := tab.other()).sign_on()

    first, second, third = [(await the_user(one)).user for one in (tab, again, other)]
    assert first.id == second.id != third.id
    assert [user.name for user in (first, second, third)] == ["ann 2", "ann 2", "ann 3"]
    assert first.role is Role.SUPPORT
    assert len(await tab.gateway.users()) == 3


async def test_a_name_is_made_of_what_the_provider_tells(tab: Tab) -> None:
    told: list[tuple[dict[str, Any], str]] = [
        ({"preferred_username": "a:n\u202en\n", "email": "x@example.com"}, "ann"),
        ({"preferred_username": "", "email": "ann@example.com"}, "ann@example.com"),
        ({"preferred_username": 7, "name": "آن"}, "آن"),
        ({"preferred_username": "a" * 300}, "a" * 56),
        ({"preferred_username": None}, r"user [0-9a-f]{6}"),
    ]
    for number, (claims, name) in enumerate(told):
        tab.idp.claims = {**ANN, "sub": str(number), **claims}
        await (one := tab.other()).sign_on()

        assert re.fullmatch(name, (await the_user(one)).user.name), name


async def test_two_providers_may_have_the_same_subject(make: Make) -> None:
    here = await make()
    await here.sign_on()
    async with providing() as second:
        there = Tab((await make(issuer=second.issuer)).console, second, here.clock)
        await there.sign_on()

    assert (await the_user(here)).user.id != (await the_user(there)).user.id


async def test_role_and_brands_follow_the_claims_and_a_change_ends_other_sessions(make: Make) -> None:
    tab = await make(brands={"acme-team": ["acme"], "beta-team": ["beta"], "wasl-admins": []})
    tab.idp.claims["groups"] = ["support-team", "acme-team"]
    await tab.sign_on()
    await (same := tab.other()).sign_on()
    before = (await the_user(tab)).user
    tab.idp.claims["groups"] = ["wasl-admins", "support-team", "acme-team"]
    await (changed := tab.other()).sign_on()
    after = (await the_user(changed)).user
    entry = next(one for one in (await tab.gateway.audited()).data if one.action is Action.USER_CHANGED)

    assert (before.role, before.brands) == (Role.SUPPORT, ("acme",))
    assert (after.id, after.role, after.brands) == (before.id, Role.ADMIN, ())
    assert [(await one.get("/profile")).status for one in (tab, same, changed)] == [303, 303, 200]
    assert (entry.object, entry.facts["before"], entry.facts["role"], entry.facts["single_sign_on"]) == (
        before.id, "support", "admin", True,
    )  # fmt: skip


async def test_the_last_admin_may_lose_that_role_by_the_providers_word(tab: Tab) -> None:
    tab.idp.claims["groups"] = "wasl-admins"
    await tab.sign_on()
    tab.idp.claims["groups"] = ["support-team"]
    done = await (again := tab.other()).sign_on()

    assert done.status == 303
    assert (await the_user(again)).user.role is Role.SUPPORT


@pytest.mark.parametrize(
    ("told", "groups", "said"),
    [
        ({}, ["strangers"], "has a role here"),
        ({}, {"a": 1}, "has a role here"),
        ({"brands": {"x": ["acme"]}}, ["support-team"], "sees a brand"),
    ],
)
async def test_whoever_has_no_group_here_any_more_is_refused_and_signed_out(
    make: Make, told: dict[str, Any], groups: Any, said: str
) -> None:
    tab = await make(**{**told, **({"brands": {"x": ["acme"], "old": []}} if told else {})})
    tab.idp.claims["groups"] = ["support-team", "old"]
    await tab.sign_on()
    tab.idp.claims["groups"] = groups
    refused = await (again := tab.other()).sign_on()

    assert refused.status == 403
    assert said in refused.text
    assert "[console.oidc]" in refused.text
    assert not again.token
    assert (await tab.get("/profile")).status == 303
    assert (await actions(tab.gateway))[:2] == [Action.SIGN_IN_REFUSED, Action.USER_SIGNED_OUT]


@pytest.mark.parametrize(
    ("claim", "claims"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["wasl-admins"]}}),
        ("https://acme.example/groups", {"https://acme.example/groups": ["wasl-admins"]}),
        ("role", {"role": "wasl-admins"}),
    ],
)
async def test_groups_may_stand_in_any_claim(make: Make, claim: str, claims: dict[str, Any]) -> None:
    tab = await make(claim=claim)
    tab.idp.claims = {"sub": "1", **claims}
    await tab.sign_on()

    assert (await the_user(tab)).user.role is Role.ADMIN


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
async def test_signatures_with_public_keys_are_believed(tab: Tab, algorithm: str) -> None:
    key = algorithm[:2].replace("PS", "RS")
    tab.idp.keys, tab.idp.sign = [jwk_of("RS", "other"), jwk_of(key, "one")], by(key, algorithm)

    assert (await tab.sign_on()).status == 303
    assert tab.token


def _put(**claims: Any) -> Callable[[dict[str, Any]], object]:
    return lambda told: told.update(claims)


def _without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda told: told.pop(name)


LONG_AGO, LATER = int(time.time()) - 400, int(time.time()) + 86_400  # of when the tests began, which may be long ago
LIES: Mapping[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "another nonce": (_put(nonce="n" * 43), "nonce"),
    "no nonce": (_without("nonce"), "MissingRequiredClaimError"),
    "a nonce that is no text": (_put(nonce=["x"]), "nonce"),
    "for somebody else": (_put(aud="other"), "InvalidAudienceError"),
    "for several, and not made for us": (_put(aud=[CLIENT, "other"]), "azp"),
    "for several, and made for another": (_put(aud=[CLIENT, "other"], azp="other"), "azp"),
    "for us, and made for another": (_put(azp="other"), "azp"),
    "by somebody else": (_put(iss="https://evil.example"), "InvalidIssuerError"),
    "by us with a slash": (lambda told: told.update(iss=f"{told['iss']}/"), "InvalidIssuerError"),
    "over": (_put(exp=LONG_AGO), "ExpiredSignatureError"),
    "endless": (_without("exp"), "MissingRequiredClaimError"),
    "of tomorrow": (_put(iat=LATER), "ImmatureSignatureError"),
    "not yet": (_put(nbf=LATER), "ImmatureSignatureError"),
    "without a moment": (_without("iat"), "MissingRequiredClaimError"),
    "of nobody": (_without("sub"), "MissingRequiredClaimError"),
    "of an empty subject": (_put(sub=""), "sub"),
    "of a number": (_put(sub=7), "InvalidSubjectError"),
    "of an endless subject": (_put(sub="s" * 300), "sub"),
}


async def test_a_token_that_does_not_fit_signs_nobody_in(tab: Tab) -> None:
    for lie, (change, detail) in LIES.items():
        tab.idp.change = change
        await refused_as_a_lie(tab, lie, detail)


async def refused_as_a_lie(tab: Tab, lie: str, detail: str) -> None:
    with capture_logs() as logs:
        seen = await tab.sign_on()

    entry = (await tab.gateway.audited()).data[0]
    assert (seen.status, "cannot be believed" in seen.text, "Traceback" in seen.text) == (502, True, False), lie
    assert (tab.token, await tab.gateway.users()) == ("", []), lie
    assert (entry.action, entry.facts["because"]) == (Action.SIGN_IN_REFUSED, "not_proved"), lie
    assert [one["detail"] for one in logs if one["event"] == "sign_on.refused"] == [detail], lie
    for secret in (SECRET, ANN["sub"], *tab.idp.grants, "eyJ"):
        assert str(secret) not in repr(logs), lie


def with_the_public_key(claims: dict[str, Any]) -> str:
    """The classic: the public key as the secret of an HMAC."""
    secret = private_key("RS").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "HS256", "kid": "one"}, claims)]
    mac = urlsafe_b64encode(hmac.digest(secret, b".".join(parts), "sha256")).rstrip(b"=")
    return b".".join([*parts, mac]).decode()


def by(key: str, algorithm: str = "RS256", **header: Any) -> Callable[[dict[str, Any]], str]:
    return lambda claims: jwt.encode(claims, private_key(key), algorithm, {"kid": "one", **header})


FORGERIES: Mapping[str, tuple[Callable[[dict[str, Any]], str], str]] = {
    "unsigned": (lambda claims: jwt.encode(claims, "", "none", {"kid": "one"}), "algorithm"),
    "with the public key as a secret": (with_the_public_key, "algorithm"),
    "with the client's secret": (lambda claims: jwt.encode(claims, SECRET * 3, "HS256", {"kid": "one"}), "algorithm"),
    "by a hash that is not taken": (by("RS", "RS512"), "algorithm"),
    "with another key of that name": (by("RS other"), "InvalidSignatureError"),
    "with a key that is not published": (by("RS other", kid="two"), "no key"),
    "with a key of another kind": (by("ES", "ES256"), "no key"),
    "with a key that it brings itself": (
        by("RS other", jwk=jwk_of("RS other", "one"), jku="https://evil.example"),
        "InvalidSignatureError",
    ),
    "changed": (lambda claims: by("RS")(claims)[:-8] + "AAAAAAAA", "InvalidSignatureError"),
    "no token": (lambda claims: "eyJ.not.a-token", "DecodeError"),
}


async def test_a_forged_token_signs_nobody_in(tab: Tab) -> None:
    for forgery, (sign, detail) in FORGERIES.items():
        tab.idp.sign = sign
        await refused_as_a_lie(tab, forgery, detail)


async def test_a_token_that_names_no_key_is_taken_only_where_there_is_no_choice(tab: Tab) -> None:
    tab.idp.sign = lambda claims: jwt.encode(claims, private_key("RS"), "RS256")
    one = await tab.sign_on()
    tab.clock.advance(hours=2)
    tab.idp.keys = [jwk_of("RS", "one"), jwk_of("RS other", "two")]
    two = await tab.other().sign_on()

    assert (one.status, two.status) == (303, 502)


async def test_clocks_may_be_a_minute_apart(tab: Tab) -> None:
    tab.idp.change = lambda told: told.update(iat=told["iat"] + 30, exp=told["iat"] - 30)

    assert (await tab.sign_on()).status == 303


async def test_a_key_that_is_not_known_is_asked_for_at_most_once_a_minute(tab: Tab) -> None:
    await tab.sign_on()
    tab.idp.sign = lambda claims: jwt.encode(claims, private_key("RS other"), "RS256", {"kid": "new"})
    tab.idp.keys = [jwk_of("RS other", "new")]
    at_once = await tab.other().sign_on()
    asked = tab.idp.asked.count("/keys")
    tab.clock.advance(seconds=61)
    later, again = await tab.other().sign_on(), await tab.other().sign_on()

    assert (at_once.status, later.status, again.status) == (502, 303, 303)
    assert (asked, tab.idp.asked.count("/keys")) == (1, 2)


# Who came back, and with what


async def test_an_answer_that_does_not_belong_to_this_browser_signs_nobody_in(tab: Tab) -> None:
    """Login CSRF: an attacker brings a victim an answer of the attacker's own sign-in."""
    query = tab.idp.authorize(await tab.leave())
    (_, state), (_, code) = sorted(parse_qsl(query), reverse=True)
    await (busy := tab.other()).leave()
    own, sealed = dict(tab.cookies), tab.cookies["wasl_oidc"]
    changed = sealed[:20] + ("B" if sealed[20] == "A" else "A") + sealed[21:]
    for cookies, fields in (
        ({}, [("code", code), ("state", state)]),
        (busy.cookies, [("code", code), ("state", state)]),
        ({"wasl_oidc": changed}, [("code", code), ("state", state)]),
        ({"wasl_oidc": "A" * 3000}, [("code", code), ("state", state)]),
        (own, [("code", code), ("state", "x")]),
        (own, [("code", code), ("state", "ß")]),
        (own, [("code", code), ("state", state), ("state", state)]),
        (own, [("code", code)]),
    ):
        victim = tab.other()
        victim.cookies = dict(cookies)
        seen = await victim.back(urlencode(fields))

        assert (seen.status, "was not begun in this browser" in seen.text, victim.token) == (400, True, ""), (cookies, fields)
    assert "/token" not in tab.idp.asked
    assert await actions(tab.gateway) == []  # anybody can send such an answer; the audit is not theirs to fill
    assert (await tab.sign_on()).status == 303


async def test_an_answer_counts_once_in_whatever_browser(tab: Tab) -> None:
    query = tab.idp.authorize(await tab.leave())
    thief = tab.other()
    thief.cookies = dict(tab.cookies)
    first, again = await tab.back(query), await thief.back(query)

    assert (first.status, again.status) == (303, 400)
    assert not thief.token
    assert tab.idp.asked.count("/token") == 1


async def test_a_code_of_somebody_else_is_worth_nothing_in_another_sign_in(tab: Tab) -> None:
    stolen = parse_qs(tab.idp.authorize(await tab.leave()))["code"][0]
    thief = tab.other()
    own = parse_qs(tab.idp.authorize(await thief.leave()))["state"][0]

    seen = await thief.back(urlencode({"code": stolen, "state": own}))

    assert seen.status == 502
    assert "does not accept" in seen.text
    assert not thief.token


@pytest.mark.parametrize(("minutes", "status"), [(9, 303), (10, 400)])
async def test_a_sign_in_is_open_for_ten_minutes(tab: Tab, minutes: int, status: int) -> None:
    query = tab.idp.authorize(await tab.leave())
    tab.clock.advance(minutes=minutes)

    assert (await tab.back(query)).status == status


@pytest.mark.parametrize(("given", "status"), [("right", 303), ("https://evil.example", 502), ("", 502), (None, 502)])
async def test_an_answer_says_whose_it_is_where_the_provider_tells_that(make: Make, idp: Idp, given: str | None, status: int) -> None:
    idp.document = {"authorization_response_iss_parameter_supported": True}
    tab = await make()
    more = {} if given is None else {"iss": idp.issuer if given == "right" else given}

    assert (await tab.back(idp.authorize(await tab.leave(), **more))).status == status


async def test_an_answer_of_another_provider_is_not_taken_even_where_that_was_not_promised(tab: Tab) -> None:
    assert (await tab.back(tab.idp.authorize(await tab.leave(), iss="https://evil.example"))).status == 502


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [("access_denied", 403, "did not let you in"), ("invalid_scope", 502, "does not accept"), ("<script>", 403, "did not let you in")],
)
async def test_what_the_provider_refuses_is_told_in_words(tab: Tab, error: str, status: int, said: str) -> None:
    query = tab.idp.authorize(await tab.leave(), error=error, error_description="<script>alert(1)</script>")
    seen = await tab.back(query)

    assert seen.status == status
    assert said in seen.text
    assert "alert(1)" not in seen.text
    assert 'href="/console/oidc/start"' in seen.text


async def test_pages_of_others_cannot_begin_a_sign_in(tab: Tab) -> None:
    seen = await tab.get("/oidc/start?then=/people", **{"Sec-Fetch-Site": "cross-site"})

    assert (seen.status, seen.location) == (303, "/console/sign-in?then=%2Fpeople")
    assert "wasl_oidc" not in tab.cookies


async def test_whoever_sends_answers_all_day_is_stopped(tab: Tab) -> None:
    statuses = [(await tab.other().back(f"state={number}&code=x")).status for number in range(31)]

    assert statuses == [400] * 30 + [429]


# What the provider says of itself


async def _elsewhere(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("https://evil.example")


async def _broken(request: web.Request) -> web.StreamResponse:
    return web.Response(status=500, text="a secret of theirs")


async def _nonsense(request: web.Request) -> web.StreamResponse:
    return web.json_response({"issuer": 7, "keys": "x"})


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"answer": huge}, "more than 1000000 bytes"),
    ({"answer": _elsewhere}, "redirects are not followed"),
    ({"answer": _broken}, "status 500"),
    ({"answer": _nonsense}, "authorization_endpoint"),
    ({"document": {"issuer": "https://evil.example"}}, "calls itself 'https://evil.example'"),
    ({"document": {"token_endpoint": "http://id.example.com/token"}}, "which is not https"),
    ({"document": {"authorization_endpoint": "javascript:alert(1)"}}, "which is not https"),
    ({"document": {"jwks_uri": None}}, "jwks_uri"),
]


async def test_a_provider_that_is_not_as_it_should_be_is_told_by_the_page_and_by_the_doctor(tab: Tab) -> None:
    for wrong, detail in WRONG:
        tab.clock.advance(seconds=6)
        tab.idp.answer, tab.idp.document = wrong.get("answer"), wrong.get("document", {})
        before = len(tab.idp.asked)
        seen, again = await tab.get("/oidc/start"), await tab.get("/oidc/start")
        asked = len(tab.idp.asked) - before
        found = await examined(tab)

        assert (seen.status, again.status, asked) == (502, 502, 1), detail  # it is not asked again at once
        assert "does not answer, or not as it should" in seen.text
        assert (found.ok, detail in found.said) == (False, True), found
        assert "a secret of theirs" not in seen.text + found.said
    tab.clock.advance(seconds=6)
    tab.idp.answer, tab.idp.document = None, {}
    assert (await tab.sign_on()).status == 303


async def examined(tab: Tab) -> Finding:
    """What the doctor says of it."""
    return next(one for one in await examine_running(tab.gateway) if one.what == "single sign-on with Example ID")


async def test_a_slow_provider_is_not_waited_for(tab: Tab) -> None:
    tab.idp.answer = for_ever
    told = tab.gateway.config.console.oidc
    assert told is not None
    with pytest.raises(NotSignedOn) as fact:
        await Issuer(told, tab.clock, seconds=0.05).known()

    assert "did not answer within 0.05 seconds" in fact.value.detail


async def test_the_doctor_says_that_it_answers_and_what_it_must_know(tab: Tab) -> None:
    found = await examined(tab)

    assert found.ok
    assert "with 1 keys" in found.said
    assert f"{HERE}/console/oidc/back" in found.said


async def test_a_client_may_be_told_by_the_form_where_the_provider_knows_no_other_way(tab: Tab) -> None:
    tab.idp.document = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}

    assert (await tab.sign_on()).status == 303


async def test_a_wrong_secret_is_the_operators_and_nothing_of_it_is_told(make: Make) -> None:
    tab = await make(client_secret="not the secret")
    with capture_logs() as logs:
        seen = await tab.sign_on()
    log = repr(logs)

    assert seen.status == 502
    assert "invalid_client" in log
    assert "not the secret" not in log + seen.text
    assert "a secret of theirs" not in log + seen.text


# Beside passwords


async def test_the_sign_in_page_offers_it_and_passwords_beside_it(tab: Tab) -> None:
    seen = await tab.get("/sign-in?then=/people")
    arabic = await tab.get("/sign-in", **{"Accept-Language": "ar"})

    assert 'href="/console/oidc/start?then=%2Fpeople"' in seen.text
    assert "Sign in with" in seen.text
    assert 'name="password"' in seen.text
    assert "wasl user add" not in seen.text
    assert "تسجيل الدخول عبر" in arabic.text


async def test_where_it_is_the_only_way_passwords_sign_nobody_in(make: Make) -> None:
    tab = await make(only=True)
    await tab.gateway.add_user("bob", PASSWORD, Role.ADMIN)
    page, tried = await tab.get("/sign-in"), await tab.console.post("/sign-in", {"name": "bob", "password": PASSWORD})

    assert 'name="password"' not in page.text
    assert (tried.status, "Passwords sign nobody in here." in tried.text) == (403, True)
    assert (await tab.sign_on()).status == 303


@pytest.mark.parametrize("password", ["", PASSWORD])
async def test_no_password_is_theirs_and_none_can_be_given(tab: Tab, password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await tab.sign_on()
    tried: list[str] = []
    real = wasl.passwords._matches

    def noted(given: str, kept: str | None) -> bool:
        tried.append(given)
        return real(given, kept)

    monkeypatch.setattr(wasl.passwords, "_matches", noted)
    seen = await tab.console.post("/sign-in", {"name": "ann", "password": password})
    profile = await tab.get("/profile")

    assert (seen.status, tried) == (401, [password])
    assert "there is no password here" in profile.text
    assert 'name="before"' not in profile.text
    with pytest.raises(Refused, match="single sign-on"):
        await tab.gateway.set_password("ann", PASSWORD)


async def test_signing_out_ends_the_session_here_and_offers_to_end_it_there(tab: Tab) -> None:
    await tab.sign_on()
    session = (await the_user(tab)).user
    signed = await session_here(tab)
    out = await signed.post("/sign-out")
    tab.cookies["wasl_session"] = ""
    page, there = await tab.get(out.location.removeprefix("/console")), await tab.get("/oidc/out")

    assert session.single_sign_on
    assert await tab.gateway.session(signed.cookies["wasl_session"]) is None
    assert 'href="/console/oidc/out"' in page.text
    assert (there.status, there.location) == (303, f"{tab.idp.issuer}/leave?client_id=wasl")


async def session_here(tab: Tab) -> Console:
    return replace(tab.console, session=Session(tab.token, (await the_user(tab)).user))


async def test_where_the_provider_has_no_page_to_leave_none_is_offered(tab: Tab) -> None:
    tab.idp.document = {"end_session_endpoint": None}
    await tab.sign_on()
    out = await (await session_here(tab)).post("/sign-out")
    tab.cookies["wasl_session"] = ""

    assert "/oidc/out" not in (await tab.get(out.location.removeprefix("/console"))).text
    assert (await tab.get("/oidc/out")).status == 404


async def test_without_it_its_pages_are_not_there(console: Console) -> None:
    assert [(await console.get(f"/oidc/{path}")).status for path in ("start", "back", "out", "prove")] == [404] * 4


# The second factor


def now_and(**claims: Any) -> dict[str, Any]:
    return {**ANN, "groups": ["wasl-admins"], "auth_time": int(time.time()), **claims}


async def test_a_second_factor_at_the_provider_counts_where_the_operator_says_which(tab: Tab) -> None:
    tab.idp.claims = now_and(amr=["pwd", "otp"], auth_time=int(time.time()) - 60)
    await tab.sign_on()
    tab.idp.claims = now_and(amr=["pwd"])
    await (without := tab.other()).sign_on()

    proved_at = (await the_user(tab)).proved_at
    assert proved_at is not None
    assert 55 < tab.clock.now().timestamp() - proved_at.timestamp() < 75
    assert (await the_user(without)).proved_at is None


async def test_whoever_proves_themselves_anew_is_sent_there_and_comes_back_to_where_they_were(tab: Tab) -> None:
    tab.idp.claims = now_and()
    await tab.sign_on()
    old, page = tab.token, await tab.get("/oidc/prove?then=/audit")
    url = await tab.leave(prove="1", then="/audit")
    tab.idp.claims = now_and(amr=["hwk"])
    done = await tab.back(tab.idp.authorize(url))

    assert "/console/oidc/start?prove=1&amp;then=%2Faudit" in page.text
    assert parse_qs(url)["max_age"] == ["600"]
    assert (done.status, done.location) == (303, "/console/audit")
    assert (await the_user(tab)).proved_at is not None
    assert await tab.gateway.signed_in(old) is None  # a new one in its place


async def test_what_does_not_prove_them_anew_leaves_all_as_it_was(tab: Tab) -> None:
    tab.idp.claims = now_and()
    await tab.sign_on()
    before, now = tab.token, int(time.time())
    stale: list[dict[str, Any]] = [{"auth_time": one} for one in (now - 700, now + 700, None, "now", 10**30, True)]
    without: list[dict[str, Any]] = [{"amr": ["pwd"]}, {"amr": None}, {"amr": ["otp"], "sub": "another"}]
    for claims in (*without, *({"amr": ["otp"], **one} for one in stale)):
        url = await tab.leave(prove="1")
        tab.idp.claims = now_and(**claims)
        seen = await tab.back(tab.idp.authorize(url))

        assert (seen.status, tab.token) == (403, before), claims
        assert ("somebody else" if "sub" in claims else "second factor in the last ten minutes") in seen.text
        assert (await the_user(tab)).proved_at is None
    assert len(await tab.gateway.users()) == 1


async def test_refusals_are_told_in_arabic_too(tab: Tab) -> None:
    tab.idp.claims["groups"] = []
    url = await tab.leave()
    tab.cookies["wasl_lang"] = "ar"
    seen = await tab.back(tab.idp.authorize(url))

    assert seen.status == 403
    assert 'dir="rtl"' in seen.text
    assert "ليس لأيٍّ من مجموعاتك هناك دور هنا" in seen.text


async def test_a_session_before_ends_with_the_new_one(tab: Tab) -> None:
    bob = await session_of(tab.gateway, "viewer")
    url = await tab.leave()
    tab.cookies["wasl_session"] = bob.token
    await tab.back(tab.idp.authorize(url))

    assert await tab.gateway.session(bob.token) is None
    assert (await the_user(tab)).user.name == "ann"


async def test_pages_that_change_who_may_do_what_send_them_to_prove_themselves_there_first(tab: Tab) -> None:
    tab.idp.claims = now_and()
    await tab.sign_on()
    first = await tab.get("/users")
    url = await tab.leave(prove="1", then="/users")
    tab.idp.claims = now_and(amr=["mfa"])
    await tab.back(tab.idp.authorize(url))
    then = await tab.get("/users")
    tab.clock.advance(minutes=11)

    assert (first.status, first.location) == (303, "/console/oidc/prove?then=%2Fusers")
    assert then.status == 200
    assert (await tab.get("/users")).status == 303


async def test_where_no_second_factor_is_named_they_enrol_one_here(make: Make) -> None:
    tab = await make(second_factor=[])
    tab.idp.claims = now_and(amr=["mfa"])
    await tab.sign_on()

    assert (await tab.get("/users")).location == "/console/profile/factor?then=%2Fusers"
    assert (await the_user(tab)).proved_at is None


@pytest.mark.parametrize(("lang", "scheme", "scripts"), [("en", "light", True), ("ar", "dark", False)])
async def test_a_browser_goes_there_and_back(chromium: str, make: Make, lang: str, scheme: Any, scripts: bool) -> None:
    tab, complaints = await make(free_port()), list[str]()
    async with tabs(chromium, tab.console, complaints) as opening:
        page = await opening(session=None, lang=lang, color_scheme=scheme, java_script_enabled=scripts)
        await page.goto("/console/people")
        await picture(page, f"single-sign-on-{lang}")
        against = await axe(page) if scripts else []
        await page.locator(".gate a.button").click()
        await page.wait_for_url("**/console/people")
        tab.idp.claims["groups"] = []
        other = await opening(session=None, lang=lang, color_scheme=scheme, java_script_enabled=scripts)
        await other.goto("/console/oidc/start")
        await picture(other, f"single-sign-on-refused-{lang}")
        said = await other.locator("main").inner_text()

    assert "[console.oidc]" in said
    assert against == serious(complaints) == []

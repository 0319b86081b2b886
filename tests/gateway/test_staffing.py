"""The console's users on either engine: who there is, what is refused, and what the audit tells."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.databases import rows
from tests.gateway.scripted import Carrier, FakeClock
from wasl.api import Gateway
from wasl.audited import Action, Actor
from wasl.config import load
from wasl.config.mistakes import ConfigMistakes
from wasl.errors import Conflict, NotFound, Refused
from wasl.users import Role, Session

PASSWORD = "correct horse battery"
Opened = Callable[..., Awaitable[Gateway]]


@pytest.fixture
async def gateway(opened: Opened) -> Gateway:
    return await opened({"mail": Carrier("email")}, worker=False)


async def test_a_user_is_added_found_changed_and_removed(gateway: Gateway, database: str) -> None:
    nobody = await gateway.has_user()
    ann = await gateway.add_user("Ann", PASSWORD, "support")
    await gateway.add_user("Bob", PASSWORD, Role.ADMIN)
    session = await gateway.sign_in("Ann", PASSWORD)
    listed = [user.name for user in await gateway.users()]
    changed = await gateway.set_role("Ann", Role.VIEWER)
    await gateway.remove_user("Ann")

    assert (nobody, await gateway.has_user()) == (False, True)
    assert listed == ["Ann", "Bob"]
    assert session is not None
    assert session.user == ann
    assert (changed.id, changed.role) == (ann.id, Role.VIEWER)
    assert await gateway.sign_in("Ann", PASSWORD) is None
    assert rows(database, "SELECT count(*) FROM user_sessions") == [(0,)]


async def test_what_is_done_to_users_is_in_the_audit_with_whoever_did_it(gateway: Gateway) -> None:
    mine = gateway.by(Actor("cli", "root"), "a new colleague")
    ann = await mine.add_user("Ann", PASSWORD, "support")
    await mine.set_role("Ann", "viewer")
    await mine.set_password("Ann", "another password")
    await mine.remove_user("Ann")

    entries = (await gateway.audited()).data

    assert [entry.action for entry in reversed(entries)] == [
        Action.USER_ADDED, Action.USER_CHANGED, Action.PASSWORD_CHANGED, Action.USER_REMOVED,
    ]  # fmt: skip
    assert {(entry.object, entry.actor.id, entry.reason) for entry in entries} == {(ann.id, "root", "a new colleague")}
    assert entries[2].facts["before"] == "support"
    assert PASSWORD not in str(entries)


@pytest.mark.parametrize(
    ("name", "password", "role", "brands", "code"),
    [
        ("Ann", "short", "viewer", (), "bad_password"),
        ("Ann", "x" * 257, "viewer", (), "bad_password"),
        ("Ann", PASSWORD, "boss", (), None),
        ("", PASSWORD, "viewer", (), None),
        (" Ann", PASSWORD, "viewer", (), "bad_name"),
        ("A\u202enn", PASSWORD, "viewer", (), "bad_name"),
        ("Ann", PASSWORD, "viewer", ("nope",), "unknown_brand"),
    ],
)
async def test_what_cannot_be_a_user_is_refused(
    gateway: Gateway, name: str, password: str, role: str, brands: tuple[str, ...], code: str | None
) -> None:
    with pytest.raises(Refused) as refused:
        await gateway.add_user(name, password, role, brands)

    assert code in (None, refused.value.errors[0].code)
    assert await gateway.users() == []


async def test_a_name_is_one_users(gateway: Gateway) -> None:
    await gateway.add_user("Ann", PASSWORD, "viewer")

    with pytest.raises(Refused, match="another user"):
        await gateway.add_user("Ann", PASSWORD, "admin")
    with pytest.raises(NotFound):
        await gateway.set_role("Bob", "admin")
    with pytest.raises(NotFound):
        await gateway.set_password("Bob", PASSWORD)
    with pytest.raises(NotFound):
        await gateway.remove_user("Bob")
    assert [user.role for user in await gateway.users()] == [Role.VIEWER]


async def test_the_last_admin_who_sees_as_much_stays_whoever_asks(gateway: Gateway) -> None:
    await gateway.add_user("Ann", PASSWORD, Role.ADMIN)
    acme = await gateway.add_user("Bob", PASSWORD, Role.ADMIN, ("default",))
    for wrong in (gateway.remove_user("Ann"), gateway.set_role("Ann", "viewer"), gateway.set_role("Ann", "admin", ("default",))):
        with pytest.raises(Conflict) as refused:
            await wrong
        assert refused.value.code == "last_admin"
    await gateway.set_role("Ann", "admin")
    await gateway.remove_user("Bob")
    with pytest.raises(Conflict):
        await gateway.remove_user("Ann")

    assert acme.name == "Bob"
    assert [(user.name, user.role, user.brands) for user in await gateway.users()] == [("Ann", Role.ADMIN, ())]


async def test_two_admins_who_remove_each_other_do_not_both_succeed(gateway: Gateway, opened: Opened) -> None:
    elsewhere = await opened({"mail": Carrier("email")}, worker=False)
    for name in ("Ann", "Bob"):
        await gateway.add_user(name, PASSWORD, Role.ADMIN)

    done = await asyncio.gather(gateway.remove_user("Ann"), elsewhere.remove_user("Bob"), return_exceptions=True)

    assert [type(one) for one in done].count(Conflict) == 1
    assert len(await gateway.users()) == 1


async def test_nobody_takes_their_own_role_or_removes_themselves(gateway: Gateway) -> None:
    ann = await gateway.add_user("Ann", PASSWORD, Role.ADMIN)
    await gateway.add_user("Bob", PASSWORD, Role.ADMIN)
    own = gateway.by(Actor("user", ann.id))

    for wrong in (own.remove_user("Ann"), own.set_role("Ann", "viewer")):
        with pytest.raises(Conflict, match="yourself"):
            await wrong
    assert (await gateway.user("Ann")).role is Role.ADMIN


async def test_members_tell_how_they_sign_in_and_signing_out_everywhere_ends_it(opened: Opened) -> None:
    clock = FakeClock()
    gateway = await opened({"mail": Carrier("email")}, worker=False, clock=clock, console={"idle": "1h", "life": "2h"})
    ann = await gateway.add_user("Ann", PASSWORD, "viewer")
    await gateway.add_user("Bob", PASSWORD, "viewer")
    await gateway.open_session(ann)
    clock.advance(minutes=90)
    now = [await gateway.open_session(ann) for _ in range(2)]
    members = await gateway.members()
    await gateway.by(Actor("cli", "root"), "left a browser open").sign_out_everywhere("Ann")

    assert [(one.user.name, one.signed_in_at, one.factor_since, one.sessions) for one in members] == [
        ("Ann", clock.now(), None, 2), ("Bob", None, None, 0),
    ]  # fmt: skip
    assert [await gateway.session(session.token) for session in now] == [None, None]
    entry = (await gateway.audited()).data[0]
    assert (entry.action, entry.object, entry.reason) == (Action.USER_SIGNED_OUT, ann.id, "left a browser open")


async def test_a_token_that_was_never_given_out_signs_nobody_in(gateway: Gateway) -> None:
    ann = await gateway.add_user("Ann", PASSWORD, "viewer")
    session = await gateway.open_session(ann)
    await gateway.sign_out(session)

    assert [await gateway.session(token) for token in ("", "x" * 43, session.token, "\udcff")] == [None] * 4
    assert repr(session) == "Session(user='Ann')"
    assert Session("secret", ann).token == "secret"


async def test_a_form_is_begun_once_until_it_ends_in_nothing(gateway: Gateway) -> None:
    ann = await gateway.add_user("Ann", PASSWORD, "viewer")

    first, twin = await gateway.begin_form(ann, "t"), await gateway.begin_form(ann, "t")
    await gateway.end_form(ann, "t", None)
    again = await gateway.begin_form(ann, "t")
    await gateway.end_form(ann, "t", "/console/x")

    assert (first.now, twin.now, twin.location, again.now) == (True, False, None, True)
    assert await gateway.begin_form(ann, "t") == (False, "/console/x")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('idle = "1s"', "wasl.toml:2:1: console.idle"),
        ('life = "31d"', "wasl.toml:2:1: console.life"),
        ('zone = "Mars/Olympus"', "wasl.toml:2:1: console.zone"),
        ("enable = false", "did you mean 'enabled'?"),
    ],
)
def test_a_mistake_in_its_section_is_told_with_its_place(tmp_path, monkeypatch, line: str, said: str) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wasl.toml").write_text(f"[console]\n{line}\n")

    with pytest.raises(ConfigMistakes) as mistaken:
        load(None, {})

    assert said in str(mistaken.value.mistakes[0])

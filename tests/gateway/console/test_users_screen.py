"""The users screen: who sees whom, what each act tells first, who is refused, and what the audit keeps."""

import pytest

from tests.gateway.authenticator import enrolled
from tests.gateway.console.conftest import PASSWORD, Console
from wasl.audited import Action
from wasl.console.permissions import Permission
from wasl.console.roles import MAY, change
from wasl.users import Role, User

WHY = {"reason": "a ticket of theirs"}


@pytest.fixture
async def ann(console: Console) -> User:
    """A support agent."""
    return await console.gateway.add_user("ann", PASSWORD, Role.SUPPORT, ("acme",))


async def test_the_list_tells_how_everybody_signs_in(console: Console, ann: User) -> None:
    await enrolled(console.gateway, ann)
    found = await console.get("/users")

    assert found.status == 200
    row = found.text.partition(f"/console/users/{ann.id}")[2].partition("</tr>")[0]
    assert all(said in row for said in ("ann", "support agent", "acme", ">on<", "<time"))
    assert "What each role may" in found.text
    assert 'href="/console/users"' in (await console.get("/messages")).text
    assert 'href="/console/users"' not in (await (await console.as_("operator")).get("/messages")).text


async def test_a_user_is_added_who_can_sign_in_then(console: Console) -> None:
    fields = {"name": "bob", "role": "operator", "brand": "beta", "password": PASSWORD, "once": "1", **WHY}
    added, twice = await console.post("/users/add", fields), await console.post("/users/add", fields)
    bob = await console.gateway.user("bob")
    entry = (await console.gateway.audited()).data[0]

    assert added.location == twice.location == f"/console/users/{bob.id}"
    assert (bob.role, bob.brands) == (Role.OPERATOR, ("beta",))
    assert await console.gateway.sign_in("bob", PASSWORD) is not None
    assert (entry.action, entry.object, entry.reason, entry.actor.name) == (Action.USER_ADDED, bob.id, WHY["reason"], "admin")


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"name": ""}, "name", ""),
        ({"name": "admin"}, "name", "is the name of another user"),
        ({"name": "a:b"}, "name", "colons"),
        ({"password": "short"}, "password", "at least 12 characters"),
        ({"role": "boss"}, "role", ""),
        ({"brand": "none"}, "brand", "is not a brand"),
        ({"reason": ""}, "reason", "Say why"),
        ({"reason": "x" * 501}, "reason", "at most 500"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(console: Console, wrong: dict[str, str], field: str, said: str) -> None:
    fields = {"name": "bob", "role": "viewer", "password": PASSWORD, **WHY, **wrong}
    found = await console.post("/users/add", fields)

    assert found.status == 422
    assert said in found.text.partition(f'id="e-{field}"')[2].partition("</p>")[0]
    assert f'id="e-{field}"' in found.text
    assert PASSWORD not in found.text
    assert "bob" not in [user.name for user in await console.gateway.users()]


async def test_another_role_is_shown_with_what_it_gives_and_takes_before_it_is_given(console: Console, ann: User) -> None:
    session = await console.gateway.open_session(ann)
    at = f"/users/{ann.id}/role"
    form, preview = await console.get(at), await console.get(f"{at}?role=operator&brand=acme&brand=beta")
    bare = await console.post(at, {"role": "operator"})
    done = await console.post(at, [("role", "operator"), ("brand", "acme"), ("brand", "beta"), *WHY.items()])
    after, entry = await console.gateway.user("ann"), (await console.gateway.audited()).data[0]

    assert "What changes" not in form.text
    gains, _, loses = preview.text.partition("They may then:")[2].partition("</form>")[0].partition("They may no more:")
    assert "Pause, resume and test providers" in gains
    assert "Reveal what a message says, with a reason" in loses
    assert (bare.status, done.location) == (422, f"/console/users/{ann.id}")
    assert (after.role, after.brands) == (Role.OPERATOR, ("acme", "beta"))
    assert await console.gateway.session(session.token) is None
    assert (entry.action, entry.reason, entry.facts["before"]) == (Action.USER_CHANGED, WHY["reason"], "support")


@pytest.mark.parametrize(
    ("act", "fields", "action"),
    [
        ("password", {"password": "another horse battery"}, Action.PASSWORD_CHANGED),
        ("factor", {}, Action.FACTOR_RESET),
        ("sign-out", {}, Action.USER_SIGNED_OUT),
        ("remove", {}, Action.USER_REMOVED),
    ],
)
async def test_each_act_tells_first_asks_why_and_ends_their_sessions(
    console: Console, ann: User, act: str, fields: dict[str, str], action: Action
) -> None:
    await enrolled(console.gateway, ann)
    session = await console.gateway.open_session(ann, proved_at=console.gateway.now())
    shown, silent = await console.get(f"/users/{ann.id}/{act}"), await console.post(f"/users/{ann.id}/{act}", fields)
    still = await console.gateway.session(session.token)
    done = await console.post(f"/users/{ann.id}/{act}", {**fields, **WHY})
    entry = (await console.gateway.audited()).data[0]

    assert "They are signed out everywhere" in shown.text
    assert (silent.status, still) == (422, ann)
    assert done.status == 303
    assert await console.gateway.session(session.token) is None
    assert (entry.action, entry.object, entry.reason) == (action, ann.id, WHY["reason"])
    assert (await console.follow(done)).status == 200


@pytest.mark.parametrize("act", ["role", "password", "factor", "remove"])
async def test_nobody_does_it_to_themselves(console: Console, act: str) -> None:
    assert console.session is not None
    own = console.session.user
    await console.gateway.add_user("other", PASSWORD, Role.ADMIN)
    shown = await console.get(f"/users/{own.id}/{act}")
    done = await console.post(f"/users/{own.id}/{act}", {"role": "viewer", "password": PASSWORD, **WHY})
    page = await console.get(f"/users/{own.id}")

    assert "That is you." in shown.text
    assert done.status in (200, 409)
    assert "That is you." in done.text
    assert (await console.gateway.user("admin")).role is Role.ADMIN
    assert f"/users/{own.id}/{act}" not in page.text


async def test_whoever_sees_some_brands_gives_no_more_and_sees_nobody_else(console: Console, ann: User) -> None:
    bob = await console.gateway.add_user("bob", PASSWORD, Role.SUPPORT, ("acme", "beta"))
    acme = await console.as_("admin", "acme")
    listed = (await acme.get("/users")).text
    person = {"name": "eve", "role": "viewer", "password": PASSWORD, **WHY}
    everything, other = await acme.post("/users/add", person), await acme.post("/users/add", {**person, "brand": "beta"})
    raised = [await acme.post(f"/users/{ann.id}/role", {"role": "admin", **brand, **WHY}) for brand in ({}, {"brand": "beta"})]
    allowed = await acme.post("/users/add", {**person, "brand": "acme"})

    assert ann.id in listed
    assert bob.id not in listed
    assert (await acme.get(f"/users/{bob.id}")).status == 404
    assert (await acme.post(f"/users/{bob.id}/remove", WHY)).status == 404
    assert [seen.status for seen in (everything, other, *raised)] == [422] * 4
    assert "Choose at least one" in everything.text
    assert (await console.gateway.user("ann")).role is Role.SUPPORT
    assert allowed.status == 303


async def test_what_changed_meanwhile_is_told(console: Console, ann: User) -> None:
    factor = await console.post(f"/users/{ann.id}/factor", WHY)
    await console.gateway.remove_user("ann")

    assert (factor.status, "has no second factor" in factor.text) == (409, True)
    assert (await console.post(f"/users/{ann.id}/remove", WHY)).status == 404


def test_every_permission_that_a_role_can_lack_has_words() -> None:
    assert MAY.keys() == set(Permission) - {Permission.NOBODY, Permission.OWN, Permission.DEV}
    assert change(Role.SUPPORT, Role.SUPPORT) == ([], [])
    assert MAY[Permission.USERS] in change(Role.VIEWER, Role.ADMIN).gains
    assert MAY[Permission.USERS] in change(Role.ADMIN, Role.VIEWER).loses

"""Acts that two people must agree to: nobody alone, nobody twice, and nobody who is not what they were any more."""

import asyncio
from collections import Counter

import pytest

from tests.databases import changed, rows
from tests.gateway.acted import PASSWORD, REFUSED, Opened, aim, by, ended, failed
from tests.gateway.scripted import Carrier, Script
from wasl.api import Gateway
from wasl.audited import Action, Actor, AuditFilters
from wasl.errors import Conflict, NotFound
from wasl.users import User
from wasl.working_off import WorkingOff


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.acting._PIECE", 2)
    monkeypatch.setattr("wasl.working_off._SHARE", 0)
    monkeypatch.setattr("wasl.working_off._EVERY", 3600)  # a test says when


@pytest.fixture
def script() -> Script:
    return Script(then=REFUSED)


@pytest.fixture
async def gateway(opened: Opened, script: Script) -> Gateway:
    return await opened({"mail": Carrier("email", script)})


@pytest.fixture
async def staff(gateway: Gateway) -> dict[str, User]:
    return {name: await gateway.add_user(name, PASSWORD, "operator") for name in ("bob", "eve", "kim")}


async def test_of_two_who_approve_at_once_one_does_and_it_runs_once(
    gateway: Gateway, opened: Opened, staff: dict[str, User], script: Script
) -> None:
    bob, eve, kim = staff.values()
    ids = await failed(gateway, 3)
    other = await opened({"mail": Carrier("email", script)}, worker=False)
    act = await by(gateway, bob).ask_act("retry", aim(gateway), 3, second=True)
    nothing = await WorkingOff(gateway).look()

    said = await asyncio.gather(
        by(gateway, eve).approve_act(act, eve, bob, 3), by(other, kim).approve_act(act, kim, bob, 3), return_exceptions=True
    )
    await asyncio.gather(WorkingOff(gateway).look(), WorkingOff(other).look())

    seen = await gateway.act(act.id)
    assert not nothing
    assert [type(one) for one in said if one is not None] == [Conflict]
    assert (seen.state, seen.fates, seen.decided_by is not None) == ("done", {"done": 3}, True)
    for one in ids:
        await gateway.wait(one)
    assert Counter(call.message_id for call in script.calls) == dict.fromkeys(ids, 2)
    (entry,) = (await gateway.audited(AuditFilters(action=Action.ACT_APPROVED))).data
    assert entry.actor.id == entry.facts["approver"] == seen.decided_by.id  # type: ignore[union-attr]


async def test_nobody_decides_of_what_they_asked_for_and_who_asked_may_take_it_back(gateway: Gateway, staff: dict[str, User]) -> None:
    bob, eve, _ = staff.values()
    act = await by(gateway, bob).ask_act("retry", aim(gateway), 3, second=True)

    for refused in (
        by(gateway, bob).approve_act(act, bob, bob, 3),
        by(gateway, bob).refuse_act(act, bob),
        by(gateway, eve).withdraw_act(act, eve),
    ):
        with pytest.raises(Conflict, match="not yours"):
            await refused
    asked = await gateway.acts_asked()
    await by(gateway, bob).withdraw_act(act, bob)
    with pytest.raises(Conflict):
        await by(gateway, eve).approve_act(act, eve, bob, 3)

    seen = await gateway.act(act.id)
    assert [one.id for one in asked] == [act.id]
    assert (seen.state, seen.aim, await gateway.acts_asked()) == ("withdrawn", None, [])


async def test_a_no_has_its_reason_and_ends_it(gateway: Gateway, staff: dict[str, User]) -> None:
    bob, eve, _ = staff.values()
    act = await by(gateway, bob).ask_act("cancel", aim(gateway), 3, second=True)

    await gateway.by(Actor("user", eve.id, eve.name), "not ann@example.com").refuse_act(act, eve)

    seen = await gateway.act(act.id)
    assert (seen.state, seen.decided_why) == ("refused", "not a•••@e•••.com")
    assert not await WorkingOff(gateway).look()


@pytest.mark.parametrize("who", ["bob", "eve"])
@pytest.mark.parametrize("change", ["role", "brands", "gone"])
async def test_whoever_changed_meanwhile_neither_approves_nor_has_it_approved(
    gateway: Gateway, staff: dict[str, User], who: str, change: str
) -> None:
    bob, eve, _ = staff.values()
    act = await by(gateway, bob).ask_act("retry", aim(gateway), 3, second=True)
    if change == "gone":
        await gateway.remove_user(who)
    else:
        await gateway.set_role(who, "viewer" if change == "role" else "operator", ["default"])

    with pytest.raises(Conflict):
        await by(gateway, eve).approve_act(act, eve, bob, 3)

    assert (await gateway.act(act.id)).state == "asked"


async def test_a_person_is_erased_when_a_second_one_agrees_and_nothing_of_it_names_them(
    gateway: Gateway, staff: dict[str, User], database: str
) -> None:
    bob, eve, _ = staff.values()
    await failed(gateway, 2)
    act = await by(gateway, bob).ask_act("erase", aim(gateway, "", recipient="u_1"), 2, second=True)
    await by(gateway, eve).approve_act(act, eve, bob, 2)

    seen = await ended(gateway, act)

    assert (seen.state, seen.aim, seen.reason) == ("done", None, "")
    assert (await gateway.recipient("u_1")).erased_at is not None
    assert "u_1" not in str(rows(database, "SELECT * FROM acts")) + str(rows(database, "SELECT * FROM audit_details"))


async def test_what_waits_too_long_lapses_and_is_gone_after_a_month(gateway: Gateway, staff: dict[str, User], database: str) -> None:
    bob, eve, _ = staff.values()
    act = await by(gateway, bob).ask_act("retry", aim(gateway, "to:ann@example.com is:failed"), 3, second=True)
    stored = str(rows(database, "SELECT * FROM acts"))
    await changed(database, "UPDATE acts SET lapses_at = 1")

    with pytest.raises(Conflict):
        await by(gateway, eve).approve_act(act, eve, bob, 3)
    early = (await gateway.act(act.id)).state
    await gateway._open.ledger.act_work.acts.clear()
    late = await gateway.act(act.id)
    await changed(database, "UPDATE acts SET asked_at = 1")
    await gateway._open.ledger.act_work.acts.clear()

    assert "ann@example" not in stored
    assert (early, late.state, late.aim) == ("lapsed", "lapsed", None)
    with pytest.raises(NotFound):
        await gateway.act(act.id)

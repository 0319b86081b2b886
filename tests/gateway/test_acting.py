"""Acts on many messages: frozen, done piece by piece, taken over after a crash, and never done twice."""

import asyncio
from collections import Counter

import pytest

from tests.gateway.acted import LATER, PASSWORD, REFUSED, Opened, aim, by, ended, failed, result
from tests.gateway.scripted import ANN, Carrier, Script, message
from wasl.acts_seen import DONE, SUPPRESSED, Fated
from wasl.api import Gateway
from wasl.audited import Action, AuditFilters
from wasl.errors import Conflict
from wasl.users import User
from wasl.working_off import WorkingOff
from wasl_contracts import Receipt


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


async def test_it_is_done_piece_by_piece_and_tells_what_became_of_each(gateway: Gateway, staff: dict[str, User], script: Script) -> None:
    ids = await failed(gateway, 5)
    sent = (await gateway.accept(message(ANN, channels=["email"], send_at=LATER))).id
    asked = await by(gateway, staff["bob"]).ask_act("retry", aim(gateway, ""), 6, second=False)

    act = await ended(gateway, asked)

    assert (act.state, act.looked, act.fates, act.more) == ("done", 6, {"done": 5, "under_way": 1}, False)
    assert set(await result(gateway, act)) == {*(Fated("default", one, DONE) for one in ids), Fated("default", sent, "under_way")}
    assert await gateway.act_left_alone(act.id) == [Fated("default", sent, "under_way")]
    for one in ids:
        await gateway.wait(one)
    assert Counter(call.message_id for call in script.calls) == dict.fromkeys(ids, 2)
    told = (await gateway.audited(AuditFilters(object=act.id))).data
    assert [one.action for one in told] == [Action.ACT_ENDED, Action.ACT_BEGUN, Action.ACT_ASKED]
    assert {(one.actor.name, one.reason, one.facts["count"]) for one in told} == {("bob", "ticket 4711", 6)}


async def test_killed_in_the_middle_the_next_process_goes_on_and_nothing_is_done_twice(
    gateway: Gateway, opened: Opened, staff: dict[str, User], script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await failed(gateway, 5)
    act = await by(gateway, staff["bob"]).ask_act("retry", aim(gateway), 5, second=False)
    dead, other = gateway._open.ledger.act_work, await opened({"mail": Carrier("email", script)}, worker=False)
    hold = await dead.take()
    assert hold is not None
    behind = await gateway.work_step(hold)
    assert behind is not None
    meanwhile = await WorkingOff(other).look()  # the dead one's hold has not ended

    monkeypatch.setattr("wasl.ledger.act_work.HELD", -1)
    rows_before = await dead.keep(behind)
    after = await ended(other, act)
    late = await gateway.work_step(behind)

    assert (meanwhile, rows_before, late) == (False, True, None)
    assert (after.state, after.fates) == ("done", {"done": 5})
    assert sorted(one.message_id for one in await result(gateway, act)) == sorted(ids)
    for one in ids:
        await gateway.wait(one)
    assert Counter(call.message_id for call in script.calls) == dict.fromkeys(ids, 2)
    begun = (await gateway.audited(AuditFilters(action=Action.ACT_BEGUN))).data
    assert len(begun) == 1


async def test_a_process_that_ends_lets_another_go_on_at_once(
    gateway: Gateway, opened: Opened, staff: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    await failed(gateway, 5)
    act = await by(gateway, staff["bob"]).ask_act("retry", aim(gateway), 5, second=False)
    other = await opened({"mail": Carrier("email")}, worker=False)
    monkeypatch.setattr("wasl.working_off._SHARE", 1e6)
    first = WorkingOff(gateway)
    first.start()
    while not (await gateway.act(act.id)).looked:  # noqa: ASYNC110 - another task writes it
        await asyncio.sleep(0.01)
    await first.close()
    monkeypatch.setattr("wasl.working_off._SHARE", 0)

    assert (await ended(other, act)).fates == {"done": 5}


async def test_what_was_accepted_later_is_none_of_it_and_what_fails_later_is_within_what_was_agreed(
    gateway: Gateway, staff: dict[str, User]
) -> None:
    await failed(gateway, 2)
    bob, frozen = staff["bob"], aim(gateway)
    before = await gateway.foresee_act("retry", frozen)
    newer = await failed(gateway, 3)

    after = await gateway.foresee_act("retry", frozen)
    moved = frozen.model_copy(update={"until": gateway.now()})
    grown = await gateway.foresee_act("retry", moved)
    act = await ended(gateway, await by(gateway, bob).ask_act("retry", moved, 3, second=False))

    assert (before.count, after.count, grown.count) == (2, 2, 5)
    assert (act.looked, act.fates, act.more) == (3, {"done": 3}, True)
    assert {one.message_id for one in await result(gateway, act)} == set(newer)


async def test_who_cannot_be_reached_and_what_arrived_is_left_alone_with_its_reason(
    gateway: Gateway, staff: dict[str, User], script: Script
) -> None:
    (one,) = await failed(gateway, 1)
    other = (await gateway.accept(message({"id": "u_9", "email": "eve@example.com"}, channels=["email"]))).id
    await gateway.wait(other)
    script.then = Receipt(provider_ref="ref")
    arrived = (await gateway.accept(message(ANN, channels=["email"]))).id
    await gateway.wait(arrived)
    await gateway.suppress("eve@example.com")
    foreseen = await gateway.foresee_act("retry", aim(gateway, ""))
    listed = await gateway.foresee_retries([other])

    act = await ended(gateway, await by(gateway, staff["bob"]).ask_act("retry", aim(gateway, ""), 3, second=False))

    expected = {one: DONE, other: SUPPRESSED, arrived: "already_sent"}
    assert {fated.message_id: fated.fate for fated in await result(gateway, act)} == expected
    assert {fated.message_id: fated.fate for fated in foreseen.fates} == expected
    assert [fated.fate for fated in listed] == [SUPPRESSED]
    assert (await gateway.get(other)).state == "failed"


async def test_it_is_stopped_between_two_pieces(gateway: Gateway, staff: dict[str, User]) -> None:
    await failed(gateway, 5)
    act = await by(gateway, staff["bob"]).ask_act("retry", aim(gateway), 5, second=False)
    hold = await gateway._open.ledger.act_work.take()
    assert hold is not None
    behind = await gateway.work_step(hold)
    assert behind is not None

    await by(gateway, staff["eve"]).stop_act(act, staff["eve"])
    late = await gateway.work_step(behind)
    with pytest.raises(Conflict):
        await by(gateway, staff["eve"]).stop_act(act, staff["eve"])

    seen = await gateway.act(act.id)
    assert late is None
    assert (seen.state, seen.fates, seen.stopped_by) == ("stopped", {"done": 2}, "eve")
    assert not await WorkingOff(gateway).look()


async def test_selected_messages_are_cancelled_and_no_others(gateway: Gateway, staff: dict[str, User]) -> None:
    ids = [(await gateway.accept(message(ANN, channels=["email"], send_at=LATER))).id for _ in range(5)]
    chosen = tuple(("default", one) for one in ids[:3])

    act = await ended(gateway, await by(gateway, staff["bob"]).ask_act("cancel", aim(gateway, "", ids=chosen), 3, second=False))

    assert act.fates == {"done": 3}
    assert [(await gateway.get(one)).state for one in ids] == ["cancelled"] * 3 + ["scheduled"] * 2


async def test_a_fault_of_ours_ends_it_and_says_so(gateway: Gateway, staff: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    act = await by(gateway, staff["bob"]).ask_act("retry", aim(gateway, "meta.x:1"), 3, second=False)
    monkeypatch.setattr("wasl.seeking.parse", None)

    seen = await ended(gateway, act)

    assert seen.state == "failed"
    (entry, *_) = (await gateway.audited(AuditFilters(object=act.id))).data
    assert (entry.action, entry.facts["state"]) == (Action.ACT_ENDED, "failed")

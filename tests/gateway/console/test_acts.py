"""Acts on many messages in the console: asked for by one, agreed to by another, worked at, and what they did."""

import asyncio
import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from tests.gateway.console.conftest import Browsing, Console, Seen, axe
from tests.gateway.scripted import ANN, message
from wasl.audited import Action, AuditFilters
from wasl.working_off import WorkingOff

LATER = datetime.now(UTC) + timedelta(days=2)
WHY = {"reason": "ticket 4711"}
ALL = "/messages/bulk?act=cancel&all=on&q=is:scheduled"


@pytest.fixture
def config() -> dict[str, Any]:
    return {"console": {"two_people_above": 2, "erase": "two"}}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.console.screens.messages_bulk.TYPED", 1)
    monkeypatch.setattr("wasl.acting._PIECE", 2)
    monkeypatch.setattr("wasl.working_off._SHARE", 0)


async def scheduled(console: Console, count: int, brand: str = "default") -> list[str]:
    gateway = console.gateway.of(brand)
    return [(await gateway.accept(message(ANN, channels=["email"], send_at=LATER))).id for _ in range(count)]


def hidden(seen: Seen) -> dict[str, str]:
    """The hidden fields of the form that asks for an act."""
    named = re.findall(r'<input type="hidden" name="(act|q|ids|until|brands|seen)" value="([^"]*)"', seen.text)
    return {name: unescape(value) for name, value in named}


async def asked(console: Console, count: int, path: str = ALL) -> str:
    """The path of an act that was asked for on so many messages."""
    form = await console.get(path)
    done = await console.post("/messages/bulk", {**hidden(form), "number": str(count), **WHY})
    assert done.status == 303, done.text
    return done.location.removeprefix("/console")


async def states(console: Console, ids: list[str], brand: str = "default") -> set[str]:
    return {(await console.gateway.of(brand).get(one)).state for one in ids}


async def test_one_asks_another_agrees_and_then_it_is_done(console: Console) -> None:
    ids, other = await scheduled(console, 3), await console.as_("operator")
    form = await console.get(ALL)
    path = await asked(console, 3)
    newer = await scheduled(console, 2)
    own, theirs = await console.get(path), await other.get(path)
    early = await WorkingOff(console.gateway).look()

    counted = await other.get("/approvals")
    wrong = await other.post(f"{path}/approve", {"seen": "3", "number": "5"})
    yes = await other.post(f"{path}/approve", {"seen": "3", "number": "3"})
    again = await other.post(f"{path}/approve", {"seen": "3", "number": "3"})
    await WorkingOff(console.gateway).look()
    ended = await other.get(path)

    assert "take two people" in form.text
    assert "You cannot approve it yourself" in own.text
    assert [f"{path}/approve" in one.text for one in (theirs, own)] == [True, False]
    assert re.search(r'href="/console/approvals"[^>]*>Approvals <span class="count"><bdi>1</bdi>', counted.text)
    assert "waiting for you" not in (await console.get("/approvals")).text
    assert (early, wrong.status, yes.status, again.status) == (False, 422, 303, 409)
    assert [word in ended.text for word in ("Cancelled", "Done")] == [True, True]
    assert await states(console, ids) == {"cancelled"}
    assert await states(console, newer) == {"scheduled"}
    found = list(csv.DictReader(io.StringIO((await other.get(f"{path}/result.csv")).text)))
    assert {row["message"] for row in found} == set(ids)
    told = [entry.action for entry in (await console.gateway.audited(AuditFilters(object=path.rpartition("/")[2]))).data]
    assert told == [Action.MESSAGES_EXPORTED, Action.ACT_ENDED, Action.ACT_BEGUN, Action.ACT_APPROVED, Action.ACT_ASKED]


async def test_who_asked_cannot_approve_it_nor_refuse_it_by_a_forged_form(console: Console) -> None:
    ids = await scheduled(console, 3)
    path = await asked(console, 3)

    approved = await console.post(f"{path}/approve", {"seen": "3", "number": "3"})
    refused = await console.post(f"{path}/refuse", WHY)
    elsewhere = await (await console.as_("admin")).post(f"{path}/approve", {"seen": "3", "number": "3"})  # another session of theirs
    taken = await console.post(f"{path}/withdraw")

    assert (approved.status, refused.status, elsewhere.status, taken.status) == (409, 409, 409, 303)
    assert not await WorkingOff(console.gateway).look()
    assert await states(console, ids) == {"scheduled"}


async def test_who_sees_not_all_of_its_brands_or_may_not_do_it_is_not_told_of_it(console: Console) -> None:
    await scheduled(console, 2)
    await scheduled(console, 2, "acme")
    path = await asked(console, 4)

    for visitor, status in (
        (await console.as_("operator", "acme"), 404),
        (await console.as_("viewer"), 403),
        (await console.as_("operator", "acme", "default"), 303),
    ):
        seen = await visitor.post(f"{path}/approve", {"seen": "4", "number": "4"})
        assert seen.status == status, visitor.session
    assert path not in (await (await console.as_("operator", "acme")).get("/approvals")).text


async def test_an_act_is_of_those_brands_alone_of_which_something_fits(console: Console) -> None:
    await scheduled(console, 3, "acme")
    path = await asked(console, 3)

    assert (await (await console.as_("operator", "acme")).get(path)).status == 200


async def test_support_neither_asks_nor_decides_beyond_what_it_may(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.console.two_people.MOST_OF_SUPPORT", 2)
    monkeypatch.setattr("wasl.console.screens.messages_bulk.MOST_OF_SUPPORT", 2)
    await scheduled(console, 3)
    support = await console.as_("support")
    path = await asked(console, 3)

    assert (await support.get(ALL)).status == 422
    assert (await support.post(f"{path}/approve", {"seen": "3", "number": "3"})).status == 404


@pytest.mark.parametrize("who", ["operator", "admin"])
async def test_a_role_that_changed_meanwhile_counts(console: Console, who: str) -> None:
    ids = await scheduled(console, 3)
    other = await console.as_("operator")
    await console.gateway.add_user("kim", "correct horse battery", "admin")
    path = await asked(console, 3)
    await console.gateway.set_role(who, "viewer")
    if who == "admin":
        said = await other.post(f"{path}/approve", {"seen": "3", "number": "3"})
        assert (said.status, "may not do it any more" in said.text) == (422, True)
    else:
        assert (await (await console.as_("operator")).post(f"{path}/approve", {"seen": "3", "number": "3"})).status == 403
    assert not await WorkingOff(console.gateway).look()
    assert await states(console, ids) == {"scheduled"}


async def test_the_second_person_sees_how_the_number_changed(console: Console) -> None:
    (first, *_) = await scheduled(console, 3)
    path = await asked(console, 3)
    await console.gateway.cancel(first)

    seen = await (await console.as_("operator")).get(path)

    text = re.sub("[\u2068\u2069]", "", seen.text)
    assert "When it was asked for it was about 3; now it is about 2." in text
    assert 'name="seen" value="2"' in text


async def test_a_no_wants_a_reason(console: Console) -> None:
    await scheduled(console, 3)
    path, other = await asked(console, 3), await console.as_("operator")

    without = await other.post(f"{path}/refuse", {"reason": " "})
    refused = await other.post(f"{path}/refuse", {"reason": "wrong <i>query"})

    assert (without.status, refused.status) == (422, 303)
    assert "wrong &lt;i&gt;query" in (await console.get(path)).text


async def test_a_forged_number_narrows_the_act_and_frees_nobody_from_a_second_person(console: Console) -> None:
    ids = await scheduled(console, 4)
    fields = hidden(await console.get(ALL))

    few = await console.post("/messages/bulk", {**fields, "seen": "2", "number": "2", **WHY})
    await WorkingOff(console.gateway).look()

    assert few.status == 303
    assert sorted([(await console.gateway.get(one)).state for one in ids]) == ["cancelled"] * 2 + ["scheduled"] * 2
    assert "More fit by then" in (await console.get(few.location.removeprefix("/console"))).text
    for wrong in ("0", "-1", "x", "", "9" * 12, "٣"):
        assert (await console.post("/messages/bulk", {**fields, "seen": wrong, "number": wrong, **WHY})).status == 422
    assert (await console.post("/messages/bulk", {**fields, "brands": "none", "number": "4", **WHY})).status == 404
    later = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    future = await console.post("/messages/bulk", {**fields, "until": later, "seen": "2", "number": "2", **WHY})
    act = await console.gateway.act(future.location.rpartition("/")[2])
    assert act.aim is not None
    assert act.aim.until <= datetime.now(UTC)


async def test_it_is_stopped_by_who_may_do_it(console: Console) -> None:
    await scheduled(console, 2)
    path, other = await asked(console, 2), await console.as_("operator")
    going = await other.get(path)

    stopped = await other.post(f"{path}/stop")

    assert "Under way" in going.text
    assert (stopped.status, (await other.post(f"{path}/stop")).status) == (303, 409)
    assert "Stopped by" in (await other.get(path)).text


async def test_erasing_takes_two_where_the_setting_says_so(console: Console) -> None:
    await scheduled(console, 1)
    await console.gateway.add_user("kim", "correct horse battery", "admin")
    fields = {"typed": "u_1", "because": "request", **WHY}

    form = await console.get("/people/u_1/erase?brand=default")
    done = await console.post("/people/u_1/erase?brand=default", fields)
    path = done.location.removeprefix("/console")
    operator = await (await console.as_("operator")).post(f"{path}/approve", {"seen": "1"})
    there = await console.gateway.recipient("u_1")
    kim = replace(console, session=await console.gateway.open_session(await console.gateway.user("kim")))
    yes = await kim.post(f"{path}/approve", {"seen": "1"})
    await WorkingOff(console.gateway).look()

    assert "takes two people here" in form.text
    assert (operator.status, there.erased_at, yes.status) == (404, None, 303)
    assert (await console.gateway.recipient("u_1")).erased_at is not None
    assert "u_1" not in (await console.get(path)).text


async def test_how_far_it_is_is_told_within_two_seconds(console: Console, browsing: Browsing, monkeypatch: pytest.MonkeyPatch) -> None:
    await scheduled(console, 2)
    path = await asked(console, 2)
    tab, plain = await browsing(), await browsing(java_script_enabled=False)
    await tab.goto(f"/console{path}")
    await plain.goto(f"/console{path}")
    assert await axe(tab) == []

    await WorkingOff(console.gateway).look()
    async with asyncio.timeout(2):
        await tab.get_by_role("link", name="Show the result").wait_for()
    await plain.reload()

    assert "Done" in await tab.locator("#news").inner_text()
    assert "Done" in await plain.locator("#act").inner_text()

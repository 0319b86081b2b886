"""The audit as a screen: who sees which entries, how they are found, and what its check tells."""

import csv
import io

import pytest

from tests.databases import rows
from tests.gateway.console.conftest import Console
from tests.gateway.test_auditing import altered
from wasl.audited import Action, Actor
from wasl.console.audit_words import ACTIONS

SARA = Actor("user", "usr_sara", "Sara", "support")


async def test_every_entry_is_shown_with_who_did_what_to_what_and_why(console: Console) -> None:
    await console.gateway.of("acme").by(SARA, "=she asked <b>us</b>").audit(Action.MESSAGE_REVEALED, "msg_1", calls=2)

    seen = await console.get("/audit")

    assert seen.status == 200
    for told in ("Sara", "Looked at a message in clear", "=she asked &lt;b&gt;us&lt;/b&gt;", "/console/messages/msg_1?brand=acme", "acme"):
        assert told in seen.text


async def test_entries_are_found_by_what_who_and_when(console: Console) -> None:
    await console.gateway.by(SARA).audit(Action.PERSON_REVEALED, "u_1")
    await console.gateway.by(Actor("key", "k_1", "shop")).audit(Action.MESSAGE_RETRIED, "msg_9")

    by_action = (await console.get("/audit?action=person.revealed")).text
    by_actor = (await console.get("/audit?by=k_1")).text
    about = (await console.get("/audit?about=u_1")).text

    assert ("u_1" in by_action, "msg_9" in by_action) == (True, False)
    assert ("u_1" in by_actor, "msg_9" in by_actor) == (False, True)
    assert ("/people/u_1" in about, "msg_9" in about) == (True, False)
    assert "Nothing was done like that." in (await console.get("/audit?since=2100-01-01")).text
    assert "A day is written like" in (await console.get("/audit?since=yesterday")).text
    assert (await console.get("/audit?cursor=made_up")).status == 422


async def test_a_long_list_is_told_page_by_page(console: Console) -> None:
    for number in range(60):
        await console.gateway.by(SARA).audit(Action.PERSON_REVEALED, f"u_{number:03}")

    first = await console.get("/audit?action=person.revealed")
    older = first.text.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = await console.get(older.removeprefix("/console"))

    assert ("u_059" in first.text, "u_009" in first.text) == (True, False)
    assert ("u_059" in second.text, "u_009" in second.text) == (False, True)


@pytest.mark.parametrize(("role", "all_of_it"), [("admin", True), ("auditor", True), ("support", False), ("operator", False)])
async def test_support_and_operators_see_what_they_did_themselves(console: Console, role: str, all_of_it: bool) -> None:
    mine = await console.as_(role)
    assert mine.session is not None
    own = Actor("user", mine.session.user.id, mine.session.user.name, role)
    await console.gateway.by(SARA).audit(Action.PERSON_REVEALED, "u_hers")
    await console.gateway.by(own).audit(Action.PERSON_REVEALED, "u_mine")

    text = (await mine.get("/audit?by=usr_sara")).text if not all_of_it else (await mine.get("/audit")).text
    table = (await mine.export("/audit/export")).text
    checked = await mine.post("/audit/verify")

    assert ("u_hers" in text, "u_mine" in text) == (all_of_it, True)
    assert ("u_hers" in table, "u_mine" in table) == (all_of_it, True)
    assert checked.status == (200 if all_of_it else 403)


@pytest.mark.parametrize("query", ["since=0001-01-01", "until=0001-01-01", "since=9999-12-31", "until=9999-12-31", "until=2026-02-30"])
async def test_a_day_that_is_none_or_far_away_is_told(console: Console, query: str) -> None:
    seen = await console.get(f"/audit?{query}")

    assert seen.status == 200
    assert "written like 2026-05-03" in seen.text


async def test_an_auditor_of_one_brand_sees_that_brand_alone(console: Console) -> None:
    for brand in ("acme", "beta"):
        await console.gateway.of(brand).by(SARA).audit(Action.PERSON_REVEALED, f"u_{brand}")

    text = (await (await console.as_("auditor", "acme")).get("/audit")).text

    assert ("u_acme" in text, "u_beta" in text) == (True, False)


async def test_the_copy_begins_no_formula_and_is_told_itself(console: Console) -> None:
    await console.gateway.by(SARA, "=HYPERLINK(1)").audit(Action.PERSON_REVEALED, "@u")

    copy = await console.export("/audit/export")

    told = list(csv.DictReader(io.StringIO(copy.text.removeprefix("\ufeff"))))
    assert copy.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert [(line["object"], line["reason"]) for line in told if line["action"] == "person.revealed"] == [("'@u", "'=HYPERLINK(1)")]
    assert told[0]["action"] == "audit.exported"


async def test_the_check_tells_whether_it_is_whole(console: Console, database: str) -> None:
    await console.gateway.by(SARA).audit(Action.PERSON_REVEALED, "u_1")
    whole = await console.post("/audit/verify")

    await altered(database, "UPDATE audit SET actor_id = 'usr_x' WHERE number = 1")
    broken = await console.post("/audit/verify")

    assert "none was changed, removed or moved" in whole.text
    assert "Entry 1, or the one before it, was changed." in broken.text
    assert ("audit.verified",) in rows(database, "SELECT action FROM audit")


def test_every_action_has_its_words() -> None:
    assert set(ACTIONS) == set(Action)

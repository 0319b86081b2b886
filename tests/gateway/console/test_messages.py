"""The list of messages: queries, views, columns, acts on many."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from tests.gateway.console.conftest import Console, Seen
from tests.gateway.scripted import ANN, OFFERS, Carrier, Script, message
from wasl.audited import Action, AuditFilters
from wasl.console.words import catalogue
from wasl.searching.vocabulary import KEYS
from wasl_contracts import Reason, Rejected

BOB = {"id": "u_2", "email": "bob@example.com", "attributes": {"name": "Bob <b>"}}
WHY = {"reason": "ticket 4711"}


@pytest.fixture
def worker() -> bool:
    return True


@pytest.fixture
def carriers() -> dict[str, Carrier]:
    failing = Script(Rejected(Reason.PROVIDER_REJECTED, "content", "30003"))
    return {"mail": Carrier("email", failing), "text": Carrier("sms")}


@pytest.fixture
def config() -> dict[str, Any]:
    return {"topics": {"offers": {**OFFERS, "consent": "opt_in"}, "default": {}}}


@pytest.fixture
async def ids(console: Console) -> Mapping[str, str]:
    """A message of each kind, by name; Bob's is of acme."""
    gateway, later = console.gateway, datetime.now(UTC) + timedelta(days=2)
    sent: dict[str, str] = {}
    sent["failed"] = (await gateway.accept(message(ANN, channels=["email"], metadata={"ref": "=1042", "tags": ["vip"], "store": 7}))).id
    await gateway.wait(sent["failed"])
    sent["sent"] = (await gateway.accept(message(ANN, channels=["sms"], about="order-1"))).id
    sent["withheld"] = (await gateway.accept(message(ANN, channels=["sms"], topic="offers"))).id
    sent["scheduled"] = (await gateway.of("acme").accept(message(BOB, channels=["email"], send_at=later))).id
    for name in ("sent", "withheld"):
        await gateway.wait(sent[name])
    return sent


def rows(seen: Seen) -> list[str]:
    """The messages that a list shows, in order."""
    return re.findall(r'id="s-(msg_[0-9a-f]{32})"', seen.text)


async def shown(console: Console, query: str, **more: str) -> Seen:
    told = "&".join(f"{name}={value}" for name, value in {"q": query.replace(" ", "+"), **more}.items())
    return await console.get(f"/messages?{told}")


async def test_the_list_tells_who_got_what_by_which_way_and_why_not(console: Console, ids: Mapping[str, str]) -> None:
    seen = await console.get("/messages")

    assert seen.status == 200
    assert rows(seen) == [ids[name] for name in ("scheduled", "withheld", "sent", "failed")]
    for said in ("a•••@e•••.com", "+9665•••••67", "order-1", "Failed", "Withheld", "Scheduled", "u_1", "Bob &lt;b&gt;", "acme"):
        assert said in seen.text, said
    assert "ann@example.com" not in seen.text
    assert "left our store" not in seen.text


async def test_a_query_finds_and_its_buttons_write_the_same_text(console: Console, ids: Mapping[str, str]) -> None:
    failed = await shown(console, "is:failed")
    mixed = await shown(console, "status:failed,withheld person:u_1")

    assert rows(failed) == [ids["failed"]]
    assert rows(mixed) == [ids["withheld"], ids["failed"]]
    assert "q=person%3Au_1+status%3Afailed%2Cwithheld%2Csent" in mixed.text
    assert "q=person%3Au_1+status%3Afailed&#34;" in mixed.text or 'q=person%3Au_1+status%3Afailed"' in mixed.text


async def test_views_have_counts_and_are_links(console: Console, ids: Mapping[str, str]) -> None:
    text = (await console.get("/messages")).text

    assert re.search(r'q=is%3Afailed\+after%3A24h"[^>]*>Failed \(24 h\) <span class="count"><bdi>1</bdi>', text)
    assert re.search(r'q=is%3Ascheduled"[^>]*>Scheduled <span class="count"><bdi>1</bdi>', text)
    assert re.search(r'q=is%3Aunconfirmed"[^>]*>Unconfirmed <span class="count"><bdi>1</bdi>', text)


async def test_a_query_that_cannot_be_read_is_underlined_over_the_results_before_it(console: Console, ids: Mapping[str, str]) -> None:
    seen = await shown(console, "statsu:failed", was="is:failed")
    bare = await shown(console, "statsu:failed", was="zzz:1")

    assert seen.status == 422
    assert "<mark>statsu:failed</mark>" in seen.text
    assert "q=status%3Afailed" in seen.text
    assert rows(seen) == [ids["failed"]]
    assert len(rows(bare)) == 4


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("person:nobody", "No message fits this query."),
        ("before:2020-01-01", "before the oldest message that is kept"),
        ("brand:zebra", "You see messages of these brands only"),
        ("zebra", "Words are looked for in the last 30 days"),
    ],
)
async def test_nothing_found_says_which_nothing(console: Console, ids: Mapping[str, str], query: str, said: str) -> None:
    assert said in (await shown(console, query)).text


async def test_before_the_first_message_it_says_so(console: Console) -> None:
    assert "No message yet." in (await console.get("/messages")).text


async def test_a_page_leads_to_older_and_newer_ones(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.console.screens.messages._ROWS", 2)
    stored = [(await console.gateway.accept(message(ANN, send_at=datetime.now(UTC) + timedelta(days=1)))).id for _ in range(5)]

    first = await console.get("/messages")
    older = re.search(r'rel="next" href="/console([^"]+)"', first.text)
    assert older is not None
    second = await console.get(unescape(older[1]))
    newer = re.search(r'rel="prev" href="/console([^"]+)"', second.text)
    assert newer is not None

    assert (rows(first), rows(second)) == (stored[:2:-1], stored[2:0:-1])
    assert rows(await console.get(unescape(newer[1]))) == rows(first)
    assert (await shown(console, "is:failed", cursor="x")).status == 303


async def test_columns_are_chosen_in_the_url(console: Console, ids: Mapping[str, str]) -> None:
    seen = await console.get("/messages?col=tags&col=meta.store&col=error&col=secret")

    heads = re.findall(r'<th scope="col">([^<]+)</th>', seen.text)
    assert heads[-3:] == ["Tags", "meta.store", "Error code"]
    for cell in ("vip", ">7<", "30003"):
        assert cell in seen.text


async def test_a_total_is_told_when_it_is_asked_for(console: Console, ids: Mapping[str, str]) -> None:
    assert "1 message fits." in (await shown(console, "is:failed", total="1")).text.replace("\u2068", "").replace("\u2069", "")


async def test_each_bar_leads_to_the_messages_of_its_time(console: Console, ids: Mapping[str, str]) -> None:
    seen = await console.get("/messages")
    links = re.findall(r'<tr><th scope="row"><a href="/console([^"]+)">', seen.text)

    found = [one for link in links for one in rows(await console.get(unescape(link)))]

    assert sorted(found) == sorted(ids.values())


async def test_views_of_ones_own_are_kept_and_removed(console: Console, ids: Mapping[str, str]) -> None:
    kept = await console.post("/views", {"name": "Mine <i>", "q": "is:failed"})
    with_it = await console.get("/messages")
    other = await (await console.as_("viewer")).get("/messages")
    removed = await console.post("/views/remove", {"name": "Mine <i>"})

    assert (kept.status, kept.location) == (303, "/console/messages?q=is%3Afailed")
    assert "Mine &lt;i&gt;" in with_it.text
    assert "Mine" not in other.text
    assert removed.status == 303
    assert "Mine" not in (await console.get("/messages")).text
    assert (await console.post("/views", {"name": " ", "q": ""})).status == 422
    assert (await console.post("/views/remove", {"name": "none"})).status == 404


async def test_what_failed_is_sent_again_after_a_preview_once_and_the_audit_tells(console: Console, ids: Mapping[str, str]) -> None:
    asked = await console.get(f"/messages/bulk?act=retry&id=default/{ids['failed']}&id=default/{ids['sent']}")
    fields = {"act": "retry", "ids": f"default/{ids['failed']} default/{ids['sent']}", "once": "token-1", **WHY}

    first = await console.post("/messages/bulk", fields)
    again = await console.post("/messages/bulk", fields)
    told = await console.get(first.location.removeprefix("/console"))
    seen = await console.gateway.wait(ids["failed"])

    assert "goes again, with its whole life" in asked.text
    assert "It was sent already." in asked.text
    assert (first.status, again.location) == (303, first.location)
    assert [told.text.count(said) for said in ("Goes again", "Left alone")] == [1, 1]
    assert [entry.type for entry in seen.timeline].count("replayed") == 1
    (entry,) = (await console.gateway.audited(AuditFilters(action=Action.MESSAGES_RETRIED))).data
    assert (entry.actor.role, entry.reason, entry.facts["count"]) == ("admin", "ticket 4711", 2)
    assert (await (await console.as_("operator")).get(first.location.removeprefix("/console"))).status == 404


async def test_all_that_fit_are_cancelled_not_only_the_selected(console: Console, ids: Mapping[str, str]) -> None:
    asked = await console.get("/messages/bulk?act=cancel&all=on&q=is:scheduled")
    named = re.search(r'name="ids" value="([^"]*)"', asked.text)
    assert named is not None

    done = await console.post("/messages/bulk", {"act": "cancel", "ids": named[1], "once": "t2", **WHY})

    assert "1 message that has not begun to leave" in asked.text.replace("\u2068", "").replace("\u2069", "")
    assert done.status == 303
    assert (await console.gateway.of("acme").get(ids["scheduled"])).state == "cancelled"


async def test_many_ask_for_the_number_and_are_done_behind_and_support_may_less(
    console: Console, ids: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasl.console.screens.messages_bulk.TYPED", 1)
    named = f"default/{ids['failed']} default/{ids['sent']}"
    fields = {"act": "retry", "ids": named, **WHY}

    wrong = await console.post("/messages/bulk", {**fields, "number": "3"})
    right = await console.post("/messages/bulk", {**fields, "number": "2"})
    monkeypatch.setattr("wasl.console.screens.messages_bulk.MOST_OF_SUPPORT", 1)
    support = await console.as_("support")
    asked = await support.get(f"/messages/bulk?act=retry&id=default/{ids['failed']}&id=default/{ids['sent']}")
    posted = await support.post("/messages/bulk", {**fields, "number": "2"})

    assert (wrong.status, right.status, asked.status, posted.status) == (422, 303, 422, 422)
    assert right.location.startswith("/console/acts/act_")
    assert "at most" in asked.text


async def test_an_act_wants_a_reason_and_messages(console: Console, ids: Mapping[str, str]) -> None:
    fields = {"act": "retry", "ids": f"default/{ids['failed']}"}

    assert (await console.post("/messages/bulk", fields)).status == 422
    assert (await console.get("/messages/bulk?act=retry")).status == 422
    assert (await console.get("/messages/bulk?act=burn")).status == 404
    assert (await console.get("/messages/bulk?act=retry&all=on&q=statsu:x")).status == 422
    assert (await console.gateway.get(ids["failed"])).state == "failed"


async def test_another_brands_messages_are_neither_listed_nor_acted_on(console: Console, ids: Mapping[str, str]) -> None:
    beta, acme = await console.as_("operator", "beta"), await console.as_("operator", "acme")

    assert rows(await beta.get("/messages")) == []
    assert rows(await acme.get("/messages?q=brand:default,acme")) == [ids["scheduled"]]
    for path in (f"/messages/bulk?act=cancel&id=acme/{ids['scheduled']}", f"/messages/bulk?act=cancel&id=x/{ids['scheduled']}"):
        assert (await beta.get(path)).status == 404
    assert (await beta.post("/messages/bulk", {"act": "cancel", "ids": f"acme/{ids['scheduled']}", **WHY})).status == 404
    assert (await beta.post("/messages/bulk", {"act": "cancel", "ids": f"beta/{ids['scheduled']}", **WHY})).status == 303
    assert (await beta.post("/messages/export?brand=acme", {"format": "csv", **WHY})).status == 404
    assert ids["scheduled"] not in (await beta.export("/messages/export")).text
    assert (await console.gateway.of("acme").get(ids["scheduled"])).state == "scheduled"


async def test_who_may_only_look_is_offered_nothing_else(console: Console, ids: Mapping[str, str]) -> None:
    text = (await (await console.as_("viewer")).get("/messages")).text

    assert "Retry failed" not in text
    assert "/messages/export" not in text


async def test_the_whole_list_is_there_in_arabic(console: Console, ids: Mapping[str, str]) -> None:
    seen = await console.get("/messages", **{"Accept-Language": "ar"})

    assert '<html lang="ar" dir="rtl"' in seen.text
    assert "الرسائل" in seen.text
    assert set(KEYS.values()) <= set(catalogue("ar"))


async def test_the_columns_that_were_chosen_stay_in_every_link_of_the_list(console: Console) -> None:
    await console.gateway.accept(message(ANN))

    seen = await console.get("/messages?col=tags&col=locale")

    assert "%5B" not in seen.text
    assert seen.text.count("col=tags&amp;col=locale") > 5

"""Searching, on both engines: every word of the language finds what it says, within bounds, and never another brand's."""

import base64
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.gateway.brands.faces import written
from tests.gateway.scripted import OFFERS, Carrier, Script, message
from wasl.api import Gateway
from wasl.errors import Conflict, Refused
from wasl.ledger.views import MOST_VIEWS, Fated, View
from wasl.searching.seen import SearchPage
from wasl.searching.tokens import Misread
from wasl.seeking import Key
from wasl_contracts import Capabilities, Reason, Receipt, Recipient, Rejected, Unavailable

Opened = Callable[..., Awaitable[Gateway]]
ANN = {"id": "u_1", "email": "Ann@Example.com", "phone": "+966501234567", "locale": "ar"}
BOB = {"id": "u_2", "email": "bob@example.com"}
TOPICS = {"topics": {"offers": {**OFFERS, "consent": "opt_in"}, "orders": {"category": "service"}}}


class Scene(NamedTuple):
    """A gateway with a message of each kind, by name."""

    gateway: Gateway
    ids: Mapping[str, str]

    async def found(self, query: str) -> set[str]:
        """The names of what a query finds."""
        names = {message_id: name for name, message_id in self.ids.items()}
        return {names[one.id] for one in (await self.gateway.search(query)).data}


@pytest.fixture
async def scene(opened: Opened) -> Scene:
    script = Script(
        Receipt(provider_ref="SM-77"),
        Rejected(Reason.PROVIDER_REJECTED, "content", 30003),
        Unavailable(retry_after=3600, code=421),
        Rejected(Reason.PROVIDER_REJECTED, "content", "x_1"),
    )
    mail, text = Carrier("email", script), Carrier("sms", capabilities=Capabilities(receipts=True))
    gateway = await opened({"mail": mail, "text": text}, country="SA", **TOPICS)
    later = datetime.now(UTC) + timedelta(days=3)
    ids: dict[str, str] = {}

    async def sent(name: str, *args: Any, **fields: Any) -> None:
        accepted = await gateway.accept(message(*args, **fields))
        ids[name] = accepted.id
        if "send_at" not in fields:
            await gateway.wait(accepted.id, until="sent") if name != "retrying" else await _retrying(gateway, accepted.id)

    await sent(
        "sent", ANN, channels=["email"], topic="orders", about="order-1042", metadata={"ref": 7, "tags": ["vip", "a,b"], "vip": True}
    )
    await sent("failed", BOB, channels=["email"], metadata={"ref": "R-9", "Shop.Id": "10:42"})
    await sent("retrying", BOB, channels=["email"])
    await sent("failover", ANN, channels=["email", "sms"])
    await sent("withheld", ANN, topic="offers", channels=["sms"])
    await sent("scheduled", BOB, send_at=later, about="order-1042")
    await sent("cancelled", BOB, send_at=later)
    await gateway.cancel(ids["cancelled"])
    return Scene(gateway, ids)


async def _retrying(gateway: Gateway, message_id: str) -> None:
    while not (await gateway.get(message_id)).deliveries[0].attempts:
        pass


FINDS: dict[str, set[str]] = {
    "": {"sent", "failed", "retrying", "failover", "withheld", "scheduled", "cancelled"},
    "status:sent": {"sent", "failover"},
    "status:failed,withheld": {"failed", "withheld"},
    "-status:failed,withheld,sent": {"retrying", "scheduled", "cancelled"},
    "status:skipped": {"withheld"},
    "is:failed": {"failed"},
    "is:retrying": {"retrying"},
    "is:scheduled": {"scheduled"},
    "-is:scheduled -is:retrying status:scheduled,accepted": set(),
    "is:withheld,retrying": {"withheld", "retrying"},
    "is:failover": {"failover"},
    "is:unconfirmed": {"sent"},
    "is:test": set(),
    "is:resent": set(),
    "reason:consent_missing": {"withheld"},
    "reason:consent*": {"withheld"},
    "channel:sms": {"failover"},
    "channel:email -channel:sms": {"sent", "failed", "retrying"},
    "provider:text": {"failover"},
    "provider:m*": {"sent", "failed", "retrying", "failover"},
    "error:30003": {"failed"},
    "error:x_*": {"failover"},
    "error:_*": set(),
    "has:error": {"failed", "retrying", "failover"},
    "has:reference": {"sent", "failed", "scheduled"},
    "has:attachment": set(),
    "category:promotional": {"withheld"},
    "topic:ord*": {"sent"},
    "template:*": set(),
    "-template:*": {"sent", "failed", "retrying", "failover", "withheld", "scheduled", "cancelled"},
    "locale:ar": {"sent", "failover", "withheld"},
    "person:u_2 status:scheduled": {"retrying", "scheduled"},
    "person:u*": {"sent", "failed", "retrying", "failover", "withheld", "scheduled", "cancelled"},
    "-person:u_2": {"sent", "failover", "withheld"},
    "to:ann@example.com status:sent": {"sent", "failover"},
    "to:0501234567 -status:sent": {"withheld"},
    "to:u_2,ann@example.com is:failed": {"failed"},
    "-to:ann@example.com status:failed,sent": {"failed"},
    "to:nobody@example.com": set(),
    "ref:7": {"sent"},
    "ref:order-1042": {"sent", "scheduled"},
    "ref:R-9,7": {"failed", "sent"},
    "-ref:7 status:sent": {"failover"},
    "meta.Shop.Id:10:42": {"failed"},
    "meta.Shop.Id:10*": {"failed"},
    "meta.vip:true": {"sent"},
    "meta.vip:*": {"sent"},
    "meta.no'\"such:x": set(),
    "tag:vip": {"sent"},
    'tag:"a,b"': {"sent"},
    "tag:a": set(),
    "after:1h": {"sent", "failed", "retrying", "failover", "withheld", "scheduled", "cancelled"},
    "before:1h": set(),
    "on:today status:cancelled,sent after:1d": {"sent", "failover", "cancelled"},
    "ann@example.com": {"sent", "failover", "withheld"},
    "+966 50 123 4567": {"sent", "failover", "withheld"},
    "u_2 status:cancelled": {"cancelled"},
    "1042": {"sent", "scheduled"},
    "#1042 status:sent": {"sent"},
    "r-9": {"failed"},
    "offer": {"withheld"},
    "orders -offers": {"sent"},
    "30003": {"failed"},
    "x_1": {"failover"},
    "nobody@example.com": set(),
    "zebra": set(),
}


async def test_every_word_of_the_language_finds_what_it_says(scene: Scene) -> None:
    wrong = {query: found for query, expected in FINDS.items() if (found := await scene.found(query)) != expected}

    assert wrong == {}


async def test_what_somebody_pastes_is_resolved_and_told(scene: Scene) -> None:
    failed, resolve = scene.ids["failed"], scene.gateway.resolve
    for query in (failed, failed[4:], f"dlv_{failed[4:]}_1", f"id:{failed}", f"id:{failed},msg_0"):
        assert await scene.found(query) == {"failed"}, query

    asked = {"ann@example.com": "address", "u_2": "person", "1042": "reference", "zebra": "text", scene.ids["sent"]: "message"}
    told = {query: (await scene.gateway.search(query)).understood for query in (*asked, "status:sent")}

    assert told == {**asked, "status:sent": None}
    assert (await scene.gateway.search("zebra")).searched.window
    assert (await resolve("050 123 4567")).people == (Key("default", "u_1"),)
    assert (await resolve("1042")).messages == (Key("default", scene.ids["scheduled"]), Key("default", scene.ids["sent"]))
    assert (await resolve(scene.ids["sent"])).messages == (Key("default", scene.ids["sent"]),)
    assert (await resolve("nothing of ours")).form is None


async def test_a_row_tells_what_a_list_shows_and_no_address_or_content(scene: Scene) -> None:
    page = await scene.gateway.search("")
    rows = {one.id: one for one in page.data}
    failover, scheduled = rows[scene.ids["failover"]], rows[scene.ids["scheduled"]]

    assert (failover.state, failover.channel, failover.provider, failover.address) == ("sent", "sms", "text", "+9665•••••67")
    assert (scheduled.channel, scheduled.address, scheduled.ref, scheduled.reason) == (None, "b•••@e•••.com", "order-1042", "send_at")
    assert scheduled.due_at is not None
    assert rows[scene.ids["sent"]].ref == "7"
    assert rows[scene.ids["failed"]].code == "30003"
    told = page.model_dump_json().lower()
    assert not [private for private in ("ann@", "bob@", "501234567", "left our store") if private in told]


async def test_pages_go_back_and_forth_and_miss_nothing(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)
    stored = [(await gateway.accept(message(topic="default"))).id for _ in range(7)]

    for query in ("", "topic:default", "status:accepted", "status:accepted,scheduled", "person:u_1"):
        pages: list[SearchPage] = []
        cursor: str | None = None
        while not pages or cursor is not None:
            pages.append(await gateway.search(query, limit=3, cursor=cursor))
            cursor = pages[-1].older
        back = await gateway.search(query, limit=3, cursor=pages[2].newer)
        begin = await gateway.search(query, limit=3, cursor=back.newer)

        assert [one.id for page in pages for one in page.data] == stored[::-1], query
        assert (back.data, begin.data, begin.newer) == (pages[1].data, pages[0].data, None)
        assert pages[0].newer is None
    newest = (await gateway.accept(message())).id
    assert (await gateway.search("person:u_1", cursor=pages[1].newer)).data[0].id == newest


@pytest.mark.parametrize("forge", ["garbage", "ä", "flipped", "other query", "other brand"])
async def test_a_cursor_of_another_list_is_refused(opened: Opened, forge: str) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)
    for _ in range(3):
        await gateway.accept(message())
    real = (await gateway.search("", limit=1)).older
    assert real is not None
    raw = base64.urlsafe_b64decode(real)
    cursor = {"flipped": base64.urlsafe_b64encode(bytes([raw[0] ^ 1]) + raw[1:]).decode(), "garbage": "x", "ä": "ä"}.get(forge, real)

    with pytest.raises(Refused) as refused:
        await gateway.search(
            "status:accepted" if forge == "other query" else "", brands=["x", "default"] if forge == "other brand" else None, cursor=cursor
        )

    assert refused.value.code == "bad_cursor"


async def test_a_page_says_how_far_it_looked_and_the_next_one_goes_on_there(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.ledger.search._BUDGET", 4)
    monkeypatch.setattr("wasl.ledger.search._FIRST", 2)
    gateway = await opened({"mail": Carrier("email")}, worker=False, **TOPICS)
    rare = (await gateway.accept(message(topic="orders"))).id
    common = [(await gateway.accept(message())).id for _ in range(6)]

    first = await gateway.search("topic:orders", limit=1)
    second = await gateway.search("topic:orders", limit=1, cursor=first.older)

    assert (first.data, first.searched.goes_on) == ((), True)
    assert first.searched.back_to is not None
    assert abs((first.searched.back_to - (await gateway.get(common[2])).created_at).total_seconds()) < 1
    assert [one.id for one in second.data] == [rare]
    assert not second.searched.goes_on


async def test_a_page_is_given_up_in_time(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.ledger.search._PATIENCE", -1.0)
    monkeypatch.setattr("wasl.ledger.search._FIRST", 2)
    gateway = await opened({"mail": Carrier("email")}, worker=False)
    for _ in range(4):
        await gateway.accept(message())

    page = await gateway.search("topic:none", limit=1)

    assert (page.data, page.searched.goes_on) == ((), True)


async def test_counts_are_bounded_and_say_so(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)
    for _ in range(5):
        await gateway.accept(message())

    assert (await gateway.count_found("status:accepted")).model_dump() == {"count": 5, "at_least": False}
    assert (await gateway.count_found("status:accepted", most=3)).model_dump() == {"count": 3, "at_least": True}
    assert (await gateway.count_found("topic:default", looked_at=2)).model_dump() == {"count": 2, "at_least": True}
    assert (await gateway.count_found("status:failed")).model_dump() == {"count": 0, "at_least": False}
    assert await gateway.keys_found("", most=3) == (tuple(Key("default", one.id) for one in (await gateway.search("")).data[:3]), False)
    assert (await gateway.keys_found("", most=5))[1]


async def test_a_histogram_holds_every_message_in_the_bar_of_its_time(scene: Scene) -> None:
    now = datetime.now(UTC)
    hour = (now - timedelta(hours=1), now)

    whole, narrow, failed = [await scene.gateway.strip_of(query, hour) for query in ("", "person:u_2", "status:failed")]

    assert len(whole.bars) == 48
    assert all(before.end == after.start for before, after in zip(whole.bars, whole.bars[1:], strict=False))
    assert whole.span[0] <= hour[0]
    assert whole.counted_from is None
    groups = {group: sum(bar.groups.get(group, 0) for bar in whole.bars) for group in ("ok", "failed", "withheld", "waiting")}
    assert groups == {"ok": 2, "failed": 2, "withheld": 1, "waiting": 3}  # the failover went two ways
    assert (sum(bar.total for bar in narrow.bars), sum(bar.total for bar in failed.bars)) == (4, 2)
    (bar,) = [bar for bar in failed.bars if bar.total][:1]
    assert bar.start <= (await scene.gateway.get(scene.ids["failed"])).created_at + timedelta(seconds=1)


async def test_a_histogram_of_too_much_begins_later(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.ledger.search_strip._ENTRIES", 2)
    monkeypatch.setattr("wasl.ledger.search_strip._ROWS", 2)
    monkeypatch.setattr("wasl.ledger.search_strip._WINDOW", 2)
    gateway = await opened({"mail": Carrier("email")}, worker=False)
    for _ in range(3):
        await gateway.accept(message())
    now = datetime.now(UTC)

    for query in ("", "topic:default"):
        assert (await gateway.strip_of(query, (now - timedelta(days=1), now))).counted_from is not None


async def test_nobody_finds_what_is_not_of_their_brands(opened: Opened, tmp_path: Path) -> None:
    folder = written(tmp_path / "brands", {"acme": 'title = "Acme"', "beta": 'title = "Beta"'})
    gateway = await opened({"mail": Carrier("email")}, worker=False, brands=folder)
    sent = {brand: (await gateway.of(brand).accept(message(about="order-1"))).id for brand in ("acme", "beta")}

    for query in (
        "",
        sent["beta"],
        f"id:{sent['beta']}",
        "ref:order-1",
        "order-1",
        "u_1",
        "person:u_1",
        "ann@example.com",
        "status:accepted",
        "brand:acme,beta",
    ):
        mine = await gateway.search(query, brands=["acme"])
        both = await gateway.search(query, brands=["acme", "beta"])
        assert {one.brand for one in mine.data} <= {"acme"}, query
        assert {one.brand for one in both.data} <= {"acme", "beta"}, query
        assert len(both.data) == (1 if sent["beta"] in query else 2), query
    assert [one.brand for one in (await gateway.search("-brand:acme", brands=["acme", "beta"])).data] == ["beta"]
    assert (await gateway.search("brand:beta", brands=["acme"])).data == ()
    assert (await gateway.search("", brands=[])).data == ()
    assert (await gateway.resolve(sent["beta"], brands=["acme"])).form is None
    assert await gateway.messages_found([Key("acme", sent["beta"])]) == []


async def test_several_ways_of_one_message_are_one_row(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email"), "text": Carrier("sms")}, worker=False)
    stored = [(await gateway.accept(message(mode="all"))).id for _ in range(5)]

    for query in ("status:accepted", "status:accepted,sent"):
        first = await gateway.search(query, limit=2)
        second = await gateway.search(query, limit=3, cursor=first.older)

        assert [one.id for page in (first, second) for one in page.data] == stored[::-1]


async def test_what_was_erased_is_not_found_by_its_reference(scene: Scene) -> None:
    await scene.gateway.erase_recipient("u_1")

    assert await scene.found("ref:7") == set()
    assert await scene.found("ann@example.com") == set()


async def test_a_long_reference_is_found_as_a_whole(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)
    long = "r" * 3000
    await gateway.accept(message(metadata={"ref": long}))

    assert len((await gateway.search(f"ref:{long[:400]}")).data) == 1  # as much of it as is kept
    assert (await gateway.search(f"ref:{long[:99]}")).data == ()


async def test_a_query_that_cannot_be_read_is_refused_with_its_place(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)

    with pytest.raises(Misread) as misread:
        await gateway.search("statsu:failed")

    assert (misread.value.code, misread.value.spots[0].suggestion) == ("bad_query", "status:failed")


async def test_people_who_were_only_registered_are_found_too(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email")}, worker=False)
    await gateway.put_recipient(Recipient(id="u_9", email="new@example.com"))

    assert (await gateway.resolve("new@example.com")).people == (Key("default", "u_9"),)


async def test_views_are_kept_for_each_user_up_to_a_number(opened: Opened) -> None:
    views = (await opened({"mail": Carrier("email")}, worker=False)).views
    for number in range(MOST_VIEWS):
        await views.put("usr_1", View(f"v{number}", "is:failed"))
    await views.put("usr_1", View("v3", "is:withheld"))
    await views.put("usr_2", View("mine", ""))

    with pytest.raises(Conflict):
        await views.put("usr_1", View("one more", ""))
    assert len(await views.of("usr_1")) == MOST_VIEWS
    assert View("v3", "is:withheld") in await views.of("usr_1")
    assert (await views.drop("usr_2", "v3"), await views.drop("usr_2", "mine"), await views.of("usr_2")) == (False, True, [])


async def test_what_an_act_on_many_did_is_kept_for_whoever_did_it(opened: Opened) -> None:
    views = (await opened({"mail": Carrier("email")}, worker=False)).views

    await views.keep("usr_1", "token", "retry", [Fated("default", "msg_1", "done")])
    kept = await views.act("usr_1", "token")

    assert kept is not None
    assert (kept.act, kept.fates) == ("retry", (Fated("default", "msg_1", "done"),))
    assert await views.act("usr_2", "token") is None

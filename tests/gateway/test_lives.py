"""A person for the console: at a glance, their whole life in pages, and who may be meant by a mistyped address; on both engines."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.gateway.anns_life import ANN, BOB, Opened, lived, shop
from tests.gateway.scripted import Carrier, FakeClock, Script, message, outcome
from wasl.api import Gateway
from wasl.consent import ConsentChange
from wasl.errors import NotFound, Refused
from wasl.person_life import LifeEntry, LifeFilter, LifeMessage
from wasl.person_seen import Sought
from wasl_contracts import Reason, Rejected, State


async def whole(gateway: Gateway, limit: int = 3, wanted: LifeFilter | None = None) -> list[LifeEntry]:
    """Ann's life, read in pages."""
    found: list[LifeEntry] = []
    cursor: str | None = None
    while True:
        page = await gateway.life("ann-4711", wanted, limit=limit, cursor=cursor)
        found += page.data
        if (cursor := page.next_cursor) is None:
            return found


async def test_a_glance_tells_who_they_are_and_how_they_can_be_reached(opened: Opened) -> None:
    gateway = await shop(opened)
    await lived(gateway)

    seen = await gateway.glance("ann-4711")

    assert (seen.name, seen.locale, seen.timezone, seen.wrote) == ("Annabella", "ar", "Asia/Riyadh", True)
    assert [(a.channel, a.kind, a.shown) for a in seen.writes_to] == [("email", "email", "a•••@e•••.com"), ("sms", "phone", "+9665•••••67")]
    assert [(listed.reason, listed.id) for listed in seen.suppressions] == [(Reason.SUPPRESSED_COMPLAINT, seen.writes_to[1].id)]
    assert seen.consent is not None
    assert seen.last_contact_at is not None
    assert "Annabella" not in repr(seen)
    assert "@example" not in seen.model_dump_json()


async def test_of_somebody_who_was_erased_only_the_stub_is_seen(opened: Opened) -> None:
    gateway = await shop(opened)
    await lived(gateway)
    await gateway.erase_recipient("ann-4711")

    seen = await gateway.glance("ann-4711")

    assert seen.id.startswith("erased_")
    assert (seen.name, seen.writes_to, seen.consent, seen.erased_because) == (None, (), None, "request")
    with pytest.raises(NotFound):
        await gateway.glance("nobody")


async def test_a_life_is_read_in_pages_and_misses_nothing(opened: Opened) -> None:
    gateway = await shop(opened)
    await lived(gateway)

    entries = (await gateway.life("ann-4711", limit=1000)).data

    assert await whole(gateway, 1) == await whole(gateway, 2) == list(entries)
    assert [one.at for one in entries] == sorted((one.at for one in entries), reverse=True)
    assert [one.kind for one in entries] == ["message", "suppression", "consent", "message", "message", "message"]


async def test_each_message_tells_how_it_went_and_why_not_otherwise(opened: Opened) -> None:
    gateway = await shop(opened)
    await lived(gateway)

    entries = (await gateway.life("ann-4711")).data
    withheld, *others = [one for one in entries if isinstance(one, LifeMessage)]

    assert withheld.deliveries[0].reason is Reason.SUPPRESSED_COMPLAINT
    assert withheld.deliveries[0].ended_at is not None
    assert (withheld.deliveries[0].channel, withheld.deliveries[0].address, withheld.deliveries[0].instead) == ("sms", "+9665•••••67", ())
    later, code, order = others
    assert (later.state, later.deliveries[0].reason) == (State.SCHEDULED, Reason.SEND_AT)
    assert (code.category, code.deliveries[0].channel, code.deliveries[0].address) == ("otp", "email", "a•••@e•••.com")
    assert (order.state, order.deliveries[0].provider, order.deliveries[0].calls) == (State.SENT, "mail", 1)


async def test_the_way_that_a_message_did_not_go_is_told_with_its_reason(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email"), "text": Carrier("sms")}, routes={"default": {"channels": ["sms", "email"]}})
    await gateway.accept(message(ANN, send_at=datetime.now(UTC) + timedelta(days=1)))
    await gateway.suppress("+966501234567")
    await outcome(gateway, message(ANN))

    newest = (await gateway.life("ann-4711")).data[0]

    assert isinstance(newest, LifeMessage)
    assert (newest.deliveries[0].channel, newest.state) == ("email", State.SENT)
    assert [(way.channel, way.address, way.reason) for way in newest.deliveries[0].instead] == [
        ("sms", "+9665•••••67", Reason.SUPPRESSED_MANUAL)
    ]


async def test_only_one_channel_or_only_problems_are_listed_where_that_is_asked(opened: Opened) -> None:
    failing = Carrier("sms", Script(then=Rejected(Reason.CONTENT_REJECTED, scope="content")))
    gateway = await opened({"mail": Carrier("email"), "text": failing}, topics={"news": {"category": "promotional"}})
    sent = await outcome(gateway, message(ANN, channels=["email"]))
    failed = await outcome(gateway, message(ANN, channels=["sms"]))
    await gateway.record_consent("ann-4711", [ConsentChange(topic="news", channel="email", state="withdrawn")])

    by_sms = await whole(gateway, wanted=LifeFilter(channel="sms"))
    by_email = await whole(gateway, wanted=LifeFilter(channel="email"))
    problems = await whole(gateway, wanted=LifeFilter(problems=True))

    assert [one.id for one in by_sms] == [failed.id]
    assert [one.id for one in by_email][1:] == [sent.id]
    assert [one.kind for one in by_email] == ["consent", "message"]
    assert [one.id for one in problems if one.kind == "message"] == [failed.id]


async def test_where_few_messages_fit_the_look_ends_and_goes_on_from_there(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.ledger.lives._LOOKED", 3)
    gateway = await shop(opened, worker=False)
    ids = [(await gateway.accept(message(ANN, channels=["sms" if n == 0 else "email"]))).id for n in range(9)]

    first = await gateway.life("ann-4711", LifeFilter(channel="sms"))
    found = await whole(gateway, wanted=LifeFilter(channel="sms"))

    assert (first.data, first.has_more) == ((), True)
    assert first.looked_to is not None
    assert [one.id for one in found] == [ids[0]]


async def test_what_happened_in_one_moment_is_listed_once_each(opened: Opened, clock: FakeClock) -> None:
    gateway = await shop(opened, worker=False, clock=clock)
    ids = [(await gateway.accept(message(ANN))).id for _ in range(5)]
    await gateway.suppress("ann.smith@example.com")

    entries = await whole(gateway, 2)

    assert [one.id for one in entries if one.kind == "message"] == sorted(ids, reverse=True)
    assert len(entries) == 6


async def test_a_cursor_of_somebody_else_or_of_another_filter_is_refused(opened: Opened) -> None:
    gateway = await shop(opened, worker=False)
    for _ in range(3):
        await gateway.accept(message(ANN))
        await gateway.accept(message(BOB))
    bobs = (await gateway.life("bob", limit=1)).next_cursor
    mine = (await gateway.life("ann-4711", limit=1)).next_cursor

    for cursor, wanted in ((bobs, None), (mine, LifeFilter(problems=True))):
        with pytest.raises(Refused) as caught:
            await gateway.life("ann-4711", wanted, cursor=cursor)
        assert caught.value.errors[0].code == "bad_cursor"
    with pytest.raises(Refused):
        await gateway.life("ann-4711", limit=0)


async def test_who_may_be_meant_by_a_mistyped_address_is_found(opened: Opened) -> None:
    gateway = await shop(opened, worker=False)
    await gateway.accept(message(ANN))
    await gateway.accept(message(BOB))
    await gateway.find_recipients(Sought(email="x@example.com"))

    found = {
        typed: await gateway.near_recipients(typed)
        for typed in ("ann.smith@exmaple.com", "ann.smiht@example.com", "+966 50 123 4576", "nobody@nowhere.example", "no address")
    }

    assert [[(one.recipient.id, one.shown) for one in near] for near in found.values()] == [
        [("ann-4711", "ann.smith@example.com")],
        [("ann-4711", "a•••@e•••.com")],
        [("ann-4711", "+9665•••••67")],
        [],
        [],
    ]
    assert "ann.smith" not in repr(found["ann.smith@exmaple.com"])


async def test_a_way_that_was_not_taken_tells_whether_it_would_have_been_taken_sooner(opened: Opened) -> None:
    gateway = await opened({"mail": Carrier("email"), "text": Carrier("sms")}, routes={"default": {"channels": ["email", "sms"]}})
    for to, stopped in ((ANN, ANN["email"]), (BOB, "+966501112233")):
        await gateway.suppress(stopped)
        await outcome(gateway, message({**to, "phone": to.get("phone", "+966501112233")}))

    lives = [await gateway.life(str(to["id"])) for to in (ANN, BOB)]

    found = [one.deliveries[0] for life in lives for one in life.data if isinstance(one, LifeMessage)]
    told = [(one.channel, [(missed.channel, missed.sooner) for missed in one.instead]) for one in found]
    assert told == [("sms", [("email", True)]), ("email", [("sms", False)])]

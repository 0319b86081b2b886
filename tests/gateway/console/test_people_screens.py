"""The screens of people: the search box, the page of a person, tickets, stopping an address, their data, links for help desks."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.gateway.anns_life import ANN, TELLING, TOPICS, lived
from tests.gateway.console.conftest import Console
from tests.gateway.scripted import message, outcome
from wasl.audited import Action, Actor
from wasl.person_life import LifeMessage
from wasl_contracts import Reason, Recipient

PHONE = "+966501234567"


@pytest.fixture
def config() -> dict[str, Any]:
    return {"topics": {**TOPICS, "offers": {"category": "promotional", "title": {"en": "Offers", "de": "Angebote"}}}, "country": "SA"}


@pytest.fixture
def worker() -> bool:
    return True


@pytest.fixture
async def ann(console: Console) -> list[str]:
    """Ann's life with the brand default; the ids of her messages."""
    return await lived(console.gateway)


async def actions(console: Console) -> list[str]:
    return [one.action for one in (await console.gateway.audited(limit=100)).data]


async def test_an_address_or_id_in_the_search_box_leads_to_the_person_in_one_submit(console: Console, ann: list[str]) -> None:
    for text in ("ann.smith@example.com", "Ann.Smith@Example.COM", "%2B966501234567", "050 123 4567", "00966501234567", "ann-4711"):
        seen = await console.get(f"/search?q={text}")

        assert (seen.status, seen.location) == (303, "/console/people/ann-4711?brand=default"), text


async def test_a_message_id_and_an_order_number_lead_to_the_message_in_one_submit(console: Console, ann: list[str]) -> None:
    by_id = await console.get(f"/search?q={ann[1]}")
    by_order = await console.get("/search?q=1042")

    assert by_id.location == f"/console/messages/{ann[1]}?brand=default"
    assert by_order.location == f"/console/messages/{ann[0]}?brand=default"


async def test_what_is_neither_a_person_nor_a_message_is_looked_for_where_it_belongs(console: Console) -> None:
    for text, path in {
        "": "/console/messages",
        "status:failed channel:sms": "/console/messages?q=status%3Afailed+channel%3Asms",
        "invoice": "/console/messages?q=invoice",
        "nobody@example.com": "/console/people?q=nobody%40example.com",
        "x" * 300: f"/console/messages?q={'x' * 300}",
    }.items():
        assert (await console.get(f"/search?q={text}")).location == path


async def test_nobody_has_it_and_who_is_near_are_told(console: Console, ann: list[str]) -> None:
    typo = await console.get("/people?q=ann.smith@exmaple.com")
    other = await console.get("/people?q=ann.smiht@example.com")
    nobody = await console.get("/people?q=xyz@nowhere.example")

    assert "Never seen" in typo.text
    assert "ann.smith@example.com" in typo.text
    assert "/console/people/ann-4711?brand=default" in other.text
    assert "ann.smith@" not in other.text
    assert "Nobody has an address that differs by one slip either." in nobody.text


async def test_who_may_reveal_no_address_is_told_none_of_who_is_near(console: Console, ann: list[str]) -> None:
    viewer = await console.as_("viewer")

    typo = await viewer.get("/people?q=ann.smith@exmaple.com")

    assert "a•••@e•••.com" in typo.text
    assert "ann.smith@example.com" not in typo.text


async def test_several_people_with_one_address_are_a_choice_and_never_a_guess(console: Console, ann: list[str]) -> None:
    await console.gateway.accept(message({"id": "ann-2", "phone": PHONE}))
    await console.gateway.accept(message({"id": "ann-4711", "email": "other@example.com"}, brand="acme"))

    seen = await console.get(f"/search?q={PHONE.replace('+', '%2B')}")
    chooser = await console.follow(seen)
    brands = await console.get("/people/ann-4711")

    assert seen.location.startswith("/console/people?q=")
    assert {"/console/people/ann-2?brand=default", "/console/people/ann-4711?brand=default"} <= set(
        re.findall(r'href="([^"]+)"', chooser.text)
    )
    assert {"/console/people/ann-4711?brand=acme", "/console/people/ann-4711?brand=default"} <= set(
        re.findall(r'href="([^"]+)"', brands.text)
    )


async def test_the_page_of_a_person_tells_who_they_are_how_to_reach_them_and_what_happened(console: Console, ann: list[str]) -> None:
    seen = await console.get("/people/ann-4711?brand=default")

    assert seen.status == 200
    for told in (
        "Annabella",
        "ann-4711",
        "for them",
        "a•••@e•••.com",
        "+9665•••••67",
        "Arabic",
        "Not reachable",
        Reason.SUPPRESSED_COMPLAINT.sentence,
    ):
        assert told in seen.text
    assert all(f"/console/messages/{one}?brand=default" in seen.text for one in ann)
    assert not any(word in seen.text for word in ("ann.smith@", PHONE, "secret words", "203.0.113.7"))


async def test_every_message_that_was_not_sent_carries_its_sentence(console: Console, ann: list[str]) -> None:
    seen = await console.get("/people/ann-4711?brand=default&only=problems")

    assert Reason.SUPPRESSED_COMPLAINT.sentence in seen.text
    assert ann[3] in seen.text
    assert ann[0] not in seen.text


async def test_the_list_is_filtered_by_channel_and_told_by_the_clocks_that_are_chosen(console: Console, ann: list[str]) -> None:
    by_sms = await console.get("/people/ann-4711?brand=default&channel=sms")
    theirs = await console.get("/people/ann-4711?brand=default&zone=theirs")
    utc = await console.get("/people/ann-4711?brand=default&zone=utc")
    nothing = await console.get("/people/ann-4711?brand=default&channel=push&only=problems")

    assert ann[3] in by_sms.text
    assert ann[1] not in by_sms.text
    assert "UTC+3" in theirs.text
    assert theirs.text != utc.text
    assert "Nothing fits this filter." in nothing.text


async def test_a_long_life_is_read_page_by_page(console: Console, ann: list[str]) -> None:
    for _ in range(60):
        await console.gateway.accept(message(ANN, channels=["email"], send_at=datetime.now(UTC) + timedelta(days=2)))

    first = await console.get("/people/ann-4711?brand=default")
    older = re.search(r'rel="next" href="/console([^"]+)"', first.text)
    assert older is not None
    second = await console.get(older[1].replace("&amp;", "&"))

    assert ann[0] not in first.text
    assert ann[0] in second.text
    assert 'rel="prev"' in second.text


async def test_a_bad_filter_or_cursor_is_a_notice(console: Console, ann: list[str]) -> None:
    for query in ("cursor=abc", "channel=No+Such"):
        assert (await console.get(f"/people/ann-4711?{query}")).status == 422


async def test_somebody_who_was_never_written_to_has_an_empty_page(console: Console) -> None:
    await console.gateway.put_recipient(Recipient(id="bob/ü 1", email="bob@example.org"))

    seen = await console.get("/search?q=bob@example.org")
    page = await console.follow(seen)

    assert seen.location == "/console/people/bob%2F%C3%BC%201?brand=default"
    assert page.status == 200
    assert "We have never sent anything to this person." in page.text


async def test_what_somebody_calls_themselves_is_shown_and_never_run(console: Console) -> None:
    name = '"><img src=x onerror=alert(1)><script>alert(1)</script>{{ 7*7 }}'
    await console.gateway.put_recipient(Recipient(id="<b>x", email="x@example.org", locale="zz", attributes={"name": name}))

    for path in ("", "/ticket", "/links", "/erase", "/export"):
        seen = await console.get(f"/people/%3Cb%3Ex{path}?brand=default")
        assert seen.status == 200
        assert not any(word in seen.text for word in ("<img src=x", "<script>alert", "<b>x", "{49}"))
    assert "49" not in re.sub(r"[0-9a-f]{20,}", "", (await console.get("/people?q=x@example.org")).text)


async def test_in_arabic_the_page_is_right_to_left_and_has_no_english_sentence(console: Console, ann: list[str]) -> None:
    seen = await console.get("/people/ann-4711?brand=default", Cookie=f"wasl_session={console.session.token}; wasl_lang=ar")  # type: ignore[union-attr]

    assert '<html lang="ar" dir="rtl"' in seen.text
    assert "لا يمكن الوصول" in seen.text
    assert "Not reachable" not in seen.text


async def test_a_ticket_is_in_the_customers_language_and_free_of_personal_data(console: Console, ann: list[str]) -> None:
    for lang, sentence in {"": "أرسلناها", "de": "Wir haben sie nicht gesendet.", "xx": "أرسلناها"}.items():
        seen = await console.get(f"/people/ann-4711/ticket?brand=default&lang={lang}")

        customer, staff = re.findall(r'<pre class="ticket[^>]*>(.*?)</pre>', seen.text, re.DOTALL)
        assert sentence in customer
        assert not any(word in customer for word in (*TELLING, *ann))
        assert ann[0] in staff


async def test_a_message_has_a_ticket_of_its_own(console: Console, ann: list[str]) -> None:
    seen = await console.get(f"/messages/{ann[3]}/ticket?lang=en")

    (customer, _) = re.findall(r'<pre class="ticket[^>]*>(.*?)</pre>', seen.text, re.DOTALL)
    assert "by text message. We did not send it. You had reported a message of ours as unwanted." in customer


async def test_an_address_is_stopped_by_whoever_sees_it_masked_with_a_reason(console: Console, ann: list[str]) -> None:
    support = await console.as_("support")
    address = (await console.gateway.of("default").glance("ann-4711")).writes_to[0].id
    path = f"/people/ann-4711/stop?brand=default&address={address}"

    form = await support.get(path)
    without = await support.post(path, {"reason": " "})
    done = await support.post(path, {"reason": "asked on the phone", "scope": "promotional"})

    assert "a•••@e•••.com" in form.text
    assert "ann.smith" not in form.text
    assert without.status == 422
    assert (done.status, done.location) == (303, "/console/people/ann-4711?brand=default")
    story = await console.gateway.of("default").suppression("ann.smith@example.com")
    assert [(one.scope, one.source, one.actor) for one in story.data] == [("promotional", "console", "support")]
    assert "suppression.added" in await actions(console)
    assert (await support.get(f"/people/ann-4711/stop?brand=default&address=sup_email_{'0' * 34}")).status == 404


async def test_addresses_are_shown_in_clear_with_a_reason_to_thirty_people_an_hour(console: Console, ann: list[str]) -> None:
    support, path = await console.as_("support"), "/people/ann-4711/reveal?brand=default"

    without = await support.post(path, {"reason": ""})
    given = await support.post(path, {"reason": "compare with theirs"})
    for _ in range(29):
        await support.gateway.by(Actor("user", support.session.user.id)).audit(Action.PERSON_REVEALED, "other")  # type: ignore[union-attr]
    refused = await support.post(path, {"reason": "once more"})

    assert (without.status, given.status, refused.status) == (422, 200, 422)
    assert "ann.smith@example.com" in given.text
    assert "ann.smith" not in without.text + refused.text
    assert (await (await console.as_("operator")).get(path)).status == 403
    assert (await actions(console)).count("person.revealed") == 30


async def test_a_copy_of_their_data_needs_a_reason_and_is_told_to_the_audit(console: Console, ann: list[str]) -> None:
    path = "/people/ann-4711/export?brand=default"

    refused = await console.post(path, {"reason": ""})
    given = await console.post(path, {"reason": "they asked"})

    assert refused.status == 422
    assert json.loads(given.text)["recipient"]["id"] == "ann-4711"
    assert "attachment" in given.headers["Content-Disposition"]
    assert given.headers["Cache-Control"] == "no-store"
    assert "person.exported" in await actions(console)


async def test_erasing_needs_the_typed_id_and_a_reason_and_is_done_once(console: Console, ann: list[str]) -> None:
    path = "/people/ann-4711/erase?brand=default"
    right = {"reason": "letter", "because": "request", "typed": "ann-4711", "once": "one"}

    form = await console.get(path)
    for wrong in ({"reason": ""}, {"because": "whim"}, {"typed": "ann"}):
        assert (await console.post(path, {**right, **wrong, "once": ""})).status == 422
    done = await console.post(path, right)
    again = await console.post(path, right)

    assert "4 messages are emptied" in re.sub("[\u2068\u2069]", "", form.text)
    assert done.status == 303
    assert done.location.startswith("/console/people/erased_")
    assert again.location == done.location
    page = await console.follow(done)
    assert "This person was erased." in page.text
    assert "person.erased" in await actions(console)


async def test_a_link_for_a_help_desk_shows_this_person_masked_without_login_and_nothing_else(console: Console, ann: list[str]) -> None:
    path = "/people/ann-4711/links?brand=default"
    fresh = re.search(r'name="link" value="([^"]+)"', (await console.get(path)).text)
    assert fresh is not None
    made = await console.post(path, {"link": fresh[1], "days": "7", "reason": "ticket 12"})
    url = re.search(r"/console(/d/[A-Za-z0-9_=-]+)", made.text)
    assert url is not None

    desk = await console.as_(None)
    seen, signed_in = await desk.get(url[1]), await console.get(url[1])

    for one in (seen, signed_in):
        assert one.status == 200
        assert "a•••@e•••.com" in one.text
        assert Reason.SUPPRESSED_COMPLAINT.sentence in one.text
        assert {link for link in re.findall(r'<a [^>]*href="([^"]+)"', one.text) if not link.startswith("#")} == set()
        assert not any(word in one.text for word in ("ann.smith", PHONE, "Annabella", "secret", "<form", *ann))
    assert seen.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in seen.headers["X-Robots-Tag"]
    assert {"person.shared", "person.link_opened"} <= set(await actions(console))


async def test_a_revoked_link_opens_nothing(console: Console, ann: list[str]) -> None:
    link = await console.gateway.of("default").share_recipient("ann-4711", by="sam", lasts=timedelta(days=1))
    path = f"/people/ann-4711/links/{link.id}/revoke?brand=default"

    without = await console.post(path, {"reason": ""})
    done = await console.post(path, {"reason": "ticket closed"})
    gone = await (await console.as_(None)).get(f"/d/{link.token}")

    assert (without.status, done.status, gone.status) == (422, 303, 404)
    assert "This link opens nothing" in gone.text
    assert "person.link_revoked" in await actions(console)


async def test_a_link_that_lasts_too_long_or_has_no_reason_is_not_made(console: Console, ann: list[str]) -> None:
    for fields in ({"days": "30"}, {"days": "7", "reason": ""}, {"days": "7", "link": "mine"}):
        seen = await console.post("/people/ann-4711/links?brand=default", {"reason": "why not", **fields})

        assert seen.status == 422
    assert await console.gateway.of("default").shared_links("ann-4711") == ()


async def test_people_of_other_brands_are_not_there(console: Console, ann: list[str]) -> None:
    other = await console.as_("admin", "acme")

    for path in ("", "/ticket", "/erase", "/export", "/links"):
        assert (await other.get(f"/people/ann-4711{path}")).status == 404
        assert (await other.get(f"/people/ann-4711{path}?brand=default")).status == 404
    assert (await other.get(f"/search?q={ann[0]}")).location.startswith("/console/messages?q=")
    assert "Never seen" in (await other.get("/people?q=ann.smith@example.com")).text


async def test_the_way_that_was_not_taken_stands_in_the_list(console: Console) -> None:
    gateway = console.gateway
    await gateway.accept(message(ANN, send_at=datetime.now(UTC) + timedelta(days=1)))
    await gateway.suppress("ann.smith@example.com", Reason.SUPPRESSED_BOUNCE)
    sent = await outcome(gateway, message(ANN, channels=["email", "sms"], mode="first"))

    seen = await console.get("/people/ann-4711?brand=default")
    (life,) = [one for one in (await gateway.life("ann-4711")).data if isinstance(one, LifeMessage) and one.id == sent.id]

    assert life.deliveries[0].channel == "sms"
    assert Reason.SUPPRESSED_BOUNCE.sentence in seen.text
    assert "instead of another way, which was not open" in seen.text

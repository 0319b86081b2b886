"""The screen of suppressions: finding, adding and taking off, with the evidence and proof that this needs; files in and out."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from tests.gateway.console.conftest import Console, Seen
from tests.gateway.console.seeded import Voiced
from tests.gateway.scripted import Carrier, message, outcome, person
from wasl.api import Gateway
from wasl.audited import Audited, AuditFilters
from wasl.consent import ConsentChange
from wasl_contracts import Address, Callback, Event, Reason

ANN = "ann@example.com"
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def config() -> dict[str, Any]:
    return {"topics": {"offers": {"category": "promotional"}}}


@pytest.fixture
def carriers() -> dict[str, Carrier]:
    return {"mail": Carrier("email"), "text": Voiced("sms")}


async def told(console: Console) -> list[Audited]:
    """What the audit tells of suppressions, newest first."""
    page = await console.gateway._open.ledger.audit.page(AuditFilters(), limit=50, cursor=None)
    return [one for one in page.data if one.action.startswith("suppression")]


async def suppressed(console: Console, reason: Reason = Reason.SUPPRESSED_MANUAL, address: str = ANN, **more: Any) -> str:
    """The id of an address of the default brand that is on the list."""
    return (await console.gateway.of("default").suppress(address, reason, **more)).id


async def wrote(gateway: Gateway, phone: str) -> None:
    """Somebody sends an SMS that names no message of ours; it is taken for an answer to the newest one."""
    now = datetime.now(UTC)
    event = Event(kind="replied", at=now, address=Address(channel="sms", kind="phone", value=phone), text="Hello?")
    body = json.dumps([event.model_dump(mode="json")]).encode()
    await gateway.take_callback("text", Callback("POST", "https://wasl.example/hooks/text", {}, body, now))


async def holds(console: Console, address: str = ANN) -> list[Reason]:
    return [row.reason for row in (await console.gateway.of("default").suppression(address)).data]


async def test_the_list_is_paged_and_filtered_and_masks_addresses(console: Console) -> None:
    for number in range(60):
        await suppressed(console, address=f"person{number}@example.com")
    await suppressed(console, Reason.SUPPRESSED_BOUNCE, "+966501234567", scope="promotional")

    first = await console.get("/suppressions")
    older = first.text.partition('rel="next" href="/console')[2].partition('"')[0].replace("&amp;", "&")
    second = await console.get(older)
    bounced = await console.get("/suppressions?reason=suppressed_bounce&scope=promotional&channel=sms")

    assert first.text.count("<tr data-row>") == 50
    assert second.text.count("<tr data-row>") == 11
    assert bounced.text.count("<tr data-row>") == 1
    assert "person1@example.com" not in first.text + second.text


async def test_a_whole_address_leads_to_its_page_whose_url_does_not_hold_it(console: Console) -> None:
    place = await suppressed(console, Reason.SUPPRESSED_BOUNCE, note=EVIL, message_id="msg_0")

    found = await console.get(f"/suppressions?address={ANN}")
    page = await console.follow(found)

    assert found.status == 303
    assert found.location == f"/console/suppressions/{place}?brand=default"
    assert Reason.SUPPRESSED_BOUNCE.sentence in page.text
    assert 'href="/console/messages/msg_0"' in page.text
    assert EVIL not in page.text
    assert "&lt;img src=x onerror=alert(1)&gt;" in page.text


async def test_an_address_that_was_never_listed_and_one_that_is_none_say_so(console: Console) -> None:
    never, wrong = await console.get("/suppressions?address=bob@example.com"), await console.get("/suppressions?address=what")

    assert (never.status, "was never on the list" in never.text) == (200, True)
    assert (wrong.status, "This is not an address" in wrong.text) == (422, True)


async def test_adding_needs_a_reason_and_an_address_and_is_audited_without_it(console: Console) -> None:
    support = await console.as_("support")

    unsaid = await support.post("/suppressions/add?brand=default", {"address": ANN})
    wrong = await support.post("/suppressions/add?brand=default", {"address": "what", "reason": "asked on the phone"})
    fields = {"address": ANN, "reason": "asked on the phone", "scope": "promotional", "cause": "suppressed_unsubscribe"}
    done = await support.post("/suppressions/add?brand=default", fields)

    assert (unsaid.status, wrong.status, done.status) == (422, 422, 303)
    assert await holds(console) == [Reason.SUPPRESSED_UNSUBSCRIBE]
    (entry,) = await told(console)
    assert (entry.action, entry.actor.role, entry.brand, entry.reason) == ("suppression.added", "support", "default", "asked on the phone")
    assert ANN not in repr(entry)


async def test_an_operator_takes_an_address_off_with_a_reason_seeing_the_evidence(console: Console) -> None:
    operator, place = await console.as_("operator"), await suppressed(console, Reason.SUPPRESSED_BOUNCE, note="550 no such user")

    asked = await operator.get(f"/suppressions/{place}/remove")
    unsaid = await operator.post(f"/suppressions/{place}/remove", {})
    done = await operator.post(f"/suppressions/{place}/remove", {"reason": "the mailbox works again"})

    assert "550 no such user" in asked.text
    assert (unsaid.status, done.status) == (422, 303)
    assert await holds(console) == []
    assert (await told(console))[0].reason == "the mailbox works again"


async def test_a_complaint_is_taken_back_by_an_admin_only(console: Console) -> None:
    place = await suppressed(console, Reason.SUPPRESSED_COMPLAINT)
    codes = {}
    for role in ("support", "operator", "admin"):
        user = await console.as_(role)
        asked = await user.get(f"/suppressions/{place}/remove")
        codes[role] = (
            "reported a message as unwanted" in asked.text,
            (await user.post(f"/suppressions/{place}/remove", {"reason": "x"})).status,
        )

    assert codes == {"support": (True, 403), "operator": (True, 403), "admin": (True, 303)}
    assert await holds(console) == []


async def test_an_operator_takes_off_what_stands_beside_a_complaint_and_the_complaint_stays(console: Console) -> None:
    operator = await console.as_("operator")
    await suppressed(console, Reason.SUPPRESSED_COMPLAINT)
    place = await suppressed(console, Reason.SUPPRESSED_BOUNCE)

    everything = await operator.post(f"/suppressions/{place}/remove", {"reason": "x"})
    bounce = await operator.post(f"/suppressions/{place}/remove", {"reason": "x", "listed_for": "suppressed_bounce"})

    assert (everything.status, bounce.status) == (403, 303)
    assert await holds(console) == [Reason.SUPPRESSED_COMPLAINT]


async def test_support_needs_a_consent_that_was_given_afterwards(console: Console) -> None:
    support, gateway = await console.as_("support"), console.gateway.of("default")
    await gateway.put_recipient(person(id="u_1", email=ANN))
    await gateway.record_consent("u_1", [ConsentChange(topic="offers", channel="email", state="granted")])
    place = await suppressed(console, Reason.SUPPRESSED_UNSUBSCRIBE)

    without = await support.post(f"/suppressions/{place}/remove", {"reason": "they called"})
    await gateway.record_consent("u_1", [ConsentChange(topic="offers", channel="email", state="granted")])
    asked = await support.get(f"/suppressions/{place}/remove")
    proven = await support.post(f"/suppressions/{place}/remove", {"reason": "they called"})

    assert (without.status, proven.status) == (403, 303)
    assert "u_1" in asked.text
    assert await holds(console) == []


@pytest.mark.parametrize("worker", [True])
async def test_support_tries_what_did_not_arrive_once_in_thirty_days_and_again_where_it_is_proved_to_work(console: Console) -> None:
    support, phone = await console.as_("support"), "+966501234567"
    await outcome(console.gateway.of("default"), message({"id": "u_1", "phone": phone}))
    place = await suppressed(console, Reason.SUPPRESSED_BOUNCE, phone)
    remove, why = f"/suppressions/{place}/remove", {"reason": "they say that it works"}

    asked, first = await support.get(remove), await support.post(remove, why)
    await suppressed(console, Reason.SUPPRESSED_BOUNCE, phone)
    refused, told_why = await support.post(remove, why), await support.get(remove)
    await wrote(console.gateway, phone)
    seen, proved = await support.get(remove), await support.post(remove, why)

    assert "it is back on the list at once" in asked.text
    assert (first.status, refused.status, proved.status) == (303, 403, 303)
    for page in (refused, told_why):
        assert "was taken off the list on" in page.text
    assert "They wrote to us from this address after this" in seen.text
    assert await holds(console, phone) == []


@pytest.mark.parametrize("worker", [True])
@pytest.mark.parametrize("reason", [Reason.SUPPRESSED_UNSUBSCRIBE, Reason.SUPPRESSED_MANUAL, Reason.SUPPRESSED_IMPORT])
async def test_an_answer_proves_that_an_address_works_but_not_that_they_want_it(console: Console, reason: Reason) -> None:
    support, phone = await console.as_("support"), "+966501234567"
    await outcome(console.gateway.of("default"), message({"id": "u_1", "phone": phone}))
    place = await suppressed(console, reason, phone)
    await wrote(console.gateway, phone)

    refused = await support.post(f"/suppressions/{place}/remove", {"reason": "they wrote"})
    await suppressed(console, Reason.SUPPRESSED_BOUNCE, phone)
    both = await support.post(f"/suppressions/{place}/remove", {"reason": "they wrote"})
    bounce = await support.post(f"/suppressions/{place}/remove", {"reason": "they wrote", "listed_for": "suppressed_bounce"})

    assert (refused.status, both.status, bounce.status) == (403, 403, 303)
    assert await holds(console, phone) == [reason]


async def test_an_operator_is_not_held_to_the_thirty_days(console: Console) -> None:
    operator = await console.as_("operator")
    statuses = []
    for _ in range(2):
        place = await suppressed(console, Reason.SUPPRESSED_INVALID)
        statuses.append((await operator.post(f"/suppressions/{place}/remove", {"reason": "try again"})).status)

    assert statuses == [303, 303]


async def test_what_is_on_the_list_of_all_brands_is_not_taken_off_here(console: Console) -> None:
    place = await suppressed(console, all_brands=True)

    done = await console.post(f"/suppressions/{place}/remove", {"reason": "x"})

    assert (done.status, "wasl suppress remove --all-brands" in done.text) == (403, True)
    assert await holds(console) == [Reason.SUPPRESSED_MANUAL]


async def test_another_brands_list_is_neither_shown_nor_changed(console: Console) -> None:
    place = (await console.gateway.of("beta").suppress(ANN)).id
    acme = await console.as_("operator", "acme")

    for seen in (
        await acme.get(f"/suppressions/{place}"),
        await acme.get(f"/suppressions/{place}?brand=beta"),
        await acme.get("/suppressions?brand=beta"),
        await acme.post(f"/suppressions/{place}/remove", {"reason": "x"}),
        await acme.post("/suppressions/add?brand=beta", {"address": ANN, "reason": "x"}),
        await acme.get("/suppressions/export?brand=beta"),
    ):
        assert seen.status == 404

    assert len((await console.gateway.of("beta").suppression(ANN)).data) == 1


async def test_an_id_that_is_none_is_not_found_and_no_address_stands_in_a_path(console: Console) -> None:
    await suppressed(console)

    for path in ("/suppressions/what", f"/suppressions/{ANN}", "/suppressions/sup_email_" + "0" * 34):
        assert (await console.get(path)).status == 404


async def upload(console: Console, text: str, **fields: str) -> Seen:
    data = aiohttp.FormData()
    for name, value in {"csrf": console.csrf, **fields}.items():
        data.add_field(name, value)
    data.add_field("file", text.encode(), filename="list.csv", content_type="text/csv")
    return await console.ask(
        "POST", "/suppressions/import?brand=default", data=data, headers={"Origin": console.url, "Sec-Fetch-Site": "same-origin"}
    )


def mark(seen: Seen) -> str:
    return seen.text.partition('name="checked" value="')[2].partition('"')[0]


async def test_a_file_is_checked_before_it_is_imported_and_only_that_file_is(console: Console) -> None:
    text = f"address,reason\n{ANN},bounce\nnot one,\n+966501234567,\n{ANN},bounce\n"

    checked = await upload(console, text)
    before = [row.address for row in (await console.gateway.of("default").suppressions()).data]
    other = await upload(console, text + "more@example.com,\n", checked=mark(checked))
    done = await upload(console, text, checked=mark(checked))

    assert (checked.status, "What the file would do" in checked.text, before) == (200, True, [])
    assert (other.status, "not the file that was checked" in other.text) == (422, True)
    assert done.status == 303
    assert len((await console.gateway.of("default").suppressions()).data) == 2
    assert [one.action for one in await told(console)] == ["suppressions.imported"]


async def test_a_file_without_its_columns_or_without_a_line_is_told(console: Console) -> None:
    wrong, empty = await upload(console, "name,age\nAnn,3\n"), await upload(console, "")

    assert (wrong.status, "not known" in wrong.text) == (422, True)
    assert (empty.status, "Choose a CSV file" in empty.text) == (422, True)


async def test_support_imports_a_few_lines_and_not_a_whole_list(console: Console) -> None:
    support = await console.as_("support")
    few, many = ("address\n" + "".join(f"p{n}@example.com\n" for n in range(count)) for count in (100, 101))

    assert (await upload(support, few)).status == 200
    assert (await upload(support, many)).status == 422


async def test_the_export_holds_no_address_and_no_formula(console: Console) -> None:
    await suppressed(console, source="=cmd|' /C calc'!A0")

    seen = await console.export("/suppressions/export?brand=default")
    rows = list(csv.reader(io.StringIO(seen.text)))

    assert seen.headers["Content-Type"].startswith("text/csv")
    assert len(rows) == 2
    assert ANN not in seen.text
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert [one.action for one in await told(console)] == ["suppressions.exported", "suppression.added"]


async def test_a_viewer_sees_the_list_and_changes_nothing(console: Console) -> None:
    viewer, place = await console.as_("viewer"), await suppressed(console)

    seen = await viewer.get("/suppressions")
    codes = [
        (await viewer.get("/suppressions/add")).status,
        (await viewer.post("/suppressions/add", {"address": ANN, "reason": "x"})).status,
        (await viewer.get(f"/suppressions/{place}/remove")).status,
        (await viewer.get("/suppressions/export")).status,
        (await viewer.get("/suppressions/import")).status,
    ]

    assert (seen.status, "/suppressions/add" in seen.text, codes) == (200, False, [403] * 5)

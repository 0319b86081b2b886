"""Explain as a page: whether somebody would get it, why a message went as it did, and sending one by hand."""

import re

import pytest

from tests.gateway.scripted import ANN, OFFERS, Carrier, message
from wasl.audited import AuditFilters
from wasl_contracts import Address

MAIL = Address(channel="email", kind="email", value="ann@example.com")


@pytest.fixture
def carriers():
    return {"mail": Carrier("email", format="mail"), "text": Carrier("sms", format="sms"), "room": Carrier("chat")}


@pytest.fixture
def config(templates):
    channels = {"email": ["mail"], "sms": ["text"], "chat": ["room"]}
    topics = {"offers": OFFERS, "login": {"category": "otp"}}
    return {"templates": templates, "channels": channels, "routes": {"default": {"channels": ["email", "sms"]}}, "topics": topics}


@pytest.fixture
async def ann(console):
    """Somebody who is known, with a message."""
    fields = {"content": None, "template": "order_shipped", "data": {"number": "1042"}}
    return await console.gateway.accept(message({**ANN, "locale": "en"}, **fields))


async def _count(console):
    return len((await console.gateway.list()).data)


def _filled(**told):
    return {"brand": "default", "person": "u_1", "template": "order_shipped", "data.number": "77", **told}


async def test_the_answer_says_whether_it_goes_and_what_every_rule_says(console, ann):
    await console.gateway.suppress(MAIL)

    seen = await console.get("/explain?person=u_1&template=order_shipped")

    assert seen.status == 200
    assert "It goes now, by sms through text." in seen.text
    assert "Allowed when the suppression of this address" in seen.text
    for word in ("allows", "withholds", "does not matter", "message.expires_in", "The template is filled with its examples."):
        assert word in seen.text, word
    assert "ann@example.com" not in seen.text
    assert await _count(console) == 1
    (row,) = re.findall(r'href="/console(/suppressions/[^"]+)"', seen.text)
    assert (await console.get(row)).status == 200


async def test_an_address_leads_to_a_link_of_the_person_in_which_it_does_not_stand(console, ann):
    for text in ("ann@example.com", "email:ann@example.com", "+966501234567", "u_1"):
        seen = await console.post("/explain", {"person": text, "template": "order_shipped"})

        assert seen.status == 303
        assert seen.location == "/console/explain?person=u_1&template=order_shipped"


async def test_somebody_who_was_never_heard_of_can_be_asked_about_by_their_address(console):
    seen = await console.post("/explain", {"person": "new@example.com", "body": "Hello"})

    assert seen.status == 200
    assert "It goes now, by email through mail." in seen.text
    assert "Send it…" not in seen.text
    assert await _count(console) == 0


async def test_several_people_with_one_address_are_shown_to_choose_from(console, ann):
    await console.gateway.accept(message({"id": "u_2", "email": "ann@example.com"}))

    seen = await console.post("/explain", {"person": "ann@example.com", "template": "order_shipped"})

    assert "Which of them?" in seen.text
    assert "person=u_1" in seen.text
    assert "person=u_2" in seen.text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"person": "", "template": "order_shipped"}, "is missing"),
        ({"person": "u_1"}, "is missing"),
        ({"person": "nobody", "template": "order_shipped"}, "is the id of nobody"),
        ({"person": "pager:7", "template": "order_shipped"}, "no configured provider serves the kind pager"),
        ({"person": "a@b@c", "template": "order_shipped"}, "e-person"),
        ({"person": "+49 12", "template": "order_shipped"}, "e-person"),
        ({"person": "a@example.com", "body": "x", "at": "tomorrow"}, "e-at"),
        ({"person": "a@example.com", "body": "x", "topic": "nothing"}, "e-topic"),
        ({"person": "a@example.com", "body": "x", "channel": "pigeon"}, "e-channel"),
        ({"person": "a@example.com", "template": "nothing"}, "e-template"),
    ],
)
async def test_what_cannot_be_asked_is_told_beside_the_field(console, ann, fields, told):
    seen = await console.post("/explain", fields)

    assert seen.status == 422
    assert told in seen.text


async def test_another_moment_is_told_by_the_users_clock(console, ann):
    seen = await console.get("/explain?person=u_1&template=order_shipped&at=2030-01-01T09:30")

    assert "2030" in seen.text
    assert "nothing more is sent to them until then" in seen.text


async def test_a_message_tells_why_it_went_as_it_did(console, ann):
    seen = await console.get(f"/explain?message={ann.id}")

    assert seen.status == 200
    assert ann.id in seen.text
    assert 'value="u_1"' in seen.text
    assert (await console.get("/explain?message=msg_0")).status == 404


async def test_it_is_told_in_arabic(console, ann):
    seen = await console.ask("GET", "/explain?person=u_1&template=order_shipped", headers={"Accept-Language": "ar"})

    assert "تُرسل الآن عبر" in seen.text
    assert "العنوان غير محظور." in seen.text
    assert not re.search(r">\s*(allows|Verdict|Suppression|Topic)\s*<", seen.text)


async def test_sending_by_hand_shows_first_what_will_be_sent_and_what_they_have(console, ann):
    form, look = await console.get("/explain/send?person=u_1&template=order_shipped"), await console.post("/explain/send/look", _filled())

    assert 'name="data.number"' in form.text
    assert "1042" in form.text
    assert re.search("Order .?77.? left.", look.text)
    assert ann.id in look.text
    assert 'name="once"' in look.text
    assert await _count(console) == 1


async def test_it_is_sent_once_with_a_reason_and_audited(console, ann):
    fields = _filled(reason="They asked on the phone", once="once-1")

    first, second = await console.post("/explain/send", fields), await console.post("/explain/send", fields)

    assert (first.status, second.status) == (303, 303)
    assert first.location == second.location
    assert await _count(console) == 2
    (entry,) = (await console.gateway.audited(AuditFilters(action="message.sent"))).data
    assert (entry.object, entry.reason, entry.actor.name) == ("u_1", "They asked on the phone", "admin")


async def test_nothing_is_sent_without_a_reason_without_its_data_or_as_a_code(console, ann):
    refused = [
        await console.post("/explain/send", _filled(reason=" ")),
        await console.post("/explain/send", _filled(reason="why", **{"data.number": ""})),
        await console.post("/explain/send", _filled(reason="why", topic="login")),
        await console.post("/explain/send/look", _filled(topic="login")),
    ]

    assert [seen.status for seen in refused] == [422, 422, 422, 422]
    assert "is missing; the template needs text in quotes" in refused[1].text
    assert "one-time codes" in refused[2].text
    assert await _count(console) == 1


async def test_only_those_who_may_send_can_and_only_to_people_of_their_brands(console, ann):
    auditor, beta = await console.as_("auditor"), await console.as_("support", "beta")

    assert "Send it…" not in (await auditor.get("/explain?person=u_1&template=order_shipped")).text
    assert (await auditor.post("/explain/send", _filled(reason="why"))).status == 403
    assert (await beta.get("/explain/send?person=u_1&template=order_shipped")).status == 404
    assert (await beta.post("/explain/send", _filled(reason="why"))).status == 404
    assert (await beta.get("/explain?person=u_1&template=order_shipped")).status == 422
    assert (await beta.get(f"/explain?message={ann.id}")).status == 404
    assert await _count(console) == 1


async def test_what_somebody_wrote_is_only_shown(console, ann):
    script = "<script>document.title='x'</script>"

    seen = [
        await console.post("/explain", {"person": script, "body": script, "topic": script}),
        await console.post("/explain/send/look", _filled(**{"data.number": script})),
    ]

    for one in seen:
        assert "document.title" in one.text
        assert script not in one.text


async def test_it_works_without_scripts_from_the_question_to_the_message(console, browsing, ann):
    tab = await browsing(java_script_enabled=False)
    await tab.goto(f"{console.url}/console/explain")

    await tab.get_by_label("Person").fill("ann@example.com")
    await tab.get_by_label("Template", exact=True).select_option("order_shipped")
    await tab.get_by_role("button", name="Explain").click()
    await tab.get_by_role("link", name="Send it…").click()
    await tab.get_by_label("number").fill("2001")
    await tab.get_by_role("button", name="See what would be sent").click()
    await tab.get_by_label("Reason").fill("Asked for it")
    await tab.get_by_role("button", name="Send it").click()

    assert "/console/messages/msg_" in tab.url
    assert await _count(console) == 2

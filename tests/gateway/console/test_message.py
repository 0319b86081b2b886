"""The page of one message, what it shows of the content, and what may be done from it."""

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.gateway.console.conftest import Console
from tests.gateway.scripted import ANN, Carrier, Script, message, outcome
from wasl.answers import MessageSeen
from wasl.audited import Action, Actor, AuditFilters
from wasl_contracts import Reason, Receipt, Rejected, State

WHY = {"reason": "ticket 4711"}
REFUSED = Rejected(Reason.PROVIDER_REJECTED, "content", "30003")


@pytest.fixture
def worker() -> bool:
    return True


@pytest.fixture
def carriers() -> dict[str, Carrier]:
    return {
        "mail": Carrier("email", Script(REFUSED)),
        "text": Carrier("sms", Script(then=Receipt(provider_ref="SM1", facts={"parts": "2"}))),
    }


@pytest.fixture
def config() -> dict[str, Any]:
    return {
        "routes": {"default": {"channels": ["email", "sms"]}, "mail": {"channels": ["email"]}},
        "topics": {"codes": {"category": "otp"}, "default": {}, "letters": {"route": "mail"}},
    }


async def over(console: Console, **fields: Any) -> MessageSeen:
    return await outcome(console.gateway, message(**fields))


async def test_the_page_says_what_happened_and_every_step_of_it(console: Console) -> None:
    seen = await over(console, metadata={"ref": "1042"})

    page = await console.get(f"/messages/{seen.id}")

    assert (page.status, seen.state) == (200, State.SENT)
    assert "by SMS through" in page.text
    assert "Not by SMS" not in page.text
    for said in (
        "Accepted",
        "Routed",
        "Rendered",
        "refused it",
        "took it",
        "30003",
        "SM1",
        "routes.default",
        "Every rule, and what it saw",
    ):
        assert said in page.text, said
    assert "ann@example.com" not in page.text
    assert "Your order left" not in page.text


async def test_what_is_not_there_or_another_brand_s_is_not_found(console: Console) -> None:
    seen = await outcome(console.gateway.of("acme"), message())
    elsewhere = await console.as_("support", "beta")

    assert (await console.get(f"/messages/{seen.id}")).status == 200
    for path in ("", "/frame", "/reveal", "/again", "/retry"):
        assert (await elsewhere.get(f"/messages/{seen.id}{path}")).status == 404, path
    assert (await console.get("/messages/msg_none")).status == 404
    assert (await console.get("/messages/%3Cscript%3E")).status == 404


async def test_the_first_step_says_who_asked_and_leads_to_all_that_the_request_asked_for(console: Console) -> None:
    by_key = console.gateway.of(console.gateway.brand, Actor("key", "k3y", "web"), "req_01a20af295cc9a55689087bd")
    asked = [await by_key.accept(message(), f"login-{number}") for number in (991, 992)]
    in_process = await over(console)

    page, other = await console.get(f"/messages/{asked[0].id}"), await console.get(f"/messages/{in_process.id}")
    listed = await console.get("/messages?q=request:req_01a20af295cc9a55689087bd")

    step = page.text[page.text.index("Accepted") : page.text.index("Routed")]
    for said in ("by the API key", "k3y", "req_01a20af295cc9a55689087bd", "Idempotency key", "login-991"):
        assert said in step, said
    assert "/console/messages?q=request%3Areq_01a20af295cc9a55689087bd" in step
    assert "by the application, in process" in other.text
    assert listed.status == 200


async def test_those_that_failed_alike_lead_to_a_list_and_a_code_to_its_page(console: Console) -> None:
    for _ in range(3):
        carrier_fails(console)
        seen = await over(console, topic="letters")

    page = await console.get(f"/messages/{seen.id}")
    code = await console.get("/codes/mail/30003")
    unknown = await console.get("/codes/nobody/30003")

    assert seen.state is State.FAILED
    assert "2" in page.text
    assert "others in the last hour ended in the same way" in page.text
    assert "q=status%3Afailed+reason%3Aprovider_rejected+error%3A%2230003%22+provider%3Amail+after%3A1h" in page.text
    assert "/console/codes/mail/30003" in page.text
    assert (code.status, unknown.status) == (200, 404)
    assert "does not list this code" in code.text


async def test_what_it_says_is_masked_until_somebody_says_why(console: Console) -> None:
    seen = await over(console)
    support = await console.as_("support")
    call = seen.deliveries[-1].attempts[-1].id
    frame = f"/messages/{seen.id}/frame?call={call}"

    before, asked = await support.get(frame), await support.post(f"/messages/{seen.id}/reveal", {"reason": ""})
    done = await support.post(f"/messages/{seen.id}/reveal", WHY)
    after, text = await support.get(frame), await support.get(f"/messages/{seen.id}?tab=text")
    others = await console.get(frame)
    viewer = await (await console.as_("viewer")).post(f"/messages/{seen.id}/reveal", WHY)

    assert "Your order left" not in before.text
    assert (asked.status, done.status, done.location) == (422, 303, f"/console/messages/{seen.id}")
    assert "Your order left our store." in after.text
    assert "Your order left our store." in text.text
    assert "Your order left" not in others.text
    assert viewer.status == 403
    for answer in (before, after):
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    (entry,) = await audited(console, Action.MESSAGE_REVEALED)
    assert (entry.object, entry.reason, entry.actor.name) == (seen.id, "ticket 4711", "support")


async def test_one_message_at_a_time_and_thirty_an_hour(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.console.revealing.HOURLY", 2)
    first, second = await over(console), await over(console)
    paths = [f"/messages/{one.id}/frame?call={one.deliveries[-1].attempts[-1].id}" for one in (first, second)]
    for one in (first, second):
        await console.post(f"/messages/{one.id}/reveal", WHY)

    shown = ["Your order left" in (await console.get(path)).text for path in paths]
    third = await console.post(f"/messages/{first.id}/reveal", WHY)

    assert shown == [False, True]
    assert third.status == 422
    assert "which is the most" in third.text
    assert len(await audited(console, Action.MESSAGE_REVEALED)) == 2


async def test_a_code_is_never_shown_to_anybody(console: Console) -> None:
    seen = await outcome(console.gateway, message(topic="codes", content={"body": "Your code is 123456"}))

    refused = await console.post(f"/messages/{seen.id}/reveal", WHY)
    pages = [await console.get(f"/messages/{seen.id}?tab={tab}") for tab in ("preview", "text", "source", "data", "calls")]
    frames = [await console.get(f"/messages/{seen.id}/frame?call={one.id}") for d in seen.deliveries for one in d.attempts]

    assert refused.status == 403
    assert not any("123456" in page.text for page in (*pages, *frames))
    assert "never shown" in pages[0].text
    assert not await audited(console, Action.MESSAGE_REVEALED)


async def test_sending_again_shows_first_what_will_happen_and_a_double_click_does_it_once(console: Console) -> None:
    seen = await over(console, topic="letters")

    page = await console.get(f"/messages/{seen.id}/again")
    form = fields_of(page.text)
    unsaid = await console.post(f"/messages/{seen.id}/again", {**form, "reason": " "})
    first = await console.post(f"/messages/{seen.id}/again", {**form, **WHY})
    second = await console.post(f"/messages/{seen.id}/again", {**form, **WHY})
    new = await console.gateway.wait(first.location.rpartition("/")[2])

    assert page.status == 200
    assert "Nothing of this kind within the last day" in page.text
    assert unsaid.status == 422
    assert (first.status, first.location) == (303, second.location)
    assert new.state is State.SENT
    assert ("resent_from", seen.id) in [(one.how, one.id) for one in await console.gateway.related(new.id)]
    entries = await audited(console, Action.MESSAGE_SENT_AGAIN)
    assert [(one.object, one.reason) for one in entries] == [(seen.id, "ticket 4711")]
    followed = await console.get(f"/messages/{seen.id}")
    assert "Sent again as" in followed.text


async def test_who_looked_before_more_went_to_them_looks_again(console: Console) -> None:
    seen = await over(console, topic="letters")
    path, other = f"/messages/{seen.id}/again", await console.as_("operator")
    stale = fields_of((await other.get(path)).text)
    first = await console.post(path, {**fields_of((await console.get(path)).text), **WHY})

    late = await other.post(path, {**stale, **WHY})
    unseen = await other.post(path, {**stale, **WHY, "shown": "", "once": "another"})
    second = await other.post(path, {**fields_of(late.text), **WHY})

    assert (first.status, late.status, unseen.status, second.status) == (303, 422, 422, 303)
    assert "Meanwhile more went to them." in late.text
    assert first.location.rpartition("/")[2] in late.text
    assert first.location != second.location


async def test_two_who_saw_the_same_send_it_again_once(console: Console) -> None:
    seen = await over(console, topic="letters")
    path, other = f"/messages/{seen.id}/again", await console.as_("operator")
    forms = [(one, fields_of((await one.get(path)).text)) for one in (console, other)]

    sent = await asyncio.gather(*(one.post(path, {**fields, **WHY}) for one, fields in forms))

    copies = [one.id for one in await console.gateway.related(seen.id) if one.how == "resent_as"]
    assert {one.location.rpartition("/")[2] for one in sent if one.status == 303} == {*copies}
    assert len(copies) == 1


async def test_what_was_confirmed_needs_a_word_more(console: Console, carriers: Mapping[str, Carrier]) -> None:
    carriers["mail"].script.then = Receipt(state="delivered")
    carriers["mail"].script._lines.clear()
    seen = await over(console)

    page = await console.get(f"/messages/{seen.id}/again")
    without = await console.post(f"/messages/{seen.id}/again", {**fields_of(page.text), **WHY})
    with_it = await console.post(f"/messages/{seen.id}/again", {**fields_of(without.text), **WHY, "anyway": "on"})

    assert seen.state is State.DELIVERED
    assert "It was confirmed that it arrived." in page.text
    assert "I know, and want it all the same" in page.text
    assert (without.status, with_it.status) == (422, 303)


async def test_another_channel_is_offered_where_they_have_an_address(console: Console) -> None:
    seen = await over(console, topic="letters")

    page = await console.get(f"/messages/{seen.id}/other")
    done = await console.post(f"/messages/{seen.id}/other", {**fields_of(page.text), **WHY, "channel": "sms"})
    nowhere = await console.post(f"/messages/{seen.id}/other", {**fields_of(page.text), **WHY, "channel": "pigeon", "once": "other"})
    new = await console.gateway.wait(done.location.rpartition("/")[2])

    assert 'value="sms"' in page.text
    assert [one.channel for one in new.deliveries] == ["sms"]
    assert nowhere.status == 422
    assert [one.facts["channel"] for one in await audited(console, Action.MESSAGE_OTHER_CHANNEL)] == ["sms"]


async def test_a_retry_and_a_cancel_say_what_they_do(console: Console) -> None:
    failed = await over(console, topic="letters")
    waiting = await console.gateway.accept(message(send_at=datetime.now(UTC) + timedelta(hours=1)))
    sent = await over(console)

    retry, cancel = await console.get(f"/messages/{failed.id}/retry"), await console.get(f"/messages/{waiting.id}/cancel")
    refused = await console.get(f"/messages/{sent.id}/retry")
    retried = await console.post(f"/messages/{failed.id}/retry", {**fields_of(retry.text), **WHY})
    cancelled = await console.post(f"/messages/{waiting.id}/cancel", {**fields_of(cancel.text), **WHY})
    late = await console.post(f"/messages/{sent.id}/cancel", {**fields_of(cancel.text), **WHY, "once": "another"})

    assert "The very same message" in retry.text
    assert "1 delivery that has not begun to leave" in re.sub("[\u2068\u2069]", "", cancel.text)
    assert ("It was sent already." in refused.text, 'class="confirm"' in refused.text) == (True, False)
    assert (retried.status, cancelled.status, late.status) == (303, 303, 409)
    assert (await console.gateway.wait(failed.id)).state is State.SENT
    assert (await console.gateway.get(waiting.id)).state is State.CANCELLED


@pytest.mark.parametrize("role", ["viewer", "auditor"])
async def test_who_may_only_look_gets_no_act(console: Console, role: str) -> None:
    seen = await over(console)
    other = await console.as_(role)

    page = await other.get(f"/messages/{seen.id}")
    acts = [await other.post(f"/messages/{seen.id}/{act}", WHY) for act in ("retry", "again", "other", "cancel", "reveal")]

    assert page.status == 200
    assert f"/messages/{seen.id}/again" not in page.text
    assert [one.status for one in acts] == [403] * 5


async def test_what_others_wrote_is_shown_as_text(console: Console) -> None:
    runs = "<img src=x onerror=alert(1)>"
    seen = await outcome(console.gateway, message({**ANN, "id": f"u{runs}"}, metadata={"ref": runs}, about=runs))

    pages = [await console.get(f"/messages/{seen.id}?tab={tab}") for tab in ("preview", "text", "source", "data", "calls", "related")]
    pages += [await console.get(f"/messages/{seen.id}/{act}") for act in ("again", "other", "retry", "reveal")]

    assert [page.status for page in pages] == [200] * 10
    assert not any("<img" in page.text for page in pages)
    assert "&lt;img" in pages[0].text


def carrier_fails(console: Console) -> None:
    """The next mail is refused."""
    settings: Any = console.gateway._specs.settings["mail"]
    settings.script._lines.append(REFUSED)


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields of the form in the page's main part, but the token."""
    found = re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)">', page.partition('class="confirm"')[2])
    return {name: value for name, value in found if name != "csrf"}


async def audited(console: Console, action: Action) -> Any:
    return (await console.gateway.audited(AuditFilters(action=action))).data

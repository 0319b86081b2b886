"""Two brands in one gateway: each sees and sends for itself, over Python and HTTP, on either engine."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.databases import rows
from tests.gateway.brands.faces import written
from tests.gateway.scripted import ANN, Carrier, Script, message
from wasl.api import Gateway, Submission
from wasl.consent import ConsentChange
from wasl.errors import NotFound, Refused
from wasl.person_seen import Sought
from wasl.server.app import listening
from wasl.suppression import Listed
from wasl_contracts import Receipt, State

Opened = Callable[..., Awaitable[Gateway]]
NEWS = {"category": "service", "consent": "implied", "quiet_hours": False, "title": {"en": "News"}}
TOPICS = {"topics": {"news": NEWS}, "server": {"public_url": "https://wasl.example"}}


@pytest.fixture
def folder_of_two(tmp_path: Path) -> Path:
    return written(tmp_path / "brands", {"acme": 'title = { en = "Acme", ar = "أكمي" }', "beta": 'title = "Beta"'})


@pytest.fixture
async def gateway(opened: Opened, folder_of_two: Path) -> Gateway:
    return await opened({"mail": Carrier("email"), "text": Carrier("sms")}, brands=folder_of_two, **TOPICS)


@asynccontextmanager
async def asking(gateway: Gateway, brand: str) -> AsyncIterator[Callable[..., Awaitable[tuple[int, Any]]]]:
    """Asks over HTTP with a key of a brand; answers with the status and what was said."""
    key = await gateway.of(brand).create_api_key("all", ["send", "read", "people:export", "people:erase"])
    async with listening(gateway, "127.0.0.1", 0) as url, aiohttp.ClientSession(url) as http:

        async def ask(method: str, path: str, body: object = None) -> tuple[int, Any]:
            headers = {"Authorization": f"Bearer {key}"} if path.startswith("/v1") else {}
            async with http.request(method, path, json=body, headers=headers) as answer:
                return answer.status, await (answer.json() if "json" in answer.content_type else answer.text())

        yield ask


def codes(refused: Refused) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in refused.errors]


async def test_a_message_names_its_brand_and_is_else_of_the_configurations(gateway: Gateway, database: str) -> None:
    await gateway.accept(message())
    await gateway.accept(message(brand="acme"))
    await gateway.send(content={"body": "Hello"}, to=ANN, brand="beta")

    found = rows(database, "SELECT m.brand, r.brand FROM messages m JOIN recipients r ON r.brand = m.brand ORDER BY m.brand")

    assert found == [("acme", "acme"), ("beta", "beta"), ("default", "default")]


async def test_an_unknown_brand_is_refused_with_those_that_there_are(gateway: Gateway) -> None:
    with pytest.raises(Refused, match="acme, beta, default") as refused:
        await gateway.accept(message(brand="gamma"))
    with pytest.raises(Refused, match="acme, beta, default"):
        gateway.of("gamma")

    assert codes(refused.value) == [("/brand", "unknown_brand")]


async def test_a_gateway_seen_as_a_brand_sends_for_that_one_only(gateway: Gateway) -> None:
    with pytest.raises(Refused) as refused:
        await gateway.of("acme").accept(message(brand="beta"))
    with pytest.raises(Refused):
        await gateway.of("default").explain(content={"body": "Hello"}, to=ANN, brand="beta")

    assert codes(refused.value) == [("/brand", "other_brand")]
    assert "beta" not in str(refused.value)
    assert (await gateway.of("acme").accept(message(brand="acme"))).id


async def test_one_worker_sends_for_all_brands_each_by_its_name(opened: Opened, folder_of_two: Path) -> None:
    script = Script()
    gateway = await opened({"mail": Carrier("email", script)}, brands=folder_of_two)
    sent = {brand: await gateway.of(brand).accept(message()) for brand in gateway.brands}

    for brand, accepted in sent.items():
        await gateway.of(brand).wait(accepted.id)

    assert sorted((call.brand, call.sender.name) for call in script.calls) == [("acme", "Acme"), ("beta", "Beta"), ("default", "")]


async def test_one_key_at_two_brands_is_two_messages(gateway: Gateway) -> None:
    both = [gateway.of(brand) for brand in ("acme", "beta")]

    at_once = await asyncio.gather(*(one.accept(message(), "same") for one in both))
    again = await asyncio.gather(*(one.accept(message(), "same") for one in both))
    batch = await gateway.of("acme").accept_many([Submission(message(), "same"), Submission(message(brand="beta"), "same")])

    assert len({one.id for one in at_once}) == 2
    assert [one.id for one in again] == [one.id for one in at_once]
    assert [getattr(one, "replayed", None) for one in (*again, *batch)] == [True, True, True, None]


async def test_what_is_of_one_brand_is_not_there_for_another(gateway: Gateway) -> None:
    acme, beta = gateway.of("acme"), gateway.of("beta")
    accepted = await acme.accept(message())
    await acme.wait(accepted.id)
    await acme.suppress("mallory@example.com")
    token = acme.preference_url("u_1").rpartition("/")[2]
    asked = await acme.ask_consent("u_1", "news", "email")

    for seen in (beta, gateway):
        for work in (
            seen.get(accepted.id), seen.cancel(accepted.id), seen.retry(accepted.id), seen.recipient("u_1"), seen.consent("u_1"),
            seen.recipient_timeline("u_1"), seen.export_recipient("u_1"), seen.erase_recipient("u_1"),
            seen.suppression("mallory@example.com"), seen.unsuppress("mallory@example.com", "asked"),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                await work
        assert (await seen.list()).data == ()
        assert (await seen.find_recipients(Sought(email="ann@example.com"))).data == ()
        assert (await seen.suppressions(Listed())).data == ()
    assert await beta.preferences(token) is None
    with pytest.raises(Refused):
        await beta.confirm_consent(asked)
    assert (await acme.get(accepted.id)).state is State.SENT


async def test_consent_suppressions_and_stop_hold_for_their_brand(opened: Opened, folder_of_two: Path) -> None:
    gateway = await opened({"mail": Carrier("email"), "text": Carrier("sms")}, brands=folder_of_two, **TOPICS)
    acme, beta = gateway.of("acme"), gateway.of("beta")
    for seen in (acme, beta):
        await seen.accept(message(topic="news"))
    await acme.record_consent("u_1", [ConsentChange(topic="news", channel="email", state="withdrawn", source="import")])
    await acme.inbound_text("sms", "+966501234567", "STOP")

    told = [await seen.explain(content={"body": "x"}, to=ANN, topic="news", channels=["email"]) for seen in (acme, beta)]
    texts = [await seen.explain(content={"body": "x"}, to=ANN, topic="news", channels=["sms"]) for seen in (acme, beta)]

    assert [one.verdict for one in told] == ["withhold", "send"]
    assert [one.verdict for one in texts] == ["withhold", "send"]


async def test_a_suppression_for_all_brands_holds_for_each(gateway: Gateway) -> None:
    await gateway.of("acme").suppress("ann@example.com", all_brands=True)

    told = [await gateway.of(brand).explain(content={"body": "x"}, to=ANN, channels=["email"]) for brand in ("acme", "beta")]

    assert [one.verdict for one in told] == ["withhold", "withhold"]


async def test_a_cap_counts_each_brand_by_itself(opened: Opened, folder_of_two: Path) -> None:
    caps = {"caps": {"once": {"limit": 1, "per": "1d", "over": "withhold"}}, "routes": {"default": {"channels": ["email"]}}}
    gateway = await opened({"mail": Carrier("email")}, brands=folder_of_two, **{**TOPICS, **caps})
    acme, beta = gateway.of("acme"), gateway.of("beta")

    first = await acme.wait((await acme.accept(message(topic="news"))).id)
    second = await acme.wait((await acme.accept(message(topic="news"))).id)
    others = await beta.wait((await beta.accept(message(topic="news"))).id)

    assert [one.state for one in (first, second, others)] == [State.SENT, State.WITHHELD, State.SENT]


async def test_a_paused_provider_that_is_resumed_sends_for_every_brand(opened: Opened, folder_of_two: Path) -> None:
    from wasl_contracts import Reason, Rejected

    refusing = Rejected(reason=Reason.PROVIDER_MISCONFIGURED, scope="provider", code="401")
    script = Script(refusing, refusing, then=Receipt(provider_ref="ref"))
    gateway = await opened({"mail": Carrier("email", script)}, brands=folder_of_two)
    acme = gateway.of("acme")
    accepted = await acme.accept(message())

    await gateway.resume_provider("mail")

    assert (await acme.wait(accepted.id)).state is State.SENT


async def test_over_http_a_key_sees_and_sends_for_its_brand_only(gateway: Gateway) -> None:
    others = await gateway.of("beta").accept(message())
    await gateway.of("beta").suppress("mallory@example.com")
    hidden = (await gateway.of("beta").suppressions(Listed())).data[0].id
    hello = {"to": ANN, "content": {"body": "Hello"}}
    async with asking(gateway, "acme") as ask:
        sent = [await ask("POST", "/v1/messages", {**hello, **brand}) for brand in ({}, {"brand": "acme"})]
        refused = [await ask("POST", path, {**hello, "brand": name}) for path in ("/v1/messages", "/v1/explain") for name in ("beta", "x")]
        missing = [
            await ask(*what)
            for what in (
                ("GET", f"/v1/messages/{others.id}"), ("GET", f"/v1/messages/{others.id}/events"),
                ("POST", f"/v1/messages/{others.id}:cancel"), ("POST", f"/v1/messages/{others.id}:retry"),
                ("GET", f"/v1/suppressions/{hidden}"), ("DELETE", f"/v1/suppressions/{hidden}", {"reason": "asked"}),
                ("POST", "/v1/suppressions:find", {"address": "mallory@example.com"}),
            )
        ]  # fmt: skip
        listed = await ask("GET", "/v1/messages")

    assert [status for status, _ in sent] == [202, 202]
    assert {one["id"] for _, one in sent} == {one["id"] for one in listed[1]["data"]}
    assert [(status, said["errors"][0]["code"]) for status, said in refused] == [(422, "other_brand")] * 4
    assert len({said["errors"][0]["message"] for _, said in refused}) == 1
    assert [status for status, _ in missing] == [404] * 7


async def test_over_http_the_people_of_another_brand_are_nobody(gateway: Gateway) -> None:
    await gateway.of("beta").accept(message())
    async with asking(gateway, "acme") as ask:
        looked = [await ask("GET", f"/v1/recipients/u_1{what}") for what in ("", "/timeline", "/export", "/consents")]
        erased = await ask("POST", "/v1/recipients/u_1:erase", {"because": "request"})

    assert [status for status, _ in (*looked, erased)] == [404] * 5
    assert (await gateway.of("beta").recipient("u_1")).id == "u_1"


async def test_a_key_of_a_brand_that_is_not_served_here_is_no_key(opened: Opened, folder_of_two: Path) -> None:
    wide = await opened({"mail": Carrier("email")}, worker=False, brands=folder_of_two)
    narrow = await opened({"mail": Carrier("email")}, worker=False)
    key = (await wide.of("acme").create_api_key("shop", ["send"])).encode()

    assert (await wide.authenticate(key)) is not None
    assert (await wide.of("beta").authenticate(key)) is None
    assert (await narrow.authenticate(key)) is None


async def test_the_preference_page_of_a_person_is_that_of_the_brand_which_wrote(gateway: Gateway) -> None:
    for brand in ("acme", "beta"):
        await gateway.of(brand).accept(message({**ANN, "locale": "ar"} if brand == "acme" else ANN, topic="news"))
    tokens = {brand: gateway.of(brand).preference_url("u_1").rpartition("/")[2] for brand in ("acme", "beta")}
    async with asking(gateway, "acme") as ask:
        pages = {brand: (await ask("GET", f"/u/{token}"))[1] for brand, token in tokens.items()}
        async with aiohttp.ClientSession() as http, listening(gateway, "127.0.0.1", 0) as url:
            await http.post(f"{url}/u/{tokens['acme']}", data={"List-Unsubscribe": "One-Click"})
    news = {brand: (await gateway.of(brand).consent("u_1")).effective for brand in ("acme", "beta")}

    assert '<p class="brand" dir="auto">أكمي</p>' in pages["acme"]
    assert '<p class="brand" dir="auto">Beta</p>' in pages["beta"]
    assert {brand: any(one.allowed for one in found if one.topic == "news") for brand, found in news.items()} == {
        "acme": False,
        "beta": True,
    }


async def test_the_hosts_of_brands_links_are_answered_to_where_hosts_are_listed(opened: Opened, tmp_path: Path) -> None:
    folder = written(tmp_path / "brands", {"acme": 'link_domain = "links.acme.example"'})
    gateway = await opened({"mail": Carrier("email")}, worker=False, brands=folder, server={"hosts": ("api.example.com",)})
    async with listening(gateway, "127.0.0.1", 0) as url, aiohttp.ClientSession(url) as http:
        answers = {
            host: (await http.get("/u/nobody", headers={"Host": host})).status
            for host in ("api.example.com", "links.acme.example", "evil.example")
        }

    assert answers == {"api.example.com": 200, "links.acme.example": 200, "evil.example": 421}

"""The plugin against the contract kit and a workflow on loopback."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from pydantic import ValidationError

from wasl_contracts import AdaptiveCard, Address, Delivery, Mail, ProviderError, Reason, Receipt, Rejected, Unavailable, Unknown
from wasl_contracts.conformance import ProviderContract, Request, Response
from wasl_teams import Teams, TeamsSettings

WEBHOOK = "https://prod-23.westeurope.logic.azure.com:443/workflows/0f1e/triggers/manual/paths/invoke?api-version=2016-06-01&sig=secret-1"
ROOM = Address(channel="chat", kind="teams_room", value="operations")
GIVEN = Address(channel="chat", kind="teams_url", value=WEBHOOK.replace("0f1e", "77aa"))
CARD = {"type": "AdaptiveCard", "version": "1.5", "rtl": True, "body": [{"type": "TextBlock", "text": "في الطريق 👋"}]}


class TestTeams(ProviderContract):
    provider = Teams
    settings = {"rooms": {"operations": WEBHOOK}}
    address = ROOM
    # Each webhook is a workflow of its own, so that none pauses the others.
    outcomes = {
        **dict.fromkeys((301, 302, 303, 307, 308, 401, 402, 403, 407), "rejected:content"),
        **dict.fromkeys((404, 410), "rejected:address"),
    }

    def success(self, request: Request) -> Response:
        return Response.text(202)


class FakeWorkflow:
    def __init__(self) -> None:
        self.url = ""
        self.status = 202
        self.headers: dict[str, str] = {}
        self.requests: list[web.Request] = []
        self.cards: list[dict] = []

    async def invoke(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        self.cards.append(await request.json())
        return web.Response(status=self.status, headers=self.headers)


@pytest.fixture
async def workflow(aiohttp_server: Callable) -> FakeWorkflow:
    fake, app = FakeWorkflow(), web.Application()
    app.router.add_post("/workflows/{id}/triggers/manual/paths/invoke", fake.invoke)
    fake.url = str((await aiohttp_server(app, host="127.0.0.1")).make_url("")).rstrip("/")
    return fake


@pytest.fixture
def send(workflow: FakeWorkflow) -> Callable:
    async def send(what: Delivery) -> Receipt | ProviderError:
        async with aiohttp.ClientSession() as http:
            try:
                return await Teams(TeamsSettings(rooms={"operations": WEBHOOK}, base_url=workflow.url), http).send(what)
            except ProviderError as error:
                return error

    return send


def delivery(address: Address = ROOM, card: dict | None = None) -> Delivery:
    now = datetime.now(UTC)
    return Delivery(
        id="dlv_1", attempt_id="att_1", message_id="msg_1", brand="acme", channel="chat", address=address, topic="orders",
        content=AdaptiveCard(text="طلبك", card=card or CARD), category="transactional", created_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip


async def test_a_card_goes_to_the_webhook_of_the_room(workflow: FakeWorkflow, send: Callable) -> None:
    receipt = await send(delivery())

    [request], [card] = workflow.requests, workflow.cards
    assert request.path_qs == "/workflows/0f1e/triggers/manual/paths/invoke?api-version=2016-06-01&sig=secret-1"
    # Send Adaptive Cards using a webhook (learn.microsoft.com, connectors-using), read 2026-11: type, attachments, contentType, content.
    assert card == {
        "type": "message",
        "summary": "طلبك",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": CARD}],
    }
    assert receipt == Receipt(state="sent")


async def test_a_webhook_may_be_given_with_the_address(workflow: FakeWorkflow, send: Callable) -> None:
    await send(delivery(GIVEN))

    assert workflow.requests[0].match_info["id"] == "77aa"


async def test_a_room_that_is_not_configured_fails_the_message_and_keeps_the_address(workflow: FakeWorkflow, send: Callable) -> None:
    error = await send(delivery(Address(channel="chat", kind="teams_room", value="lunch")))

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason, error.code) == ("content", Reason.INVALID_ADDRESS, "unknown_room")
    assert workflow.requests == []


@pytest.mark.parametrize(
    ("status", "scope", "reason"),
    [
        (400, "content", Reason.PROVIDER_REJECTED),
        (401, "content", Reason.UNREACHABLE),
        (403, "content", Reason.UNREACHABLE),
        (404, "address", Reason.INVALID_ADDRESS),
        (410, "address", Reason.INVALID_ADDRESS),
        (413, "content", Reason.TOO_LONG),
    ],
)
async def test_a_refusal_means_what_its_status_says(
    workflow: FakeWorkflow, send: Callable, status: int, scope: str, reason: Reason
) -> None:  # fmt: skip
    workflow.status = status

    error = await send(delivery())

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason) == (scope, reason)


@pytest.mark.parametrize(("status", "outcome"), [(429, Unavailable), (503, Unavailable), (500, Unknown), (504, Unknown)])
async def test_what_is_no_refusal_is_not_called_one(workflow: FakeWorkflow, send: Callable, status: int, outcome: type) -> None:
    workflow.status, workflow.headers = status, {"Retry-After": "17"}

    error = await send(delivery())

    assert type(error) is outcome
    assert outcome is Unknown or error.retry_after == 17


async def test_more_than_28_kb_is_refused_before_it_leaves(workflow: FakeWorkflow, send: Callable) -> None:
    error = await send(delivery(card={**CARD, "body": [{"type": "TextBlock", "text": "ش" * 14_300}]}))

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason) == ("content", Reason.TOO_LONG)
    assert workflow.requests == []


@pytest.mark.parametrize(
    "url", ["", "secret", WEBHOOK.replace("https", "http"), "https://acme.example", WEBHOOK + "\n", "https://a@b.example/secret"]
)
def test_a_url_that_is_no_webhook_is_refused_with_the_settings_and_not_shown(url: str) -> None:
    with pytest.raises(ValidationError, match="Workflows") as caught:
        TeamsSettings(rooms={"operations": url})

    assert "secret" not in str(caught.value)


def test_the_webhooks_are_secret() -> None:
    settings = TeamsSettings(rooms={"operations": WEBHOOK})

    assert "secret-1" not in f"{settings!r} {settings.model_dump()} {GIVEN!r}"


async def test_content_of_another_format_is_a_fault_that_sends_nothing(workflow: FakeWorkflow, send: Callable) -> None:
    mail = delivery().model_copy(update={"content": Mail(subject="s", html="h", text="t", locale="en")})

    with pytest.raises(TypeError, match="adaptive_card"):
        await send(mail)

    assert workflow.requests == []

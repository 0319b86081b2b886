"""What SendGrid gets, and what its refusals mean."""

import base64
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from pydantic import ValidationError

from wasl_contracts import Address, Attachment, Delivery, Mail, ProviderError, Reason, Rejected, Sender, Unavailable, Unknown
from wasl_contracts.conformance import Response
from wasl_contracts.conformance.http_fake import HttpFake
from wasl_sendgrid import SendGrid, Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
USUAL = {"api_key": "SG.secret-1", "sender": "وصل <hello@acme.example>"}


class FakeSendGrid:
    """Answers as told."""

    def __init__(self) -> None:
        self.answer = Response.text(202, "", {"X-Message-Id": "14c5d75ce93"})
        self.http = HttpFake(lambda _: self.answer, lambda _: None)

    @property
    def body(self) -> dict[str, object]:
        [request] = self.http.sent
        return request.json()


@pytest.fixture
def api() -> Iterator[FakeSendGrid]:
    fake = FakeSendGrid()
    with fake.http:
        yield fake


@pytest.fixture
async def connect(api: FakeSendGrid) -> AsyncIterator[Callable[..., SendGrid]]:
    async with aiohttp.ClientSession() as http:
        yield lambda **settings: SendGrid(Settings.model_validate({**USUAL, "base_url": api.http.url, **settings}), http)


@pytest.fixture
def delivery() -> Delivery:
    return Delivery(
        id="dlv_1",
        attempt_id="att_1",
        message_id="msg_1",
        brand="acme",
        channel="email",
        address=Address(channel="email", kind="email", value="ann@example.com"),
        content=Mail(subject="طلبك في الطريق", html="<p dir='rtl'>مرحبا</p>", text="مرحبا", locale="ar", direction="rtl"),
        topic="orders",
        category="promotional",
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
        unsubscribe="https://acme.example/u/token",
    )


async def test_the_request_is_one_that_the_documentation_shows(api: FakeSendGrid, connect: Callable, delivery: Delivery) -> None:
    """Body of `POST /v3/mail/send` in the SendGrid v3 API reference, as read in November 2026."""
    receipt = await connect().send(delivery)

    [request] = api.http.sent
    assert receipt.provider_ref == "14c5d75ce93"
    assert (request.method, request.path) == ("POST", "/v3/mail/send")
    assert request.headers["Authorization"] == "Bearer SG.secret-1"
    assert api.body | {"headers": {}} == {
        "personalizations": [{"to": [{"email": "ann@example.com"}], "custom_args": {"wasl_attempt": "att_1"}}],
        "from": {"email": "hello@acme.example", "name": "وصل"},
        "subject": "طلبك في الطريق",
        "content": [{"type": "text/plain", "value": "مرحبا"}, {"type": "text/html", "value": "<p dir='rtl'>مرحبا</p>"}],
        "headers": {},
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
        },
    }


async def test_the_headers_are_those_of_any_mail_of_wasl(api: FakeSendGrid, connect: Callable, delivery: Delivery) -> None:
    await connect().send(delivery)

    headers = api.body["headers"]
    assert isinstance(headers, dict)
    assert headers.pop("Feedback-ID").startswith("orders:promotional:acme:")
    assert headers == {
        "X-Wasl-Attempt": "att_1",
        "List-Id": "<orders.acme.example>",
        "List-Unsubscribe": "<https://acme.example/u/token>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Message-ID": "<dlv_1@acme.example>",
        "Content-Language": "ar",
    }


async def test_a_brands_own_sender_and_files_go_along(api: FakeSendGrid, connect: Callable, delivery: Delivery) -> None:
    shop = Sender(address="shop@acme.example", name="Acme Shop", reply_to="Help <help@acme.example>")
    file = Attachment(name="فاتورة.pdf", media_type="application/pdf", content=b"%PDF" * 20_000)

    await connect().send(delivery.model_copy(update={"sender": shop, "attachments": (file,)}))

    assert api.body["from"] == {"email": "shop@acme.example", "name": "Acme Shop"}
    assert api.body["reply_to"] == {"email": "help@acme.example", "name": "Help"}
    coded = base64.b64encode(file.content).decode()
    assert api.body["attachments"] == [{"content": coded, "filename": "فاتورة.pdf", "type": "application/pdf", "disposition": "attachment"}]


async def test_tracking_is_sendgrids_only_where_it_is_asked_for(api: FakeSendGrid, connect: Callable, delivery: Delivery) -> None:
    await connect(tracking=True).send(delivery)

    assert api.body["tracking_settings"] == {
        "click_tracking": {"enable": True, "enable_text": False},
        "open_tracking": {"enable": True},
        "subscription_tracking": {"enable": False},
    }


async def test_a_mail_that_is_too_large_is_not_sent(api: FakeSendGrid, connect: Callable, delivery: Delivery) -> None:
    files = (Attachment(name="a.bin", media_type="application/octet-stream", content=bytes(23_000_000)),)

    with pytest.raises(Rejected) as refused:
        await connect().send(delivery.model_copy(update={"attachments": files}))

    assert (refused.value.reason, refused.value.scope, api.http.sent) == (Reason.TOO_LONG, "content", [])


@pytest.mark.parametrize(
    ("status", "field", "meaning"),
    [
        (400, "personalizations.0.to.0.email", (Rejected, "address", Reason.INVALID_ADDRESS)),
        (403, "from", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (400, "from.email", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (400, "subject", (Rejected, "content", Reason.CONTENT_REJECTED)),
        (400, "content.1.value", (Rejected, "content", Reason.CONTENT_REJECTED)),
        (400, "attachments.0.content", (Rejected, "content", Reason.CONTENT_REJECTED)),
        (400, "ann@example.com", (Rejected, "content", Reason.PROVIDER_REJECTED)),
        (401, None, (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (403, None, (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (413, None, (Rejected, "content", Reason.TOO_LONG)),
        (429, None, (Unavailable, None, Reason.RATE_LIMITED)),
    ],
)
async def test_what_a_refusal_means(
    api: FakeSendGrid, connect: Callable, delivery: Delivery, status: int, field: str | None, meaning: tuple
) -> None:
    api.answer = Response.json(status, {"errors": [{"message": "no, ann@example.com", "field": field, "help": None}]})

    with pytest.raises(ProviderError) as raised:
        await connect().send(delivery)

    assert (type(raised.value), getattr(raised.value, "scope", None), raised.value.reason) == meaning
    assert "ann" not in str(raised.value)


async def test_a_brands_own_sender_pauses_nobody_else(api: FakeSendGrid, connect: Callable, delivery: Delivery) -> None:
    api.answer = Response.json(403, {"errors": [{"message": "no verified Sender Identity", "field": "from"}]})

    with pytest.raises(Rejected) as refused:
        await connect().send(delivery.model_copy(update={"sender": Sender(address="shop@acme.example")}))

    assert (refused.value.reason, refused.value.scope) == (Reason.PROVIDER_MISCONFIGURED, "content")


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ("api_key", ""),
        ("sender", "nobody"),
        ("verification_key", "MFkw"),
        ("verification_key", "no base64!"),
        ("verification_key", "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="),
        ("callback_tolerance", 0),
        ("base_url", "api.sendgrid.com"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, wrong: object) -> None:
    with pytest.raises(ValidationError) as raised:
        Settings.model_validate({**USUAL, setting: wrong})

    assert raised.value.errors()[0]["loc"] == (setting,)


async def test_a_sender_that_sendgrid_cannot_send_as_is_doubted(connect: Callable) -> None:
    assert connect().doubts(Sender(address="shop@acme.example")) == ()
    assert "sender cannot be used" in connect().doubts(Sender(address="متجر@acme.example"))[0]


@pytest.mark.parametrize("answer", [Response.text(200, "<html>Sign in</html>"), Response.text(202, "")])
async def test_an_answer_without_the_mails_id_proves_nothing(
    api: FakeSendGrid, connect: Callable, delivery: Delivery, answer: Response
) -> None:
    api.answer = answer

    with pytest.raises(Unknown):
        await connect().send(delivery)

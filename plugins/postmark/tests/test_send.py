"""What Postmark gets, and what its refusals mean."""

import base64
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from pydantic import ValidationError

from wasl_contracts import Address, Attachment, Delivery, Mail, ProviderError, Reason, Rejected, Sender, Unavailable, Unknown
from wasl_contracts.conformance import Response
from wasl_contracts.conformance.http_fake import HttpFake
from wasl_postmark import Postmark, Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
USUAL = {"server_token": "server-secret-1", "sender": "وصل <hello@acme.example>"}


class FakePostmark:
    """Answers as told."""

    def __init__(self) -> None:
        self.answer = Response.json(200, {"MessageID": "883953f4", "ErrorCode": 0, "Message": "OK"})
        self.http = HttpFake(lambda _: self.answer, lambda _: None)

    @property
    def body(self) -> dict[str, object]:
        [request] = self.http.sent
        return request.json()

    @property
    def headers(self) -> dict[str, str]:
        told = self.body["Headers"]
        assert isinstance(told, list)
        return {header["Name"]: header["Value"] for header in told}


@pytest.fixture
def api() -> Iterator[FakePostmark]:
    fake = FakePostmark()
    with fake.http:
        yield fake


@pytest.fixture
async def connect(api: FakePostmark) -> AsyncIterator[Callable[..., Postmark]]:
    async with aiohttp.ClientSession() as http:
        yield lambda **settings: Postmark(Settings.model_validate({**USUAL, "base_url": api.http.url, **settings}), http)


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


async def test_the_request_is_one_that_the_documentation_shows(api: FakePostmark, connect: Callable, delivery: Delivery) -> None:
    """Body of `POST /email` in Postmark's Email API reference, as read in November 2026."""
    receipt = await connect().send(delivery)

    [request] = api.http.sent
    assert receipt.provider_ref == "883953f4"
    assert (request.method, request.path) == ("POST", "/email")
    assert request.headers["X-Postmark-Server-Token"] == "server-secret-1"
    assert api.body | {"Headers": []} == {
        "From": '"وصل" <hello@acme.example>',
        "To": "ann@example.com",
        "Subject": "طلبك في الطريق",
        "TextBody": "مرحبا",
        "HtmlBody": "<p dir='rtl'>مرحبا</p>",
        "Headers": [],
        "Metadata": {"wasl_attempt": "att_1"},
        "MessageStream": "outbound",
        "TrackOpens": False,
        "TrackLinks": "None",
    }


async def test_the_headers_are_those_of_any_mail_of_wasl(api: FakePostmark, connect: Callable, delivery: Delivery) -> None:
    await connect().send(delivery)

    headers = api.headers
    assert headers.pop("Feedback-ID").startswith("orders:promotional:acme:")
    assert headers == {
        "X-Wasl-Attempt": "att_1",
        "List-Id": "<orders.acme.example>",
        "List-Unsubscribe": "<https://acme.example/u/token>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Message-ID": "<dlv_1@acme.example>",
        "X-PM-KeepID": "true",
        "Content-Language": "ar",
    }


async def test_a_brands_own_sender_and_files_go_along(api: FakePostmark, connect: Callable, delivery: Delivery) -> None:
    shop = Sender(address="shop@acme.example", name='Acme "Shop", \\ Ltd.', reply_to="Help <help@acme.example>")
    file = Attachment(name="فاتورة.pdf", media_type="application/pdf", content=b"%PDF" * 20_000)

    await connect(message_stream="broadcast").send(delivery.model_copy(update={"sender": shop, "attachments": (file,)}))

    assert api.body["From"] == '"Acme \\"Shop\\", \\\\ Ltd." <shop@acme.example>'
    assert api.body["ReplyTo"] == '"Help" <help@acme.example>'
    assert api.body["MessageStream"] == "broadcast"
    assert api.body["Attachments"] == [
        {"Name": "فاتورة.pdf", "Content": base64.b64encode(file.content).decode(), "ContentType": "application/pdf"}
    ]


async def test_tracking_is_postmarks_only_where_it_is_asked_for(api: FakePostmark, connect: Callable, delivery: Delivery) -> None:
    await connect(tracking=True).send(delivery)

    assert (api.body["TrackOpens"], api.body["TrackLinks"]) == (True, "HtmlOnly")


async def test_a_mail_that_is_too_large_is_not_sent(api: FakePostmark, connect: Callable, delivery: Delivery) -> None:
    files = (Attachment(name="a.bin", media_type="application/octet-stream", content=bytes(8_000_000)),)

    with pytest.raises(Rejected) as refused:
        await connect().send(delivery.model_copy(update={"attachments": files}))

    assert (refused.value.reason, refused.value.scope, api.http.sent) == (Reason.TOO_LONG, "content", [])


@pytest.mark.parametrize(
    ("status", "code", "message", "meaning"),
    [
        (422, 300, "Invalid 'To' address: 'ann@example.com'.", (Rejected, "address", Reason.INVALID_ADDRESS)),
        (422, 300, "Invalid 'From' address: 'x' is not a verified sender.", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (422, 300, "Provide either email TextBody or HtmlBody or both.", (Rejected, "content", Reason.CONTENT_REJECTED)),
        (422, 400, "", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (422, 401, "", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (422, 405, "", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (422, 406, "ann@example.com is inactive", (Rejected, "address", Reason.INVALID_ADDRESS)),
        (422, 411, "", (Rejected, "content", Reason.CONTENT_REJECTED)),
        (422, 412, "", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (422, 413, "", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (422, 1235, "", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (422, 9999, "", (Rejected, "content", Reason.PROVIDER_REJECTED)),
        (401, 10, "", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (503, 100, "", (Unavailable, None, Reason.PROVIDER_UNAVAILABLE)),
        (429, 429, "", (Unavailable, None, Reason.RATE_LIMITED)),
        (200, 406, "", (Rejected, "address", Reason.INVALID_ADDRESS)),
        (200, 9999, "", (Unknown, None, Reason.OUTCOME_UNKNOWN)),
    ],
)
async def test_what_a_code_means(
    api: FakePostmark, connect: Callable, delivery: Delivery, status: int, code: int, message: str, meaning: tuple
) -> None:
    api.answer = Response.json(status, {"ErrorCode": code, "Message": message})

    with pytest.raises(ProviderError) as raised:
        await connect().send(delivery)

    assert (type(raised.value), getattr(raised.value, "scope", None), raised.value.reason) == meaning
    assert "ann" not in str(raised.value)


async def test_a_brands_own_sender_pauses_nobody_else(api: FakePostmark, connect: Callable, delivery: Delivery) -> None:
    api.answer = Response.json(422, {"ErrorCode": 400, "Message": "no such sender signature"})

    with pytest.raises(Rejected) as refused:
        await connect().send(delivery.model_copy(update={"sender": Sender(address="shop@acme.example")}))

    assert (refused.value.reason, refused.value.scope) == (Reason.PROVIDER_MISCONFIGURED, "content")


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ("server_token", ""),
        ("sender", "nobody"),
        ("message_stream", "Broad Cast"),
        ("callback_token", "too-short-to-be-secret"[:21]),
        ("callback_token", "needs/escaping/in/a/url+because"),
        ("base_url", "api.postmarkapp.com"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, wrong: object) -> None:
    with pytest.raises(ValidationError) as raised:
        Settings.model_validate({**USUAL, setting: wrong})

    assert raised.value.errors()[0]["loc"] == (setting,)


async def test_a_sender_that_postmark_cannot_send_as_is_doubted(connect: Callable) -> None:
    assert connect().doubts(Sender(address="shop@acme.example")) == ()
    assert "sender cannot be used" in connect().doubts(Sender(address="متجر@acme.example"))[0]


@pytest.mark.parametrize("answer", [Response.text(200, "<html>Sign in</html>"), Response.json(200, {})])
async def test_an_answer_without_the_mails_id_proves_nothing(
    api: FakePostmark, connect: Callable, delivery: Delivery, answer: Response
) -> None:
    api.answer = answer

    with pytest.raises(Unknown):
        await connect().send(delivery)

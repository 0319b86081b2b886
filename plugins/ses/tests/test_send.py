"""What SES gets, and what its refusals mean."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import aiohttp
import pytest
from pydantic import ValidationError

from wasl_contracts import Address, Attachment, Delivery, Mail, ProviderError, Reason, Rejected, Sender, Unavailable, Unknown
from wasl_contracts.conformance import Request, Response
from wasl_contracts.conformance.http_fake import HttpFake
from wasl_ses import Ses, Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
USUAL = {
    "access_key_id": "AKIDEXAMPLE00000",
    "secret_access_key": "ses-secret-1",
    "region": "eu-west-1",
    "sender": "وصل <hello@acme.example>",
    "configuration_set": "wasl",
}


class FakeSes:
    """Answers as told."""

    def __init__(self) -> None:
        self.answer = Response.json(200, {"MessageId": "0102018c-1"})
        self.http = HttpFake(lambda _: self.answer, lambda _: None)

    @property
    def request(self) -> Request:
        [request] = self.http.sent
        return request

    def refuses(self, status: int, code: str, message: str = "no") -> None:
        self.answer = Response.json(status, {"message": message}, {"x-amzn-ErrorType": f"{code}:http://internal.amazon.com/"})

    def mail(self) -> EmailMessage:
        raw = base64.b64decode(json.loads(self.request.body)["Content"]["Raw"]["Data"])
        return message_from_bytes(raw, EmailMessage, policy=policy.default)


@pytest.fixture
def api() -> Iterator[FakeSes]:
    fake = FakeSes()
    with fake.http:
        yield fake


@pytest.fixture
async def connect(api: FakeSes) -> AsyncIterator[Callable[..., Ses]]:
    async with aiohttp.ClientSession() as http:
        yield lambda **settings: Ses(Settings.model_validate({**USUAL, "base_url": api.http.url, **settings}), http, lambda: NOW)


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
        unsubscribe=f"https://acme.example/u/{'t' * 300}",
    )


async def test_the_whole_mail_is_ours(api: FakeSes, connect: Callable[..., Ses], delivery: Delivery) -> None:
    receipt = await connect().send(delivery)

    sent, mail = json.loads(api.request.body), api.mail()
    assert receipt.provider_ref == "0102018c-1"
    assert (api.request.method, api.request.path) == ("POST", "/v2/email/outbound-emails")
    assert (mail["From"], mail["To"], mail["Subject"]) == ("وصل <hello@acme.example>", "ann@example.com", "طلبك في الطريق")
    assert (mail["Message-ID"], mail["X-Wasl-Attempt"]) == ("<dlv_1@acme.example>", "att_1")
    assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (f"<{delivery.unsubscribe}>", "List-Unsubscribe=One-Click")
    assert sent["EmailTags"] == [{"Name": "wasl_attempt", "Value": "att_1"}]
    assert sent["ConfigurationSetName"] == "wasl"


async def test_the_request_is_one_that_the_documentation_shows(api: FakeSes, connect: Callable[..., Ses], delivery: Delivery) -> None:
    """Request syntax of SendEmail in the Amazon SES API v2 Reference (2019-09-27), as read in November 2026."""
    await connect().send(delivery)

    sent = json.loads(api.request.body)
    assert set(sent) == {"Destination", "Content", "EmailTags", "ConfigurationSetName"}
    assert sent["Destination"] == {"ToAddresses": ["ann@example.com"]}
    assert set(sent["Content"]) == {"Raw"}
    assert api.request.headers["Content-Type"] == "application/json"
    assert api.request.headers["X-Amz-Date"] == "20260301T120000Z"
    assert api.request.headers["Authorization"].startswith(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE00000/20260301/eu-west-1/ses/aws4_request, SignedHeaders=content-type;host;x-amz-date, "
    )


async def test_a_session_token_is_signed_too(api: FakeSes, connect: Callable[..., Ses], delivery: Delivery) -> None:
    await connect(session_token="temporary-1").send(delivery)

    assert api.request.headers["X-Amz-Security-Token"] == "temporary-1"
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token" in api.request.headers["Authorization"]


async def test_a_brands_own_sender_and_files_go_along(api: FakeSes, connect: Callable[..., Ses], delivery: Delivery) -> None:
    shop = Sender(address="shop@acme.example", name="Acme Shop", reply_to="help@acme.example")
    large = Attachment(name="فاتورة.pdf", media_type="application/pdf", content=b"%PDF" * 20_000)

    await connect().send(delivery.model_copy(update={"sender": shop, "attachments": (large,)}))

    mail = api.mail()
    [file] = mail.iter_attachments()
    assert (mail["From"], mail["Reply-To"]) == ("Acme Shop <shop@acme.example>", "help@acme.example")
    assert (file.get_filename(), file.get_content_type(), file.get_payload(decode=True)) == (large.name, large.media_type, large.content)


async def test_a_mail_that_is_too_large_is_not_sent(api: FakeSes, connect: Callable[..., Ses], delivery: Delivery) -> None:
    files = (Attachment(name="a.bin", media_type="application/octet-stream", content=bytes(30_000_000)),)

    with pytest.raises(Rejected) as refused:
        await connect().send(delivery.model_copy(update={"attachments": files}))

    assert (refused.value.reason, refused.value.scope, api.http.sent) == (Reason.TOO_LONG, "content", [])


async def test_a_mailbox_that_ses_cannot_reach_is_not_suppressed(api: FakeSes, connect: Callable[..., Ses], delivery: Delivery) -> None:
    arabic = Address(channel="email", kind="email", value="أمل@example.com")

    with pytest.raises(Rejected) as refused:
        await connect().send(delivery.model_copy(update={"address": arabic}))

    assert (refused.value.reason, refused.value.scope, api.http.sent) == (Reason.UNREACHABLE, "content", [])


@pytest.mark.parametrize(
    ("status", "code", "message", "meaning"),
    [
        (400, "MessageRejected", "Bad content", (Rejected, "content", Reason.CONTENT_REJECTED)),
        (400, "MessageRejected", "Email address is not verified: Ann@example.com", (Rejected, "content", Reason.PROVIDER_MISCONFIGURED)),
        (
            400,
            "MessageRejected",
            "Email address is not verified: hello@acme.example",
            (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED),
        ),
        (400, "BadRequestException", "Illegal address", (Rejected, "content", Reason.CONTENT_REJECTED)),
        (400, "MailFromDomainNotVerifiedException", "", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (400, "AccountSuspendedException", "", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (400, "SendingPausedException", "", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (404, "NotFoundException", "", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (403, "SignatureDoesNotMatch", "", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (400, "ThrottlingException", "Maximum sending rate exceeded.", (Unavailable, None, Reason.RATE_LIMITED)),
        (429, "TooManyRequestsException", "", (Unavailable, None, Reason.RATE_LIMITED)),
        (400, "LimitExceededException", "", (Unavailable, None, Reason.RATE_LIMITED)),
    ],
)
async def test_what_a_code_means(
    api: FakeSes, connect: Callable[..., Ses], delivery: Delivery, status: int, code: str, message: str, meaning: tuple
) -> None:
    api.refuses(status, code, message)

    with pytest.raises(ProviderError) as raised:
        await connect().send(delivery)

    assert (type(raised.value), getattr(raised.value, "scope", None), raised.value.reason) == meaning


async def test_a_brands_own_sender_pauses_nobody_else(api: FakeSes, connect: Callable[..., Ses], delivery: Delivery) -> None:
    api.refuses(400, "MailFromDomainNotVerifiedException")

    with pytest.raises(Rejected) as refused:
        await connect().send(delivery.model_copy(update={"sender": Sender(address="shop@acme.example")}))

    assert (refused.value.reason, refused.value.scope) == (Reason.PROVIDER_MISCONFIGURED, "content")


async def test_the_code_may_stand_in_the_body(api: FakeSes, connect: Callable[..., Ses], delivery: Delivery) -> None:
    api.answer = Response.json(400, {"__type": "com.amazonaws.sesv2#ThrottlingException", "message": "slow"})

    with pytest.raises(Unavailable):
        await connect().send(delivery)


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ("access_key_id", "secret-looking"),
        ("region", "Ireland"),
        ("sender", "nobody"),
        ("configuration_set", "a b"),
        ("topics", ["arn:aws:sqs:eu-west-1:123456789012:queue"]),
        ("base_url", "email.amazonaws.com"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, wrong: object) -> None:
    with pytest.raises(ValidationError) as raised:
        Settings.model_validate({**USUAL, setting: wrong})

    assert raised.value.errors()[0]["loc"][0] == setting


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [("eu-west-1", "https://email.eu-west-1.amazonaws.com"), ("cn-north-1", "https://email.cn-north-1.amazonaws.com.cn")],
)
def test_the_region_has_its_own_endpoint(region: str, endpoint: str) -> None:
    assert Settings.model_validate({**USUAL, "region": region}).endpoint == endpoint


async def test_a_sender_that_ses_cannot_send_as_is_doubted(connect: Callable[..., Ses]) -> None:
    assert connect().doubts(Sender(address="shop@acme.example")) == ()
    assert "sender cannot be used" in connect().doubts(Sender(address="متجر@acme.example"))[0]


@pytest.mark.parametrize("answer", [Response.text(200, "<html>Sign in</html>"), Response.json(200, {})])
async def test_an_answer_without_the_mails_id_proves_nothing(api: FakeSes, connect: Callable, delivery: Delivery, answer: Response) -> None:
    api.answer = answer

    with pytest.raises(Unknown):
        await connect().send(delivery)

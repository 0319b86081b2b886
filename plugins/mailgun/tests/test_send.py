"""What Mailgun gets, and what its refusals mean."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import aiohttp
import pytest
from pydantic import ValidationError

from wasl_contracts import Address, Attachment, Delivery, Mail, ProviderError, Reason, Rejected, Sender, Unavailable, Unknown
from wasl_contracts.conformance import Response
from wasl_contracts.conformance.http_fake import HttpFake
from wasl_mailgun import Mailgun, Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
USUAL = {"api_key": "key-secret-1", "domain": "mg.acme.example", "sender": "وصل <hello@acme.example>"}


class FakeMailgun:
    """Answers as told."""

    def __init__(self) -> None:
        self.answer = Response.json(200, {"id": "<dlv_1@acme.example>", "message": "Queued. Thank you."})
        self.http = HttpFake(lambda _: self.answer, lambda _: None)

    @property
    def form(self) -> dict[str, bytes]:
        """The fields that were posted."""
        [request] = self.http.sent
        head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
        parts = message_from_bytes(head + request.body, EmailMessage, policy=policy.HTTP).iter_parts()
        return {str(part.get_param("name", header="content-disposition")): bytes(part.get_payload(decode=True) or b"") for part in parts}

    @property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.form["message"], EmailMessage, policy=policy.default)


@pytest.fixture
def api() -> Iterator[FakeMailgun]:
    fake = FakeMailgun()
    with fake.http:
        yield fake


@pytest.fixture
async def connect(api: FakeMailgun) -> AsyncIterator[Callable[..., Mailgun]]:
    async with aiohttp.ClientSession() as http:
        yield lambda **settings: Mailgun(Settings.model_validate({**USUAL, "base_url": api.http.url, **settings}), http)


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


async def test_the_whole_mail_is_ours(api: FakeMailgun, connect: Callable, delivery: Delivery) -> None:
    receipt = await connect().send(delivery)

    [request], form, mail = api.http.sent, api.form, api.mail
    assert receipt.provider_ref == "dlv_1@acme.example"
    assert (request.method, request.path) == ("POST", "/v3/mg.acme.example/messages.mime")
    assert request.headers["Authorization"] == aiohttp.encode_basic_auth("api", "key-secret-1")
    assert {name: value for name, value in form.items() if name != "message"} == {
        "to": b"ann@example.com",
        "o:tracking": b"no",
        "v:wasl_attempt": b"att_1",
    }
    assert (mail["From"], mail["To"], mail["Subject"]) == ("وصل <hello@acme.example>", "ann@example.com", "طلبك في الطريق")
    assert (mail["Message-ID"], mail["X-Wasl-Attempt"]) == ("<dlv_1@acme.example>", "att_1")
    assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (f"<{delivery.unsubscribe}>", "List-Unsubscribe=One-Click")


async def test_the_mail_arrives_to_the_byte(api: FakeMailgun, connect: Callable, delivery: Delivery) -> None:
    from wasl_contracts.letter import Letters

    await connect().send(delivery)

    assert api.form["message"] == Letters(USUAL["sender"]).read(delivery).mime()


async def test_a_brands_own_sender_and_files_go_along(api: FakeMailgun, connect: Callable, delivery: Delivery) -> None:
    shop = Sender(address="shop@acme.example", name="Acme Shop", reply_to="help@acme.example")
    large = Attachment(name="فاتورة.pdf", media_type="application/pdf", content=b"\r\n--%PDF" * 20_000)

    await connect().send(delivery.model_copy(update={"sender": shop, "attachments": (large,)}))

    [file] = api.mail.iter_attachments()
    assert (api.mail["From"], api.mail["Reply-To"]) == ("Acme Shop <shop@acme.example>", "help@acme.example")
    assert (file.get_filename(), file.get_content_type(), file.get_payload(decode=True)) == (large.name, large.media_type, large.content)


async def test_tracking_is_mailguns_only_where_it_is_asked_for(api: FakeMailgun, connect: Callable, delivery: Delivery) -> None:
    await connect(tracking=True).send(delivery)

    assert api.form["o:tracking"] == b"yes"


async def test_a_mail_that_is_too_large_is_not_sent(api: FakeMailgun, connect: Callable, delivery: Delivery) -> None:
    files = (Attachment(name="a.bin", media_type="application/octet-stream", content=bytes(19_000_000)),)

    with pytest.raises(Rejected) as refused:
        await connect().send(delivery.model_copy(update={"attachments": files}))

    assert (refused.value.reason, refused.value.scope, api.http.sent) == (Reason.TOO_LONG, "content", [])


@pytest.mark.parametrize(
    ("status", "message", "meaning"),
    [
        (400, "to parameter is not a valid address. please check documentation", (Rejected, "address", Reason.INVALID_ADDRESS)),
        (400, "'to' parameter is not a valid address. please check documentation", (Rejected, "address", Reason.INVALID_ADDRESS)),
        (400, "'from' parameter is not a valid address.", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (
            403,
            "Sandbox subdomains are for test purposes only. Please add your own domain",
            (Rejected, "content", Reason.PROVIDER_MISCONFIGURED),
        ),
        (403, "Domain mg.acme.example is not allowed to send: disabled", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (404, "Domain not found: mg.acme.example", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (401, "Forbidden", (Rejected, "provider", Reason.PROVIDER_MISCONFIGURED)),
        (400, "the mail for ann@example.com is odd", (Rejected, "content", Reason.PROVIDER_REJECTED)),
        (413, "too large", (Rejected, "content", Reason.TOO_LONG)),
        (429, "limit exceeded, try again after 120 seconds", (Unavailable, None, Reason.RATE_LIMITED)),
    ],
)
async def test_what_a_refusal_means(
    api: FakeMailgun, connect: Callable, delivery: Delivery, status: int, message: str, meaning: tuple
) -> None:
    api.answer = Response.json(status, {"message": message})

    with pytest.raises(ProviderError) as raised:
        await connect().send(delivery)

    assert (type(raised.value), getattr(raised.value, "scope", None), raised.value.reason) == meaning
    assert "ann" not in str(raised.value)


async def test_a_brands_own_sender_pauses_nobody_else(api: FakeMailgun, connect: Callable, delivery: Delivery) -> None:
    api.answer = Response.json(400, {"message": "'from' parameter is not a valid address."})

    with pytest.raises(Rejected) as refused:
        await connect().send(delivery.model_copy(update={"sender": Sender(address="shop@acme.example")}))

    assert (refused.value.reason, refused.value.scope) == (Reason.PROVIDER_MISCONFIGURED, "content")


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ("api_key", ""),
        ("domain", "mg.acme.example/../other"),
        ("sender", "nobody"),
        ("signing_key", ""),
        ("callback_tolerance", 0),
        ("base_url", "api.mailgun.net"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, wrong: object) -> None:
    with pytest.raises(ValidationError) as raised:
        Settings.model_validate({**USUAL, setting: wrong})

    assert raised.value.errors()[0]["loc"] == (setting,)


async def test_a_sender_that_mailgun_cannot_send_as_is_doubted(connect: Callable) -> None:
    assert connect().doubts(Sender(address="shop@acme.example")) == ()
    assert "sender cannot be used" in connect().doubts(Sender(address="متجر@acme.example"))[0]


@pytest.mark.parametrize("answer", [Response.text(200, "<html>Sign in</html>"), Response.json(200, {"id": "<>"})])
async def test_an_answer_without_the_mails_id_proves_nothing(
    api: FakeMailgun, connect: Callable, delivery: Delivery, answer: Response
) -> None:
    api.answer = answer

    with pytest.raises(Unknown):
        await connect().send(delivery)

"""The contract kit over the plugin, with SNS on loopback; and what SES publishes."""

import base64
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from wasl_contracts import Address, BadSignature, Callback, Event, EventKind, ProviderError, Reason, Unreadable
from wasl_contracts.conformance import AT, ProviderContract, Request, Response
from wasl_contracts.conformance.http_fake import HttpFake
from wasl_ses import Ses, Settings

USUAL = {
    "access_key_id": "AKIDEXAMPLE00000",
    "secret_access_key": "ses-secret-1",
    "region": "eu-west-1",
    "sender": "Acme <hello@acme.example>",
    "configuration_set": "wasl",
}

TOPIC = "arn:aws:sns:eu-west-1:123456789012:wasl-events"
HOST = "https://sns.eu-west-1.amazonaws.com"
CERTIFICATE_URL = f"{HOST}/SimpleNotificationService-{'0' * 32}.pem"
SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


@cache
def key(name: str) -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    unsigned = x509.CertificateBuilder(name, name, key("amazon").public_key(), 1, start, start + timedelta(days=365))
    return unsigned.sign(key("amazon"), SHA256()).public_bytes(Encoding.PEM)


def published(message: object, message_id: str = "event-1", **changes: object) -> dict[str, object]:
    """A notification with that message, without its signature."""
    return {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Event Notification",
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": AT.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE_URL,
        "UnsubscribeURL": f"{HOST}/?Action=Unsubscribe",
        **changes,
    }


def signed(told: dict[str, object], by: str = "amazon") -> dict[str, object]:
    text = "".join(f"{name}\n{told[name]}\n" for name in SIGNED[str(told["Type"])] if told.get(name) is not None)
    digest = SHA1() if told["SignatureVersion"] == "1" else SHA256()
    return {**told, "Signature": base64.b64encode(key(by).sign(text.encode(), PKCS1v15(), digest)).decode()}


def posted(told: dict[str, object], at: datetime = AT) -> Callback:
    return Callback("POST", "https://wasl.example/hooks/mail", {"Content-Type": "text/plain"}, json.dumps(told).encode(), at)


def mail(attempt: str = "att_1", **changes: object) -> dict[str, object]:
    """The `mail` object of an event (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html)."""
    return {
        "timestamp": AT.isoformat(),
        "messageId": "0102018c-ref-1",
        "source": "Acme <hello@acme.example>",
        "destination": ["ann@example.com"],
        "tags": {"ses:configuration-set": ["wasl"], "wasl_attempt": [attempt]},
        **changes,
    }


def event(kind: str, part: str, happened: dict[str, object] | None = None, **changes: object) -> dict[str, object]:
    """An event of SES, whose part of its own is named `part`."""
    return {"eventType": kind, "mail": mail(**changes), part: {"timestamp": AT.isoformat(), **(happened or {})}}


def bounce(kind: str, subtype: str, **changes: object) -> dict[str, object]:
    whom = [{"emailAddress": "ann@example.com", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 <ann@example.com>: unknown"}]
    return event("Bounce", "bounce", {"bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": whom}, **changes)


REPORTS: dict[EventKind, Callable[..., dict[str, object]]] = {
    "sent": lambda **ids: {"eventType": "Send", "mail": mail(**ids), "send": {}},
    "delivered": lambda **ids: event("Delivery", "delivery", {"smtpResponse": "250 ok", "recipients": ["ann@example.com"]}, **ids),
    "deferred": lambda **ids: event("DeliveryDelay", "deliveryDelay", {"delayType": "MailboxFull"}, **ids),
    "bounced": lambda **ids: bounce("Permanent", "General", **ids),
    "failed": lambda **ids: {"eventType": "Reject", "mail": mail(**ids), "reject": {"reason": "Bad content"}},
    "complained": lambda **ids: event("Complaint", "complaint", {"complainedRecipients": [{"emailAddress": "ann@example.com"}]}, **ids),
    "opened": lambda **ids: event("Open", "open", {"ipAddress": "192.0.2.1", "userAgent": "Mozilla/5.0"}, **ids),
    "clicked": lambda **ids: event("Click", "click", {"link": "https://acme.example/1042"}, **ids),
    "unsubscribed": lambda **ids: event("Subscription", "subscription", {"newTopicPreferences": {"unsubscribeAll": True}}, **ids),
}


@pytest.fixture(scope="module")
def sns() -> Iterator[HttpFake]:
    """Serves the certificate, takes confirmations."""
    with HttpFake(
        lambda request: Response.text(200, certificate().decode() if request.path.endswith(".pem") else ""), lambda _: None
    ) as fake:
        yield fake


class TestSes(ProviderContract):
    provider = Ses
    settings = {**USUAL, "topics": [TOPIC]}
    address = Address(channel="email", kind="email", value="ann@example.com")
    ref = "0102018c-aaaa-bbbb-000000"
    outcomes = {404: "rejected:provider"}  # base_url is not its API
    covers_body = False  # but each field that is read, as is tested below
    window = 86_400

    @pytest.fixture(autouse=True)
    def told_where_sns_is(self, sns: HttpFake) -> None:
        self.settings = {**USUAL, "topics": [TOPIC], "sns_url": sns.url}

    def success(self, request: Request) -> Response:
        return Response.json(200, {"MessageId": self.ref})

    def report(self, kind: EventKind, attempt_id: str, ref: str, event_id: str) -> Callback | None:
        make = REPORTS.get(kind)
        return None if make is None else posted(published(make(attempt=attempt_id, messageId=ref), event_id))

    def sign(self, callback: Callback, *, forged: bool = False) -> Callback:
        try:
            told = json.loads(callback.body)
            return replace(callback, body=json.dumps(signed(told, "somebody" if forged else "amazon")).encode())
        except (ValueError, TypeError, KeyError, RecursionError):
            return callback


Read = Callable[[Callback], Awaitable[Sequence[Event]]]


@pytest.fixture
async def ses(sns: HttpFake) -> AsyncIterator[Ses]:
    async with aiohttp.ClientSession() as http:
        yield Ses(Settings.model_validate({**USUAL, "topics": [TOPIC], "sns_url": sns.url}), http)


@pytest.fixture
def read(ses: Ses) -> Read:
    """Reads a callback as wasl does."""

    async def reading(callback: Callback) -> Sequence[Event]:
        return [] if await ses.handshake(callback) is not None else list(ses.parse(callback))

    return reading


@pytest.mark.parametrize("version", ["1", "2"])
async def test_both_versions_of_the_signature_are_verified(read: Read, version: str) -> None:
    (told,) = await read(posted(signed(published(event("Delivery", "delivery"), SignatureVersion=version))))

    assert (told.kind, told.attempt_id, told.provider_ref, told.event_id) == ("delivered", "att_1", "0102018c-ref-1", "event-1")


async def test_the_certificate_is_fetched_once(read: Read, sns: HttpFake) -> None:
    before = len(sns.sent)

    for number in range(3):
        await read(posted(signed(published(event("Delivery", "delivery"), f"event-{number}"))))

    assert [request.path for request in sns.sent[before:]] == [f"/SimpleNotificationService-{'0' * 32}.pem"]


@pytest.mark.parametrize("field", ["Message", "MessageId", "Subject", "Timestamp", "TopicArn"])
async def test_every_signed_part_of_a_notification_counts(read: Read, field: str) -> None:
    told = signed(published(event("Delivery", "delivery")))

    with pytest.raises(BadSignature):
        await read(posted({**told, field: f"{told[field]} "}))


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-{0}.pem",
        "https://evil.example/SimpleNotificationService-{0}.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-{0}.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-{0}.pem",
        "https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-{0}.pem",
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-{0}.pem",
        "https://sns.eu-west-1.amazonaws.com/evil/SimpleNotificationService-{0}.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-{0}.pem?redirect=evil",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-{0}.pem\n",
        "https://SNS.eu-west-1.amazonaws.com/SimpleNotificationService-{0}.pem",
        "file:///etc/passwd",
        "",
    ],
)
async def test_no_certificate_of_another_place_is_fetched(read: Read, sns: HttpFake, url: str) -> None:
    before = len(sns.sent)
    told = signed(published(event("Delivery", "delivery"), SigningCertURL=url.format("0" * 32)))

    with pytest.raises(BadSignature):
        await read(posted(told))

    assert len(sns.sent) == before


@pytest.mark.parametrize("topic", [f"{TOPIC}2", "arn:aws:sns:eu-west-1:999999999999:wasl-events", "arn", ""])
async def test_a_topic_of_somebody_else_is_refused_though_amazon_signed_it(read: Read, sns: HttpFake, topic: str) -> None:
    before = len(sns.sent)

    with pytest.raises(BadSignature):
        await read(posted(signed(published(event("Delivery", "delivery"), TopicArn=topic))))

    assert len(sns.sent) == before


async def test_without_topics_every_callback_is_refused(sns: HttpFake) -> None:
    async with aiohttp.ClientSession() as http:
        closed = Ses(Settings.model_validate({**USUAL, "sns_url": sns.url}), http)

        with pytest.raises(BadSignature):
            await closed.handshake(posted(signed(published(event("Delivery", "delivery")))))


async def test_junk_of_a_stranger_is_refused_without_much_work(ses: Ses) -> None:
    junk = Callback("POST", "https://wasl.example/hooks/mail", {}, b'{"x":[' + b"[]," * 330_000 + b"[]]}", AT)
    started = time.process_time()
    json.loads(junk.body)
    parsed = time.process_time()

    with pytest.raises(BadSignature):
        await ses.handshake(junk)

    assert time.process_time() - parsed < 10 * (parsed - started)  # some 20 times where each field that is missing repeats the junk


async def test_a_callback_whose_certificate_nobody_fetched_is_not_believed(ses: Ses) -> None:
    with pytest.raises(BadSignature):
        ses.parse(posted(signed(published(event("Delivery", "delivery")))))


def subscription(**changes: object) -> dict[str, object]:
    asked = f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc123"
    return (
        published("You have chosen to subscribe", Type="SubscriptionConfirmation", Subject=None, Token="abc123", SubscribeURL=asked)
        | changes
    )


async def test_a_subscription_is_confirmed(ses: Ses, sns: HttpFake) -> None:
    answer = await ses.handshake(posted(signed(subscription())))

    assert answer == b""
    assert (sns.sent[-1].path, sns.sent[-1].query) == ("/", f"Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc123")


@pytest.mark.parametrize(
    "told",
    [
        {**subscription(), "Signature": "AAAA"},
        signed(subscription(TopicArn=f"{TOPIC}2")),
        signed(subscription(SubscribeURL="https://evil.example/?Action=ConfirmSubscription&Token=abc123")),
        signed(subscription(SubscribeURL=f"{HOST}/?Action=Unsubscribe&Token=abc123")),
        signed(subscription(SubscribeURL=None)),
    ],
    ids=["unsigned", "of another topic", "elsewhere", "another action", "without a URL"],
)
async def test_nothing_else_is_confirmed(ses: Ses, sns: HttpFake, told: dict[str, object]) -> None:
    with pytest.raises(BadSignature):
        await ses.handshake(posted(told))

    assert not [request for request in sns.sent if "abc123" in request.query and "evil" in request.query]
    assert not sns.sent or "Action" not in sns.sent[-1].query or sns.sent[-1].query.startswith("Action=ConfirmSubscription&TopicArn")


async def test_the_end_of_a_subscription_is_taken_and_not_undone(ses: Ses, sns: HttpFake) -> None:
    await ses.handshake(posted(signed(published(event("Delivery", "delivery")))))
    before = len(sns.sent)

    answer = await ses.handshake(posted(signed(subscription(Type="UnsubscribeConfirmation"))))

    assert (answer, len(sns.sent)) == (b"", before)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Response.text(503), ProviderError),
        (Response.text(200, "no certificate"), ProviderError),
        (Response.text(404), BadSignature),
        (Response.text(403), BadSignature),
    ],
    ids=["down", "junk", "not there", "forbidden"],
)
async def test_sns_posts_again_unless_it_has_no_such_certificate(answer: Response, error: type[Exception]) -> None:
    with HttpFake(lambda _: answer, lambda _: None) as away:
        async with aiohttp.ClientSession() as http:
            provider = Ses(Settings.model_validate({**USUAL, "topics": [TOPIC], "sns_url": away.url}), http)

            with pytest.raises(error):
                await provider.handshake(posted(signed(published(event("Delivery", "delivery")))))


@pytest.mark.parametrize(
    ("kind", "subtype", "expected"),
    [
        ("Permanent", "General", ("bounced", Reason.INVALID_ADDRESS, True)),
        ("Permanent", "NoEmail", ("bounced", Reason.INVALID_ADDRESS, True)),
        ("Permanent", "Suppressed", ("failed", Reason.INVALID_ADDRESS, True)),
        ("Permanent", "OnAccountSuppressionList", ("failed", Reason.INVALID_ADDRESS, True)),
        ("Permanent", "UnsubscribedRecipient", ("failed", Reason.OPTED_OUT, False)),
        ("Transient", "General", ("bounced", Reason.UNREACHABLE, False)),
        ("Transient", "MailboxFull", ("bounced", Reason.UNREACHABLE, False)),
        ("Transient", "MessageTooLarge", ("bounced", Reason.TOO_LONG, False)),
        ("Transient", "ContentRejected", ("bounced", Reason.CONTENT_REJECTED, False)),
        ("Transient", "AttachmentRejected", ("bounced", Reason.CONTENT_REJECTED, False)),
        ("Undetermined", "Undetermined", ("bounced", Reason.UNREACHABLE, False)),
        ("Something", "New", ("bounced", Reason.UNREACHABLE, False)),
    ],
)
async def test_what_a_bounce_means(read: Read, kind: str, subtype: str, expected: tuple[str, Reason, bool]) -> None:
    (told,) = await read(posted(signed(published(bounce(kind, subtype)))))

    assert (told.kind, told.reason, told.dead) == expected
    assert told.code == f"{kind}.{subtype}.5.1.1"
    assert told.address == Address(channel="email", kind="email", value="ann@example.com")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"eventType": "Rendering Failure", "mail": mail(), "failure": {"errorMessage": "x"}}, [("failed", Reason.TEMPLATE_ERROR)]),
        (event("Complaint", "complaint", {"complaintSubType": "OnAccountSuppressionList"}), [("failed", Reason.OPTED_OUT)]),
        (event("Complaint", "complaint", {"complaintFeedbackType": "not-spam"}), []),
        (event("Subscription", "subscription", {"newTopicPreferences": {"unsubscribeAll": False}}), []),
        (event("Something new", "new"), []),
        ("Successfully validated SNS topic for Amazon SES event publishing.", []),
    ],
)
async def test_what_other_events_mean(read: Read, message: object, expected: list[tuple[str, Reason | None]]) -> None:
    told = await read(posted(signed(published(message))))

    assert [(one.kind, one.reason) for one in told] == expected


async def test_the_notifications_of_an_identity_name_the_attempt_by_their_headers(read: Read) -> None:
    message = event("Delivery", "delivery") | {"mail": mail(tags={}, headers=[{"name": "X-Wasl-Attempt", "value": "att_7"}])}
    message["notificationType"] = message.pop("eventType")

    (told,) = await read(posted(signed(published(message))))

    assert (told.kind, told.attempt_id) == ("delivered", "att_7")


@pytest.mark.parametrize("message", ["", "no JSON", "{}", "[]", '{"eventType": "Bounce", "mail": 3}'])
async def test_what_somebody_else_publishes_to_the_topic_is_unreadable(read: Read, message: str) -> None:
    with pytest.raises(Unreadable):
        await read(posted(signed(published(message))))

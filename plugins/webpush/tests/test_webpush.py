"""The plugin against the contract kit and a push service on loopback; a browser reads what only it can read."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import http_ece
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from py_vapid import Vapid02
from py_vapid.jwt import decode
from pydantic import ValidationError

from wasl_contracts import Address, Delivery, Mail, ProviderError, Push, Reason, Rejected, Unavailable, Unknown
from wasl_contracts.conformance import ProviderContract, Request, Response
from wasl_webpush import Settings, WebPush
from wasl_webpush.subscription import LARGEST, Subscription
from wasl_webpush.vapid import Vapid

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ENDPOINT = "https://push.example.net/p/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV"
SECRET = b"sixteen bytes in"


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())

    def subscription(self, endpoint: str = ENDPOINT) -> str:
        """As `JSON.stringify(subscription)` writes it."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        told = {"endpoint": endpoint, "expirationTime": None, "keys": {"p256dh": encoded(point), "auth": encoded(SECRET)}}
        return json.dumps(told, separators=(",", ":"))

    def reads(self, body: bytes) -> bytes:
        return http_ece.decrypt(body, private_key=self.key, auth_secret=SECRET, version="aes128gcm")


BROWSER = Browser()
OURS = ec.generate_private_key(ec.SECP256R1())
PRIVATE_KEY = encoded(OURS.private_numbers().private_value.to_bytes(32, "big"))
GIVEN = {"private_key": PRIVATE_KEY, "contact": "mailto:push@acme.example"}


class TestWebPush(ProviderContract):
    provider = WebPush
    settings = GIVEN
    address = Address(channel="push", kind="webpush", value=BROWSER.subscription())
    # Anybody may give us the URL of a service, so none of them pauses the others.
    outcomes = {
        **dict.fromkeys((301, 302, 303, 307, 308, 401, 402, 403, 407), "rejected:content"),
        **dict.fromkeys((404, 410), "rejected:address"),
    }

    def read(self, request: Request) -> Request:
        return replace(request, body=BROWSER.reads(request.body))

    def success(self, request: Request) -> Response:
        return Response(201, {"Location": "https://push.example.net/m/secret"}, b"")


class FakeService:
    def __init__(self) -> None:
        self.url = ""
        self.status = 201
        self.headers: dict[str, str] = {}
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []

    async def push(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        self.bodies.append(await request.read())
        return web.Response(status=self.status, headers=self.headers, text="told by nobody")


@pytest.fixture
async def service(aiohttp_server: Callable) -> FakeService:
    fake, app = FakeService(), web.Application()
    app.router.add_post("/p/{subscription}", fake.push)
    fake.url = str((await aiohttp_server(app, host="127.0.0.1")).make_url("")).rstrip("/")
    return fake


@pytest.fixture
def send(service: FakeService) -> Callable:
    async def send(what: Delivery, now: datetime = NOW) -> ProviderError | None:
        async with aiohttp.ClientSession() as http:
            try:
                await WebPush(Settings(**GIVEN, base_url=service.url), http, now.timestamp).send(what)
            except ProviderError as error:
                return error
            return None

    return send


def delivery(subscription: str | None = None, **push: object) -> Delivery:
    content = Push.model_validate({"title": "طلبك", "body": "في الطريق 👋", "url": "https://acme.example/orders/1042", **push})
    return Delivery(
        id="dlv_1", attempt_id="att_1", message_id="msg_1", brand="acme", channel="push", topic="orders", category="transactional",
        address=Address(channel="push", kind="webpush", value=subscription or BROWSER.subscription()),
        content=content, created_at=NOW, expires_at=NOW + timedelta(hours=1),
    )  # fmt: skip


async def test_a_browser_reads_the_notification(service: FakeService, send: Callable) -> None:
    changes = {"image": "https://acme.example/a.png", "badge": 3, "data": {"order": "1042"}}

    assert await send(delivery(**changes)) is None

    told = json.loads(BROWSER.reads(service.bodies[0]))
    tag = told["notification"].pop("tag")
    assert told == {
        "web_push": 8030,
        "notification": {
            "title": "طلبك",
            "body": "في الطريق 👋",
            "navigate": "https://acme.example/orders/1042",
            "image": "https://acme.example/a.png",
            "data": {"order": "1042", "wasl_attempt": "att_1", "url": "https://acme.example/orders/1042"},
        },
        "app_badge": 3,
    }
    assert service.requests[0].headers["Topic"] == tag


async def test_the_service_is_told_how_long_to_keep_it_and_how_much_it_matters(service: FakeService, send: Callable) -> None:
    for category in ("otp", "transactional", "service", "promotional"):
        await send(delivery().model_copy(update={"category": category}))
    await send(delivery(), NOW + timedelta(days=1))
    await send(delivery().model_copy(update={"expires_at": NOW + timedelta(days=300)}))

    headers = [request.headers for request in service.requests]
    assert [told["Urgency"] for told in headers[:4]] == ["high", "high", "normal", "low"]
    assert [told["TTL"] for told in headers[3:]] == ["3600", "0", str(28 * 86_400)]
    assert {(told["Content-Encoding"], told["Content-Type"]) for told in headers} == {("aes128gcm", "application/octet-stream")}


async def test_what_waits_is_replaced_by_the_same_key_alone(service: FakeService, send: Callable) -> None:
    for key in ("order-1042", "order-1042", "طلب-1042", None):
        await send(delivery(collapse_key=key))

    one, again, other, own = (request.headers["Topic"] for request in service.requests)
    assert one == again
    assert len({one, other, own}) == 3
    assert all(len(topic) == 32 and topic.isalnum() for topic in (one, other, own))


async def test_we_are_known_by_our_key_to_each_service(service: FakeService, send: Callable) -> None:
    await send(delivery())

    [request] = service.requests
    scheme, token, key = request.headers["Authorization"].replace(",k=", " k=").split(" ")
    point = OURS.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert (scheme, key) == ("vapid", f"k={encoded(point)}")
    claims = decode(token.removeprefix("t="), key.removeprefix("k="))
    assert claims == {"aud": "https://push.example.net", "exp": int(NOW.timestamp()) + 12 * 3600, "sub": "mailto:push@acme.example"}


def test_a_header_serves_one_origin_for_eleven_hours() -> None:
    now = [0.0]
    vapid = Vapid(Vapid02(OURS), "mailto:push@acme.example", lambda: now[0])

    first = vapid.header("https://a.example")
    now[0] = 10.9 * 3600
    kept, other = vapid.header("https://a.example"), vapid.header("https://b.example:444")
    now[0] = 11.1 * 3600
    renewed = vapid.header("https://a.example")

    assert first == kept != renewed
    assert other != first


def test_headers_of_any_number_of_origins_are_not_kept_for_ever() -> None:
    vapid = Vapid(Vapid02(OURS), "mailto:push@acme.example", lambda: 0.0)

    for number in range(1100):
        vapid.header(f"https://p{number}.example")

    assert len(vapid._kept) <= 1000


@pytest.mark.parametrize(
    ("status", "reason", "scope"),
    [
        (404, Reason.INVALID_ADDRESS, "address"),
        (410, Reason.INVALID_ADDRESS, "address"),
        (401, Reason.UNREACHABLE, "content"),
        (403, Reason.UNREACHABLE, "content"),
        (400, Reason.PROVIDER_REJECTED, "content"),
        (413, Reason.TOO_LONG, "content"),
    ],
)
async def test_a_refusal_means_what_the_standard_says(
    service: FakeService, send: Callable, status: int, reason: Reason, scope: str
) -> None:  # fmt: skip
    service.status = status

    error = await send(delivery())

    assert isinstance(error, Rejected)
    assert (error.reason, error.scope, error.code) == (reason, scope, str(status))


@pytest.mark.parametrize(("status", "outcome"), [(429, Unavailable), (503, Unavailable), (500, Unknown), (502, Unknown)])
async def test_what_is_no_refusal_is_not_called_one(service: FakeService, send: Callable, status: int, outcome: type) -> None:
    service.status, service.headers = status, {"Retry-After": "17"}

    error = await send(delivery())

    assert type(error) is outcome
    assert outcome is Unknown or error.retry_after == 17


BAD = {
    "no json": '{"endpoint":',
    "no keys": json.dumps({"endpoint": ENDPOINT}),
    "no point": BROWSER.subscription().replace('"p256dh":"B', '"p256dh":"A'),
    "short secret": BROWSER.subscription().replace(encoded(SECRET), encoded(SECRET[1:])),
    "keys that are text": json.dumps({"endpoint": ENDPOINT, "keys": "none"}),
    "number": json.dumps({"endpoint": 1, "keys": {}}),
    "http": BROWSER.subscription("http://push.example.net/p/1"),
    "user": BROWSER.subscription("https://user:pass@push.example.net/p/1"),
    "fragment only": BROWSER.subscription("https://push.example.net#/p/1"),
    "host of brackets": BROWSER.subscription("https://[::1]/p/1"),
    "backslash": BROWSER.subscription("https://push.example.net\\@evil.example/p/1"),
    "blank": BROWSER.subscription("https://push.example.net/p/1 2"),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
async def test_what_is_no_subscription_has_nobody_there(service: FakeService, send: Callable, text: str) -> None:
    error = await send(delivery(text))

    assert isinstance(error, Rejected)
    assert (error.reason, error.scope) == (Reason.INVALID_ADDRESS, "address")
    assert service.requests == []


async def test_a_service_at_another_port_is_its_own_origin(service: FakeService, send: Callable) -> None:
    await send(delivery(BROWSER.subscription("https://Push.Example.net:8443/p/1?a=b")))

    [request] = service.requests
    assert request.path_qs == "/p/1?a=b"
    assert json.loads(decoded(request.headers["Authorization"].split(".")[1]))["aud"] == "https://push.example.net:8443"


@pytest.mark.parametrize(
    "push", [{"body": "ش" * 1800}, {"data": {"a": "x" * 4000}}, {"body": "\n" * 3000}], ids=["text", "data", "escapes"]
)
async def test_more_than_services_take_is_refused_before_it_leaves(service: FakeService, send: Callable, push: dict) -> None:
    error = await send(delivery(**push))

    assert isinstance(error, Rejected)
    assert (error.scope, error.reason) == ("content", Reason.TOO_LONG)
    assert service.requests == []


def test_the_largest_content_is_4096_bytes_when_it_is_encrypted() -> None:
    assert len(Subscription.read(BROWSER.subscription()).encrypted(b"x" * LARGEST)) == 4096


def test_the_example_of_rfc_8291_is_encrypted_byte_for_byte() -> None:
    """RFC 8291 (November 2017), section 5 and appendix A."""
    keys = {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    }
    sender = ec.derive_private_key(int.from_bytes(decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), ec.SECP256R1())
    subscription = Subscription.read(json.dumps({"endpoint": ENDPOINT, "keys": keys}))

    body = subscription.encrypted(b"When I grow up, I want to be a watermelon", sender, decoded("DGv6ra1nlYgDCS1FRnbzlw"))

    assert encoded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95b"
        "Qpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_the_example_of_rfc_8292_says_the_same_as_ours() -> None:
    """RFC 8292 (November 2017), section 2.4. Signatures are random, so its token is verified and its claims are signed by us."""
    token = (
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0"
        "bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA"
    )
    claims = decode(token, "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs")

    ours = Vapid(Vapid02(OURS), "mailto:push@example.com", lambda: claims["exp"] - 12 * 3600.0).header("https://push.example.net")

    assert ours.removeprefix("vapid t=").split(".")[:2] == token.split(".")[:2]


def test_the_key_may_be_a_pem() -> None:
    pem = OURS.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    assert Settings(private_key=pem, contact="https://acme.example").signer.private_key.private_numbers() == OURS.private_numbers()


@pytest.mark.parametrize("key", ["", "secret", "A" * 39, "A" * 43, "é" * 43, "-----BEGIN PRIVATE KEY-----\nsecret"])
def test_a_key_that_is_none_is_refused_with_the_settings_and_not_shown(key: str) -> None:
    with pytest.raises(ValidationError, match="VAPID private key") as caught:
        Settings(private_key=key, contact="mailto:push@acme.example")

    assert "secret" not in str(caught.value).replace("secret_", "")


def test_a_key_of_another_curve_is_refused() -> None:
    pem = ec.generate_private_key(ec.SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    with pytest.raises(ValidationError, match="VAPID private key"):
        Settings(private_key=pem, contact="mailto:push@acme.example")


@pytest.mark.parametrize("contact", ["push@acme.example", "mailto:push@localhost", "http://acme.example", "mailto:a@b.example\n"])
def test_a_contact_that_services_refuse_is_refused_with_the_settings(contact: str) -> None:
    with pytest.raises(ValidationError, match="contact"):
        Settings(private_key=PRIVATE_KEY, contact=contact)


async def test_content_of_another_format_is_a_fault_that_sends_nothing(service: FakeService, send: Callable) -> None:
    mail = delivery().model_copy(update={"content": Mail(subject="s", html="h", text="t", locale="en")})

    with pytest.raises(TypeError, match="webpush"):
        await send(mail)

    assert service.requests == []

"""What Vonage's callbacks are read as, and what proves them. The samples are those of its documentation (read 2026-11-23)."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import aiohttp
import jwt
import pytest
from multidict import CIMultiDict
from pydantic import SecretStr

from wasl_contracts import Address, BadSignature, Callback, Reason, Unreadable
from wasl_vonage import Settings, Vonage
from wasl_vonage.proof import payload

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
NOW = int(AT.timestamp())
SECRET = "signature-secret-1-of-forty-signs-or-so-"
PERSON = Address(channel="sms", kind="phone", value="+966501234567")
STATUS = {
    "message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab", "channel": "sms", "to": "966501234567", "from": "447700900001",
    "timestamp": "2026-03-01T09:30:00Z", "status": "submitted", "client_ref": "att_1",
}  # fmt: skip
WRITTEN = {
    "channel": "sms", "message_uuid": "bbbbbbbb-bbbb-4ccc-8ddd-0123456789ab", "to": "447700900001", "from": "966501234567",
    "timestamp": "2026-03-01T09:30:00Z", "message_type": "text", "text": "شكرًا 👋\0", "sms": {"num_messages": "1", "keyword": "HELLO"},
}  # fmt: skip


def signed(body: bytes, key: str = SECRET, algorithm: str = "HS256", **claims: object) -> Callback:
    usual = {"iss": "Vonage", "iat": NOW, "jti": "1", "payload_hash": hashlib.sha256(body).hexdigest()}
    token = jwt.encode({name: claim for name, claim in (usual | claims).items() if claim is not None}, key, algorithm)
    return Callback("POST", "https://wasl.example/hooks/sms", CIMultiDict({"Authorization": f"Bearer {token}"}), body, AT)


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Vonage]]:
    usual = {"api_key": "abcd1234", "api_secret": "s", "sender": "ACME", "signature_secret": SECRET}
    async with aiohttp.ClientSession() as http:
        yield lambda **settings: Vonage(Settings.model_validate(usual | settings), http)


@pytest.fixture
def read(connect: Callable) -> Callable:
    return lambda told, **more: connect().parse(signed(json.dumps(told | more).encode()))


@pytest.mark.parametrize(
    ("status", "kind"),
    [("submitted", "sent"), ("delivered", "delivered"), ("rejected", "failed"), ("undeliverable", "bounced"), ("read", "read")],
)
async def test_a_status_tells_of_the_attempt_that_it_carries(read: Callable, status: str, kind: str) -> None:
    [event] = read(STATUS, status=status)

    assert (event.kind, event.attempt_id, event.provider_ref) == (kind, "att_1", STATUS["message_uuid"])
    assert (event.event_id, event.at) == (f"{STATUS['message_uuid']}:{status}", AT)


async def test_a_status_that_nobody_knows_is_no_event(read: Callable) -> None:
    assert read(STATUS, status="pending") == []


@pytest.mark.parametrize("price", ["0.0333", 0.0333])
async def test_what_it_cost_is_told(read: Callable, price: object) -> None:
    [event] = read(STATUS, usage={"currency": "EUR", "price": price}, sms={"count_total": 2})

    assert event.facts == {"price": "0.0333", "currency": "EUR", "segments": "2"}


async def test_a_field_that_is_null_is_one_that_is_not_there(read: Callable) -> None:
    [event] = read(STATUS, status="delivered", error=None, usage=None, client_ref=None)

    assert (event.kind, event.attempt_id, event.provider_ref) == ("delivered", None, STATUS["message_uuid"])


@pytest.mark.parametrize("written", ["2026-03-01 09:30:00 +0000", "2026-03-01T12:30:00+03:00", "2026-03-01 12:30:00 +0300"])
async def test_every_form_of_the_moment_is_read(read: Callable, written: str) -> None:
    [event] = read(STATUS, timestamp=written)

    assert event.at == AT


@pytest.mark.parametrize(
    ("status", "code", "reason", "dead"),
    [
        ("rejected", "1190", Reason.INVALID_ADDRESS, True),
        ("rejected", "1240", Reason.OPTED_OUT, False),
        ("rejected", "1210", Reason.CONTENT_REJECTED, False),
        ("rejected", "1000", Reason.PROVIDER_REJECTED, False),
        ("rejected", "9999", Reason.PROVIDER_REJECTED, False),
        ("undeliverable", "1180", Reason.UNREACHABLE, False),
        ("undeliverable", "1330", Reason.UNREACHABLE, False),
    ],
)
async def test_a_code_tells_why_and_whether_the_number_is_dead(read: Callable, status: str, code: str, reason: Reason, dead: bool) -> None:
    error = {"type": f"https://developer.vonage.com/api-errors/messages#{code}", "title": code, "detail": "to 966501234567"}

    [event] = read(STATUS, status=status, error=error)

    assert (event.reason, event.code, event.dead) == (reason, code, dead)


async def test_what_a_person_writes_is_a_reply_from_their_number(read: Callable) -> None:
    [event] = read(WRITTEN)

    assert (event.kind, event.address, event.text, event.thread) == ("replied", PERSON, "شكرًا 👋", "447700900001")
    assert (event.attempt_id, event.event_id) == (None, WRITTEN["message_uuid"])
    assert "966501234567" not in repr(event)


@pytest.mark.parametrize(
    "told",
    [
        STATUS | {"message_uuid": ""},
        STATUS | {"timestamp": "nan"},
        STATUS | {"timestamp": "2026-03-01T09:30:00"},
        STATUS | {"usage": {"price": "966501234567 €"}},
        WRITTEN | {"from": "12345"},
        WRITTEN | {"channel": "whatsapp"},
        WRITTEN | {"to": ""},
    ],
    ids=["no id", "no time", "no zone", "a strange price", "a short code", "another channel", "to nobody"],
)
async def test_what_makes_no_sense_is_unreadable(read: Callable, told: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        read(told)


BODY = json.dumps(STATUS).encode()


@pytest.mark.parametrize(
    ("key", "token"),
    [
        (  # Vonage/vonage-python-sdk, jwt/tests/test_verify_jwt.py (commit 445cab8)
            "qwertyuiopasdfghjklzxcvbnm123456",
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJPbmxpbmUgSldUIEJ1aWxkZXIiLCJpYXQiOjE2OTc2MzQ2ODAsImV4cCI6MzMyN"
            "TQ1NDA4MjgsImF1ZCI6IiIsInN1YiI6IiJ9.88vJc3I2HhuqEDixHXVhc9R30tA6U_HQHZTC29y6CGM",
        ),
        (  # Vonage/vonage-java-sdk, MessagesClientTest.testVerifySignature
            "XsA09z2MhUxYcdbXaUX3aTT7TzGmnCLfkdILf0NIyC9hN9criTEUdlI3OZ5hRjR",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJTaW5hIiwibmFtZSI6IkphdmFfU0RLIiwiaWF0IjoxNjk4NjgwMzkyfQ."
            "4qJpi46NSYURiLI1xoLIfGRygA8IUI2QSG9P2Kus1Oo",
        ),
    ],
    ids=["python", "java"],
)
async def test_the_tokens_that_vonage_publishes_are_signed_by_their_secrets(connect: Callable, key: str, token: str) -> None:
    """Read 2026-11-23. They hold no digest of a body, so they prove no callback."""
    headers = CIMultiDict({"Authorization": f"Bearer {token}"})

    assert json.loads(payload(token, SecretStr(key)))["iat"] > 0
    with pytest.raises(BadSignature):
        payload(token, SecretStr(key[::-1]))
    with pytest.raises(BadSignature):
        connect(signature_secret=key).parse(Callback("POST", "https://wasl.example/hooks/sms", headers, b"{}", AT))


@pytest.mark.parametrize(
    "claims",
    [
        {"payload_hash": None},
        {"payload_hash": ""},
        {"payload_hash": hashlib.sha256(b"another").hexdigest()},
        {"payload_hash": 7},
        {"iat": None},
        {"iat": NOW - 301},
        {"iat": NOW + 301},
        {"iat": str(NOW)},
        {"iat": float("inf")},
        {"iat": -1},
        {"iat": 10**13},
    ],
    ids=str,
)
async def test_a_token_of_another_body_or_another_time_proves_nothing(connect: Callable, claims: dict[str, object]) -> None:
    with pytest.raises(BadSignature):
        connect().parse(signed(BODY, **claims))


async def test_the_token_does_not_choose_how_it_is_signed(connect: Callable, private_key: str) -> None:
    for callback in (signed(BODY, "", "none"), signed(BODY, SECRET * 2, "HS512"), signed(BODY, private_key, "RS256")):
        with pytest.raises(BadSignature):
            connect().parse(callback)


@pytest.mark.parametrize(
    "value",
    [
        "Basic YTpi",
        "Bearer",
        "Bearer a.b",
        "Bearer ..",
        "Bearer \udcff.\udcff.\udcff",
        "Bearer " + "W1tb" * 2000 + ".e30.e30",
        "Bearer é.é.é",
    ],
    ids=["basic", "nothing", "two parts", "three empty parts", "no text", "a deep header", "letters"],
)
async def test_junk_in_place_of_a_token_is_refused(connect: Callable, value: str) -> None:
    callback = Callback("POST", "https://wasl.example/hooks/sms", CIMultiDict({"Authorization": value}), BODY, AT)

    with pytest.raises(BadSignature):
        connect().parse(callback)


async def test_without_a_signature_secret_nothing_is_proved(connect: Callable) -> None:
    with pytest.raises(BadSignature):
        connect(signature_secret=None).parse(signed(BODY))

"""What WhatsApp's callbacks are read as. The samples are those of Meta's webhook reference (read 2026-11-23), with other ids."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import aiohttp
import pytest
from multidict import CIMultiDict

from wasl_contracts import Address, BadSignature, Callback, Reason, Unreadable
from wasl_whatsapp import Settings, WhatsApp

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SECONDS = str(int(AT.timestamp()))
HOOK = "https://wasl.example/hooks/whatsapp"
PERSON = Address(channel="chat", kind="whatsapp", value="+966501234567")
BSUID = Address(channel="chat", kind="whatsapp_bsuid", value="US.13491208655302741918")
KEYS = {"phone_number_id": "1", "access_token": "t", "app_secret": "app-secret-1", "verify_token": "verify-1"}


def signed(body: bytes, secret: str = "app-secret-1", method: str = "POST", url: str = HOOK) -> Callback:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Callback(method, url, CIMultiDict({"X-Hub-Signature-256": f"sha256={digest}"}), body, AT)


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., WhatsApp]]:
    async with aiohttp.ClientSession() as http:
        yield lambda **settings: WhatsApp(Settings.model_validate(KEYS | settings), http)


@pytest.fixture
def read(connect: Callable) -> Callable:
    """The events in the values of one callback."""

    def read(*values: dict) -> list:
        changes = [{"field": "messages", "value": {"messaging_product": "whatsapp", **value}} for value in values]
        told = {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": changes}]}
        return connect().parse(signed(json.dumps(told).encode()))

    return read


def status(word: str, code: int | None = None, **more: object) -> dict:
    errors = {"errors": [{"code": code, "title": "t", "error_data": {"details": "to 966501234567"}}]} if code is not None else {}
    one = {"id": "wamid.1", "status": word, "timestamp": SECONDS, "recipient_id": "966501234567", "biz_opaque_callback_data": "att_1"}
    return {"statuses": [{**one, **errors, **more}]}


def wrote(kind: str, said: object = None, **more: object) -> dict:
    message = {"from": "966501234567", "id": "wamid.2", "timestamp": SECONDS, "type": kind, kind: said} | more
    return {"contacts": [{"profile": {"name": "Ann"}, "wa_id": "966501234567"}], "messages": [message]}


@pytest.mark.parametrize("word", ["sent", "delivered", "read", "failed"])
async def test_a_status_tells_of_the_attempt_that_it_carries(read: Callable, word: str) -> None:
    [event] = read(status(word))

    assert (event.kind, event.attempt_id, event.provider_ref, event.event_id) == (word, "att_1", "wamid.1", f"wamid.1:{word}")
    assert event.at == AT


async def test_what_it_costs_is_told_by_its_category_alone(read: Callable) -> None:
    [event] = read(status("sent", pricing={"billable": True, "pricing_model": "PMP", "category": "utility"}))

    assert event.facts == {"pricing_category": "utility"}


async def test_a_field_that_is_null_is_one_that_is_not_there(read: Callable) -> None:
    [event] = read(status("delivered", pricing=None, errors=None, biz_opaque_callback_data=None))

    assert (event.kind, event.attempt_id, event.provider_ref) == ("delivered", None, "wamid.1")


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        (131026, "bounced", Reason.UNREACHABLE),
        (131047, "failed", Reason.CONTENT_REJECTED),
        (130472, "failed", Reason.UNREACHABLE),
        (131049, "failed", Reason.RATE_LIMITED),
        (131000, "failed", Reason.PROVIDER_REJECTED),
        (999999, "failed", Reason.PROVIDER_REJECTED),
    ],
)
async def test_a_failure_tells_why_and_never_that_the_number_is_dead(read: Callable, code: int, kind: str, reason: Reason) -> None:
    [event] = read(status("failed", code))

    assert (event.kind, event.reason, event.code, event.dead) == (kind, reason, str(code), False)


async def test_who_stopped_marketing_has_left(read: Callable) -> None:
    failed, left = read(status("failed", 131050))

    assert (failed.kind, failed.reason) == ("failed", Reason.OPTED_OUT)
    assert (left.kind, left.attempt_id, left.address) == ("unsubscribed", "att_1", PERSON)
    assert failed.event_id != left.event_id


@pytest.mark.parametrize(
    ("kind", "said", "text"),
    [
        ("text", {"body": "شكرًا 👋\0"}, "شكرًا 👋"),
        ("button", {"payload": "p", "text": "Yes"}, "Yes"),
        ("interactive", {"type": "button_reply", "button_reply": {"id": "1", "title": "Stop"}}, "Stop"),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "Tuesday", "description": "d"}}, "Tuesday"),
        ("image", {"caption": "look", "id": "275", "mime_type": "image/jpeg"}, "look"),
        ("document", {"filename": "a.pdf", "id": "275"}, None),
        ("location", {"latitude": 24.7, "longitude": 46.7}, None),
    ],
)
async def test_what_a_person_writes_is_a_reply(read: Callable, kind: str, said: object, text: str | None) -> None:
    [event] = read(wrote(kind, said))

    assert (event.kind, event.address, event.text, event.event_id) == ("replied", PERSON, text, "wamid.2")
    assert event.thread == PERSON.value
    assert "966501234567" not in repr(event)


async def test_an_answer_to_a_message_names_it_as_the_thread(read: Callable) -> None:
    [event] = read(wrote("text", {"body": "yes"}, context={"from": "15550783881", "id": "wamid.1"}))

    assert event.thread == "wamid.1"


async def test_a_person_without_a_number_is_known_by_their_business_scoped_id(read: Callable) -> None:
    [event] = read(wrote("text", {"body": "hi"}, **{"from": None, "from_user_id": BSUID.value}))
    _, left = read(status("failed", 131050, recipient_id=None, recipient_user_id=BSUID.value))

    assert (event.address, left.address) == (BSUID, BSUID)


@pytest.mark.parametrize("kind", ["reaction", "system", "unsupported", "request_welcome"])
async def test_what_is_no_message_is_no_event(read: Callable, kind: str) -> None:
    assert read(wrote(kind, {})) == []


async def test_who_wants_no_more_marketing_has_left_and_who_wants_it_again_is_no_event(read: Callable) -> None:
    one = {"wa_id": "966501234567", "category": "marketing_messages", "detail": "d", "timestamp": int(SECONDS)}

    [left] = read({"user_preferences": [one | {"value": "stop"}, one | {"value": "resume"}]})

    assert (left.kind, left.address, left.at) == ("unsubscribed", PERSON, AT)


async def test_one_callback_may_tell_many_things(read: Callable) -> None:
    events = read(status("delivered"), wrote("text", {"body": "thanks"}), {"event": "APPROVED"}, status("played"), status("read"))

    assert [event.kind for event in events] == ["delivered", "replied", "read"]


@pytest.mark.parametrize(
    "value",
    [
        {"statuses": [{"id": "wamid.1"}]},
        {"statuses": {}},
        status("sent", timestamp="nan"),
        status("sent", id="w" * 600),
        wrote("text", {"body": "hi"}, **{"from": None}),
        wrote("text", {"body": "hi"}, **{"from": "1\r\n2"}),
    ],
    ids=["half a status", "no list", "no time", "a huge id", "nobody", "two lines"],
)
async def test_what_makes_no_sense_is_unreadable(read: Callable, value: dict) -> None:
    with pytest.raises(Unreadable):
        read(value)


async def test_the_published_example_of_the_signature_is_right(connect: Callable) -> None:
    """GitHub signs by the same header (WebSub); Meta publishes no example.

    Source: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
    (read 2026-11-23).
    """
    headers = CIMultiDict({"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"})

    with pytest.raises(Unreadable):  # authentic, so it was read
        connect(app_secret="It's a Secret to Everybody").parse(Callback("POST", HOOK, headers, b"Hello, World!", AT))
    with pytest.raises(BadSignature):
        connect(app_secret="It's a secret to everybody").parse(Callback("POST", HOOK, headers, b"Hello, World!", AT))


async def test_without_an_app_secret_nothing_is_proved(connect: Callable) -> None:
    with pytest.raises(BadSignature):
        connect(app_secret=None).parse(signed(b"{}", ""))


async def test_the_challenge_is_given_back_to_who_knows_the_token(connect: Callable) -> None:
    asked = f"{HOOK}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify-1"

    assert await connect().handshake(signed(b"", method="GET", url=asked)) == b"1158201444"
    assert await connect().handshake(signed(b"{}", url=asked)) is None


@pytest.mark.parametrize(
    "query",
    [
        "",
        "hub.mode=subscribe&hub.challenge=1",
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=verify-2",
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=verify-1&hub.verify_token=verify-1",
        "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=verify-1",
        "hub.mode=subscribe&hub.verify_token=verify-1",
        "hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=verify-1",
    ],
)
async def test_a_challenge_of_anybody_else_is_refused(connect: Callable, query: str) -> None:
    with pytest.raises(BadSignature):
        await connect().handshake(signed(b"", method="GET", url=f"{HOOK}?{query}"))


async def test_a_url_that_is_none_proves_nothing(connect: Callable) -> None:
    with pytest.raises(BadSignature):
        await connect().handshake(signed(b"", method="GET", url="https://[/hooks?hub.mode=subscribe"))


async def test_without_a_verify_token_no_challenge_is_answered(connect: Callable) -> None:
    asked = f"{HOOK}?hub.mode=subscribe&hub.challenge=1&hub.verify_token="

    with pytest.raises(BadSignature):
        await connect(verify_token=None).handshake(signed(b"", method="GET", url=asked))

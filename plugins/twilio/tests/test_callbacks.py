"""What Twilio's callbacks are read as."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from multidict import CIMultiDict, MultiDict
from twilio.request_validator import RequestValidator

from wasl_contracts import Address, Callback, Reason, Unreadable

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
HOOK = "https://wasl.example/hooks/sms?attempt=att_1"
SID = "SM" + "1" * 32
PERSON = Address(channel="sms", kind="phone", value="+966501234567")


@pytest.fixture
def read(connect: Callable) -> Callable:
    """The events in a form that Twilio has signed."""

    def read(url: str = HOOK, **fields: str) -> list:
        signature = RequestValidator("secret-token").compute_signature(url, MultiDict(fields))
        headers = CIMultiDict({"X-Twilio-Signature": signature})
        return connect().parse(Callback("POST", url, headers, urlencode(fields).encode(), AT))

    return read


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("undelivered", "bounced"),
        ("failed", "failed"),
        ("canceled", "failed"),
        ("read", "read"),
    ],
)
async def test_a_status_tells_of_the_attempt_that_its_url_names(read: Callable, status: str, kind: str) -> None:
    [event] = read(MessageSid=SID, MessageStatus=status)

    assert (event.kind, event.attempt_id, event.provider_ref, event.event_id) == (kind, "att_1", SID, f"{SID}:{status}")
    assert event.at == AT


@pytest.mark.parametrize("status", ["queued", "accepted", "scheduled", "sending", "new_word"])
async def test_what_tells_nothing_new_is_no_event(read: Callable, status: str) -> None:
    assert read(MessageSid=SID, MessageStatus=status) == []


@pytest.mark.parametrize("url", ["https://wasl.example/hooks/sms", "https://wasl.example/hooks/sms?attempt="])
async def test_a_status_without_the_attempt_is_found_by_its_sid(read: Callable, url: str) -> None:
    [event] = read(url, MessageSid=SID, MessageStatus="delivered")

    assert (event.attempt_id, event.provider_ref) == (None, SID)


@pytest.mark.parametrize(
    ("status", "code", "reason", "dead"),
    [
        ("undelivered", "30005", Reason.INVALID_ADDRESS, True),
        ("undelivered", "30006", Reason.INVALID_ADDRESS, True),
        ("undelivered", "30003", Reason.UNREACHABLE, False),
        ("undelivered", "30008", Reason.UNREACHABLE, False),
        ("undelivered", "", Reason.UNREACHABLE, False),
        ("failed", "30007", Reason.CONTENT_REJECTED, False),
        ("failed", "30034", Reason.PROVIDER_MISCONFIGURED, False),
        ("failed", "99999", Reason.PROVIDER_REJECTED, False),
    ],
)
async def test_a_code_tells_why_and_whether_the_number_is_dead(read: Callable, status: str, code: str, reason: Reason, dead: bool) -> None:
    [event] = read(MessageSid=SID, MessageStatus=status, ErrorCode=code)

    assert (event.reason, event.dead, event.code) == (reason, dead, code or None)


async def test_who_answered_stop_before_has_left(read: Callable) -> None:
    failed, left = read(MessageSid=SID, MessageStatus="failed", ErrorCode="21610")

    assert (failed.kind, failed.reason, failed.dead) == ("failed", Reason.OPTED_OUT, False)
    assert (left.kind, left.attempt_id) == ("unsubscribed", "att_1")
    assert left.event_id != failed.event_id


async def test_a_code_that_is_no_number_is_not_repeated(read: Callable) -> None:
    [event] = read(MessageSid=SID, MessageStatus="failed", ErrorCode="+966501234567")

    assert event.code is None


async def test_what_a_person_writes_is_a_reply_from_their_number(read: Callable) -> None:
    [event] = read(MessageSid=SID, SmsStatus="received", From=PERSON.value, To="+15005550006", Body="شكرًا 👋\0", NumMedia="0")

    assert (event.kind, event.address, event.text, event.thread) == ("replied", PERSON, "شكرًا 👋", "+15005550006")
    assert event.attempt_id is None
    assert "966501234567" not in repr(event)
    assert "شكرًا" not in repr(event)


async def test_an_opt_out_in_words_of_the_accounts_own_is_one(read: Callable) -> None:
    reply, left = read(MessageSid=SID, From=PERSON.value, To="+15005550006", Body="BASTA", OptOutType="STOP")

    assert (reply.kind, reply.text) == ("replied", "BASTA")
    assert (left.kind, left.address, left.text) == ("unsubscribed", PERSON, None)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"MessageStatus": "delivered"},
        {"MessageSid": "SM1", "MessageStatus": "delivered"},
        {"MessageSid": SID, "From": PERSON.value},
        {"MessageSid": SID, "From": "12345", "Body": "offers!"},
        {"MessageSid": SID, "From": "whatsapp:+966501234567", "Body": "hi"},
        {"MessageSid": SID, "From": PERSON.value, "Body": "hi", "To": "1" * 600},
    ],
    ids=["empty", "no sid", "a short sid", "no text", "a short code", "another channel", "a long thread"],
)
async def test_what_is_no_status_and_no_message_is_unreadable(read: Callable, fields: dict[str, str]) -> None:
    with pytest.raises(Unreadable):
        read(**fields)

"""The contract kit over the plugin, SendGrid's own vector, and what its events mean."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from wasl_contracts import Address, BadSignature, Callback, Event, EventKind, Reason, Unreadable
from wasl_contracts.conformance import AT, ProviderContract, Request, Response
from wasl_sendgrid import SendGrid, Settings

SIGNATURE, TIMESTAMP = "X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"
WORDS: dict[EventKind, dict[str, object]] = {
    "deferred": {"event": "deferred", "response": "451 4.7.1 try later", "attempt": "1"},
    "delivered": {"event": "delivered", "response": "250 ok"},
    "bounced": {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 <ann@example.com> unknown"},
    "failed": {"event": "dropped", "reason": "Bounced Address", "status": "5.0.0"},
    "opened": {"event": "open", "useragent": "Mozilla/5.0", "sg_machine_open": False},
    "clicked": {"event": "click", "url": "https://acme.example/1042"},
    "complained": {"event": "spamreport"},
    "unsubscribed": {"event": "unsubscribe"},
}


@cache
def key(name: str) -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


def public(name: str) -> str:
    return base64.b64encode(key(name).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def event(**fields: object) -> dict[str, object]:
    """One event (https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event)."""
    return {
        "email": "ann@example.com",
        "timestamp": int(AT.timestamp()),
        "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
        "sg_event_id": "event-1",
        "sg_message_id": "14c5d75ce93.filter0001.16648.5515E0B88.0",
        "wasl_attempt": "att_1",
        **fields,
    }


def posted(told: object) -> Callback:
    return Callback("POST", "https://wasl.example/hooks/mail", {}, json.dumps(told).encode(), AT)


def signed(callback: Callback, by: str = "sendgrid") -> Callback:
    stamp = str(int(AT.timestamp()))
    proof = key(by).sign(stamp.encode() + callback.body, ECDSA(SHA256()))
    return replace(callback, headers={**callback.headers, TIMESTAMP: stamp, SIGNATURE: base64.b64encode(proof).decode()})


USUAL = {"api_key": "SG.secret-1", "sender": "Acme <hello@acme.example>", "verification_key": public("sendgrid")}


class TestSendGrid(ProviderContract):
    provider = SendGrid
    settings = USUAL
    address = Address(channel="email", kind="email", value="ann@example.com")
    ref = "14c5d75ce93-000100"
    outcomes = {404: "rejected:provider"}  # base_url is not its API
    proof = (SIGNATURE, TIMESTAMP)

    def success(self, request: Request) -> Response:
        return Response.text(202, "", {"X-Message-Id": self.ref or ""})

    def report(self, kind: EventKind, attempt_id: str, ref: str, event_id: str) -> Callback | None:
        if kind not in WORDS:
            return None
        return posted([event(**WORDS[kind], wasl_attempt=attempt_id, sg_message_id=f"{ref}.filter-1", sg_event_id=event_id)])

    def sign(self, callback: Callback, *, forged: bool = False) -> Callback:
        return signed(callback, "somebody" if forged else "sendgrid")


async def provider(**settings: object) -> SendGrid:
    async with aiohttp.ClientSession() as http:
        return SendGrid(Settings.model_validate({**USUAL, **settings}), http)


async def read(*events: dict[str, object]) -> list[Event]:
    return list((await provider()).parse(signed(posted(list(events)))))


# sendgrid/sendgrid-python, test/unit/test_eventwebhook.py (September 2020)
PUBLISHED_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
)
PUBLISHED_SIGNATURE = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
PUBLISHED_EVENT = {
    "email": "hello@world.com",
    "event": "dropped",
    "reason": "Bounced Address",
    "sg_event_id": "ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",
    "sg_message_id": "LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",
    "smtp-id": "<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>",
    "timestamp": 1600112492,
}


def as_published() -> Callback:
    body = json.dumps([PUBLISHED_EVENT], separators=(",", ":")).encode() + b"\r\n"
    headers = {SIGNATURE: PUBLISHED_SIGNATURE, TIMESTAMP: "1600112502"}
    return Callback("POST", "https://wasl.example/hooks/mail", headers, body, datetime.fromtimestamp(1600112502, UTC))


async def test_sendgrids_own_vector_is_read() -> None:
    (told,) = (await provider(verification_key=PUBLISHED_KEY)).parse(as_published())

    assert (told.kind, told.reason, told.dead, told.provider_ref) == ("failed", Reason.INVALID_ADDRESS, True, "LRzXl_NHStOGhQ4kofSm_A")


async def test_sendgrids_own_vector_under_another_key_is_refused() -> None:
    with pytest.raises(BadSignature):
        (await provider()).parse(as_published())


async def test_without_a_key_every_callback_is_refused() -> None:
    with pytest.raises(BadSignature):
        (await provider(verification_key=None)).parse(signed(posted([event(**WORDS["delivered"])])))


async def test_one_callback_tells_several_events() -> None:
    told = await read(event(event="processed"), event(**WORDS["delivered"]), event(**WORDS["opened"], sg_event_id="event-2"))

    assert [(one.kind, one.event_id) for one in told] == [("delivered", "event-1"), ("opened", "event-2")]
    assert {one.provider_ref for one in told} == {"14c5d75ce93"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"event": "bounce", "type": "bounce"}, ("bounced", Reason.INVALID_ADDRESS, True)),
        ({"event": "bounce", "type": "blocked"}, ("bounced", Reason.UNREACHABLE, False)),
        ({"event": "bounce", "type": "blocked", "bounce_classification": "Content"}, ("bounced", Reason.CONTENT_REJECTED, False)),
        ({"event": "bounce", "type": "blocked", "bounce_classification": "Reputation"}, ("bounced", Reason.CONTENT_REJECTED, False)),
        ({"event": "dropped", "reason": "Invalid"}, ("failed", Reason.INVALID_ADDRESS, True)),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, ("failed", Reason.OPTED_OUT, False)),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, ("failed", Reason.OPTED_OUT, False)),
        ({"event": "dropped", "reason": "Spam Content (if spam checker app enabled)"}, ("failed", Reason.CONTENT_REJECTED, False)),
        ({"event": "dropped", "reason": "Recipient List over Package Quota"}, ("failed", Reason.PROVIDER_MISCONFIGURED, False)),
        ({"event": "dropped", "reason": "for ann@example.com"}, ("failed", Reason.PROVIDER_REJECTED, False)),
        ({"event": "group_unsubscribe"}, ("unsubscribed", None, False)),
    ],
)
async def test_what_an_event_means(fields: dict[str, object], expected: tuple[str, Reason | None, bool]) -> None:
    (told,) = await read(event(**fields))

    assert (told.kind, told.reason, told.dead) == expected
    assert "@" not in (told.code or "")


@pytest.mark.parametrize("word", ["processed", "group_resubscribe", "account_status_change"])
async def test_what_wasl_has_no_word_for_is_no_event(word: str) -> None:
    assert await read(event(event=word)) == []


async def test_a_machine_that_opens_is_told_from_a_person() -> None:
    person, machine = await read(event(event="open", sg_machine_open=False), event(event="open", sg_machine_open=True))

    assert (person.machine, machine.machine) == (False, True)


async def test_arguments_of_other_applications_do_no_harm() -> None:
    (told,) = await read(event(event="delivered", status=7, type={"a": 1}, reason=["x"], wasl_attempt=12, sg_event_id=None))

    assert (told.kind, told.attempt_id, told.event_id, told.provider_ref) == ("delivered", None, None, "14c5d75ce93")


@pytest.mark.parametrize("told", [{"event": "delivered"}, [{}], [1], [event(event="delivered", timestamp="soon")], "delivered", None])
async def test_what_is_no_list_of_events_is_unreadable(told: object) -> None:
    with pytest.raises(Unreadable):
        (await provider()).parse(signed(posted(told)))


async def test_how_old_a_signature_may_be_is_a_setting() -> None:
    late = replace(signed(posted([event(event="delivered")])), at=datetime.fromtimestamp(AT.timestamp() + 3000, UTC))

    with pytest.raises(BadSignature):
        (await provider()).parse(late)
    assert (await provider(callback_tolerance=3600)).parse(late)

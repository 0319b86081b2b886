"""The contract kit over the plugin, and what Mailgun's webhooks mean.

Mailgun publishes no vector of its signature with its key; how it is made is in its user manual, Securing Webhooks (November 2026).
"""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime

import aiohttp
import pytest

from wasl_contracts import Address, BadSignature, Callback, Event, EventKind, Reason, Unreadable
from wasl_contracts.conformance import AT, ProviderContract, Request, Response
from wasl_mailgun import Mailgun, Settings

KEY = "signing-key-secret-1"
USUAL = {"api_key": "key-secret-1", "domain": "mg.acme.example", "sender": "Acme <hello@acme.example>", "signing_key": KEY}
WORDS: dict[EventKind, dict[str, object]] = {
    "deferred": {"event": "failed", "severity": "temporary", "reason": "generic"},
    "delivered": {"event": "delivered", "delivery-status": {"code": 250, "message": "OK"}},
    "bounced": {"event": "failed", "severity": "permanent", "reason": "bounce", "delivery-status": {"code": 550, "enhanced-code": "5.1.1"}},
    "failed": {"event": "failed", "severity": "permanent", "reason": "suppress-bounce", "delivery-status": {"code": 605}},
    "opened": {"event": "opened", "client-info": {"client-type": "email client", "bot": ""}},
    "clicked": {"event": "clicked", "url": "https://acme.example/1042"},
    "complained": {"event": "complained"},
    "unsubscribed": {"event": "unsubscribed"},
}


def posted(fields: dict[str, object], token: str = "event-1") -> Callback:
    """A webhook without its signature (Webhook Payloads in Mailgun's user manual, November 2026)."""
    data = {
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "timestamp": AT.timestamp(),
        "recipient": "ann@example.com",
        "message": {"headers": {"to": "ann@example.com", "message-id": "dlv_1@acme.example", "from": "hello@acme.example"}},
        "user-variables": {"wasl_attempt": "att_1"},
        **fields,
    }
    body = {"signature": {"token": token}, "event-data": data}
    return Callback("POST", "https://wasl.example/hooks/mail", {"Content-Type": "application/json"}, json.dumps(body).encode(), AT)


def signed(callback: Callback, key: str = KEY, **changes: object) -> Callback:
    body = json.loads(callback.body)
    signature = {"timestamp": str(int(AT.timestamp())), "token": "event-1", **body.get("signature", {})}
    proof = hmac.new(key.encode(), f"{signature['timestamp']}{signature['token']}".encode(), hashlib.sha256).hexdigest()
    body["signature"] = {**signature, "signature": proof, **changes}
    return replace(callback, body=json.dumps(body).encode())


class TestMailgun(ProviderContract):
    provider = Mailgun
    settings = USUAL
    address = Address(channel="email", kind="email", value="ann@example.com")
    ref = "20260301093000.1.ABC@mg.acme.example-000100"
    outcomes = {404: "rejected:provider"}  # the domain stands in the path
    openapi = "mailgun.oas.json"
    covers_body = False

    def success(self, request: Request) -> Response:
        return Response.json(200, {"id": f"<{self.ref}>", "message": "Queued. Thank you."})

    def report(self, kind: EventKind, attempt_id: str, ref: str, event_id: str) -> Callback | None:
        if kind not in WORDS:
            return None
        ids = {"user-variables": {"wasl_attempt": attempt_id}, "message": {"headers": {"message-id": ref}}}
        return posted({**WORDS[kind], **ids}, f"{event_id}-{kind}-{attempt_id}")  # Mailgun gives each webhook a token of its own

    def sign(self, callback: Callback, *, forged: bool = False) -> Callback:
        try:
            return signed(callback, "somebody" if forged else KEY)
        except (ValueError, AttributeError, TypeError, RecursionError):  # no object that could hold a signature
            return callback


async def provider(**settings: object) -> Mailgun:
    async with aiohttp.ClientSession() as http:
        return Mailgun(Settings.model_validate({**USUAL, **settings}), http)


async def read(fields: dict[str, object]) -> list[Event]:
    return list((await provider()).parse(signed(posted(fields))))


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamp": str(int(AT.timestamp()) + 1)},
        {"timestamp": "nan"},
        {"timestamp": "١٢٣"},
        {"timestamp": int(AT.timestamp())},
        {"token": "event-2"},
        {"token": ""},
        {"token": None},
        {"signature": ""},
        {"signature": "zz"},
        {"signature": "0" * 64},
        {"signature": None},
    ],
)
async def test_a_proof_with_another_part_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BadSignature):
        (await provider()).parse(signed(posted(WORDS["delivered"]), **changes))


@pytest.mark.parametrize("another", [WORDS["bounced"], {**WORDS["delivered"], "user-variables": {"wasl_attempt": "att_2"}}])
async def test_a_token_that_was_seen_proves_nothing_else(another: dict[str, object]) -> None:
    mailgun = await provider()
    (first,) = mailgun.parse(signed(posted(WORDS["delivered"])))

    with pytest.raises(BadSignature):
        mailgun.parse(signed(posted(another)))
    assert mailgun.parse(signed(posted(WORDS["delivered"]))) == [first]


async def test_a_token_of_what_wasl_has_no_word_for_proves_nothing_else() -> None:
    mailgun = await provider()
    mailgun.parse(signed(posted({"event": "accepted"})))

    with pytest.raises(BadSignature):
        mailgun.parse(signed(posted(WORDS["bounced"])))


async def test_half_of_a_surrogate_pair_in_what_nobody_reads_does_no_harm() -> None:
    (told,) = await read({**WORDS["delivered"], "message": {"headers": {"message-id": "dlv_1@acme.example", "subject": "\ud83d"}}})

    assert told.kind == "delivered"


async def test_without_a_key_every_callback_is_refused() -> None:
    with pytest.raises(BadSignature):
        (await provider(signing_key=None)).parse(signed(posted(WORDS["delivered"])))


async def test_how_old_a_signature_may_be_is_a_setting() -> None:
    late = replace(signed(posted(WORDS["delivered"])), at=datetime.fromtimestamp(AT.timestamp() + 3000, UTC))

    with pytest.raises(BadSignature):
        (await provider()).parse(late)
    assert (await provider(callback_tolerance=3600)).parse(late)


@pytest.mark.parametrize(
    ("reason", "status", "expected"),
    [
        ("bounce", {"code": 550, "bounce-type": "hard"}, ("bounced", Reason.INVALID_ADDRESS, True)),
        ("bounce", {"code": 452, "bounce-type": "soft"}, ("bounced", Reason.UNREACHABLE, False)),
        ("suppress-bounce", {"code": 605}, ("failed", Reason.INVALID_ADDRESS, True)),
        ("suppress-unsubscribe", {"code": 606}, ("failed", Reason.OPTED_OUT, False)),
        ("suppress-complaint", {"code": 607}, ("failed", Reason.OPTED_OUT, False)),
        ("espblock", {"code": 554}, ("bounced", Reason.CONTENT_REJECTED, False)),
        ("old", {"code": 602}, ("bounced", Reason.UNREACHABLE, False)),
        ("generic", {"code": 0, "message": "to ann@example.com"}, ("bounced", Reason.UNREACHABLE, False)),
        (None, {}, ("bounced", Reason.UNREACHABLE, False)),
    ],
)
async def test_what_a_permanent_failure_means(reason: str | None, status: dict[str, object], expected: tuple) -> None:
    (told,) = await read({"event": "failed", "severity": "permanent", "reason": reason, "delivery-status": status})

    assert (told.kind, told.reason, told.dead) == expected
    assert "@" not in (told.code or "")


async def test_the_code_is_mailguns_reason_with_the_servers_status() -> None:
    (told,) = await read(WORDS["bounced"])

    assert (told.code, told.provider_ref) == ("failed.bounce.5.1.1", "dlv_1@acme.example")


async def test_a_virus_is_refused_by_mailgun_itself() -> None:
    (told,) = await read({"event": "rejected", "reject": {"reason": "Virus"}})

    assert (told.kind, told.reason) == ("failed", Reason.CONTENT_REJECTED)


@pytest.mark.parametrize("word", ["accepted", "stored", "list_member_uploaded"])
async def test_what_wasl_has_no_word_for_is_no_event(word: str) -> None:
    assert await read({"event": word}) == []


@pytest.mark.parametrize("client", [{"bot": "apple"}, {"client-type": "robot"}])
async def test_a_machine_that_opens_is_told_from_a_person(client: dict[str, str]) -> None:
    (told,) = await read({"event": "opened", "client-info": client})

    assert told.machine


async def test_variables_of_other_applications_do_no_harm() -> None:
    (told,) = await read({**WORDS["delivered"], "user-variables": {"wasl_attempt": 12, "other": {"a": [1]}}})

    assert (told.attempt_id, told.provider_ref) == (None, "dlv_1@acme.example")


@pytest.mark.parametrize("data", [None, [], "x", {}, {"event": "delivered"}, {"event": 1, "timestamp": 1}])
async def test_an_authentic_callback_of_another_shape_is_unreadable(data: object) -> None:
    told = signed(replace(posted({}), body=json.dumps({"event-data": data}).encode()))

    with pytest.raises(Unreadable):
        (await provider()).parse(told)

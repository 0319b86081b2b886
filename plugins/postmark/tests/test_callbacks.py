"""The contract kit over the plugin, and what Postmark's webhooks mean.

Postmark signs none of them, so there is no vector. The samples are those of its documentation (Webhooks, November 2026), shortened.
"""

import base64
import json
from dataclasses import replace

import aiohttp
import pytest

from wasl_contracts import Address, BadSignature, Callback, Event, EventKind, Reason, Unreadable
from wasl_contracts.conformance import AT, ProviderContract, Request, Response
from wasl_postmark import Postmark, Settings

TOKEN = "callback-token-secret-0001"
USUAL = {"server_token": "server-secret-1", "sender": "Acme <hello@acme.example>", "callback_token": TOKEN}
MOMENT = AT.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")  # seven digits, as Postmark writes it
WORDS: dict[EventKind, dict[str, object]] = {
    "deferred": {"RecordType": "Bounce", "Type": "Transient", "TypeCode": 2, "Email": "ann@example.com", "BouncedAt": MOMENT},
    "delivered": {"RecordType": "Delivery", "Recipient": "ann@example.com", "DeliveredAt": MOMENT, "Details": "250 ok"},
    "bounced": {"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "Email": "ann@example.com", "BouncedAt": MOMENT},
    "failed": {"RecordType": "Bounce", "Type": "BadEmailAddress", "TypeCode": 100000, "Email": "ann@example.com", "BouncedAt": MOMENT},
    "opened": {"RecordType": "Open", "FirstOpen": True, "Recipient": "ann@example.com", "ReceivedAt": MOMENT},
    "clicked": {"RecordType": "Click", "OriginalLink": "https://acme.example", "Recipient": "ann@example.com", "ReceivedAt": MOMENT},
    "complained": {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "Email": "ann@example.com", "BouncedAt": MOMENT},
    "unsubscribed": {
        "RecordType": "SubscriptionChange",
        "Recipient": "ann@example.com",
        "ChangedAt": MOMENT,
        "Origin": "Recipient",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
    },
}


def posted(fields: dict[str, object], token: str | None = TOKEN) -> Callback:
    body = {"MessageID": "883953f4-6105-42a2-a16a-77a8eac79483", "Metadata": {"wasl_attempt": "att_1"}, "ServerID": 23, **fields}
    callback = Callback("POST", "https://wasl.example/hooks/mail", {}, json.dumps(body).encode(), AT)
    return callback if token is None else with_password(callback, token)


def with_password(callback: Callback, password: str, scheme: str = "Basic") -> Callback:
    coded = base64.b64encode(f"wasl:{password}".encode()).decode()
    return replace(callback, headers={**callback.headers, "Authorization": f"{scheme} {coded}"})


class TestPostmark(ProviderContract):
    provider = Postmark
    settings = USUAL
    address = Address(channel="email", kind="email", value="ann@example.com")
    ref = "883953f4-6105-42a2-a16a-77a8eac79483"
    outcomes = {404: "rejected:provider"}  # base_url is not its API
    proof = ("Authorization",)
    covers_body = False
    window = None

    def success(self, request: Request) -> Response:
        answer = {"To": self.address.value, "SubmittedAt": MOMENT, "MessageID": self.ref, "ErrorCode": 0, "Message": "OK"}
        return Response.json(200, answer)

    def report(self, kind: EventKind, attempt_id: str, ref: str, event_id: str) -> Callback | None:
        if kind not in WORDS:
            return None
        number = {"ID": int(event_id[-1])} if "BouncedAt" in WORDS[kind] else {}
        return posted({**WORDS[kind], **number, "MessageID": ref, "Metadata": {"wasl_attempt": attempt_id}}, token=None)

    def sign(self, callback: Callback, *, forged: bool = False) -> Callback:
        return with_password(callback, "somebody-else-guessing-it" if forged else TOKEN)


async def provider(**settings: object) -> Postmark:
    async with aiohttp.ClientSession() as http:
        return Postmark(Settings.model_validate({**USUAL, **settings}), http)


async def read(fields: dict[str, object]) -> list[Event]:
    return list((await provider()).parse(posted(fields)))


async def test_the_token_may_stand_in_the_url() -> None:
    told = replace(posted(WORDS["delivered"], token=None), url=f"https://wasl.example/hooks/mail?token={TOKEN}")

    (event,) = (await provider()).parse(told)

    assert (event.kind, event.attempt_id) == ("delivered", "att_1")


@pytest.mark.parametrize("query", ["", "?token=", "?token=other", f"?token={TOKEN}&token={TOKEN}", f"?Token={TOKEN}", f"?token={TOKEN}x"])
async def test_a_url_without_the_token_is_refused(query: str) -> None:
    told = replace(posted(WORDS["delivered"], token=None), url=f"https://wasl.example/hooks/mail{query}")

    with pytest.raises(BadSignature):
        (await provider()).parse(told)


async def test_a_wrong_password_is_not_mended_by_the_url() -> None:
    told = replace(posted(WORDS["delivered"], token="wrong"), url=f"https://wasl.example/hooks/mail?token={TOKEN}")

    with pytest.raises(BadSignature):
        (await provider()).parse(told)


@pytest.mark.parametrize("scheme", ["Bearer", "", "Digest"])
async def test_no_other_scheme_will_do(scheme: str) -> None:
    with pytest.raises(BadSignature):
        (await provider()).parse(with_password(posted(WORDS["delivered"], token=None), TOKEN, scheme))


async def test_without_a_token_every_callback_is_refused() -> None:
    with pytest.raises(BadSignature):
        (await provider(callback_token=None)).parse(posted(WORDS["delivered"]))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("HardBounce", ("bounced", Reason.INVALID_ADDRESS, True)),
        ("SoftBounce", ("bounced", Reason.UNREACHABLE, False)),
        ("Unknown", ("bounced", Reason.UNREACHABLE, False)),
        ("Transient", ("deferred", None, False)),
        ("DnsError", ("deferred", None, False)),
        ("SpamNotification", ("bounced", Reason.CONTENT_REJECTED, False)),
        ("VirusNotification", ("bounced", Reason.CONTENT_REJECTED, False)),
        ("Blocked", ("failed", Reason.CONTENT_REJECTED, False)),
        ("BadEmailAddress", ("failed", Reason.INVALID_ADDRESS, True)),
        ("ManuallyDeactivated", ("failed", Reason.SUPPRESSED_MANUAL, False)),
        ("DMARCPolicy", ("failed", Reason.PROVIDER_MISCONFIGURED, False)),
        ("SMTPApiError", ("failed", Reason.PROVIDER_REJECTED, False)),
        ("SpamComplaint", ("complained", None, False)),
        ("Unsubscribe", ("unsubscribed", None, False)),
    ],
)
async def test_what_a_type_of_bounce_means(kind: str, expected: tuple[str, Reason | None, bool]) -> None:
    (told,) = await read({**WORDS["bounced"], "Type": kind, "ID": 42})

    assert (told.kind, told.reason, told.dead) == expected
    assert (told.event_id, told.code) == ("Bounce-42", f"Bounce.{kind}")


@pytest.mark.parametrize("kind", ["AutoResponder", "AddressChange", "ChallengeVerification", "OpenRelayTest", "Subscribe", "New", None])
async def test_an_absence_note_is_no_bounce(kind: str | None) -> None:
    assert await read({**WORDS["bounced"], "Type": kind}) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"SuppressionReason": "HardBounce"}, [("bounced", True)]),
        ({"SuppressionReason": "SpamComplaint"}, [("complained", False)]),
        ({"Origin": "Recipient"}, [("unsubscribed", False)]),
        ({"Origin": "Customer"}, []),
        ({"Origin": "Admin"}, []),
        ({"SuppressSending": False, "SuppressionReason": None}, []),
    ],
)
async def test_what_a_change_of_subscription_means(changes: dict[str, object], expected: list[tuple[str, bool]]) -> None:
    told = await read({**WORDS["unsubscribed"], **changes})

    assert [(one.kind, one.dead) for one in told] == expected


async def test_a_mail_of_another_application_has_no_attempt() -> None:
    (told,) = await read({**WORDS["delivered"], "Metadata": {"wasl_attempt": 12}})

    assert (told.attempt_id, told.provider_ref) == (None, "883953f4-6105-42a2-a16a-77a8eac79483")


@pytest.mark.parametrize("fields", [{"RecordType": 3}, {"RecordType": "Delivery"}, {**WORDS["delivered"], "DeliveredAt": "soon"}])
async def test_an_authentic_callback_of_another_shape_is_unreadable(fields: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        await read(fields)

"""What a delivery is as a mail, whoever carries it."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest

from wasl_contracts import Address, Attachment, Delivery, Mail, Plain, Reason, Rejected, Sender, Unavailable
from wasl_contracts.event import code_of
from wasl_contracts.letter import Composing, Letters, about_sender, email_address

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def delivery(**changes: object) -> Delivery:
    return Delivery(
        id="dlv_1",
        attempt_id="att_1",
        message_id="msg_1",
        brand="acme",
        channel="email",
        address=Address(channel="email", kind="email", value="ann@example.com"),
        content=Mail(subject="مرحبا", html="<p>مرحبا</p>", text="مرحبا", locale="ar", direction="rtl"),
        topic="orders",
        category="promotional",
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
    ).model_copy(update=changes)


def test_the_parts_and_the_bytes_say_the_same() -> None:
    told = delivery(sender=Sender(name="متجر", reply_to="help@acme.example"), unsubscribe="https://acme.example/u/1")

    letter = Letters("Acme <hello@ACME.example>").read(told)
    mail = message_from_bytes(letter.mime(), policy=policy.default)

    assert (mail["From"], mail["To"]) == ("متجر <hello@acme.example>", "ann@example.com")
    assert (mail["Message-ID"], mail["Reply-To"]) == (letter.message_id, letter.reply_to)
    assert {name: mail[name] for name in letter.headers} == dict(letter.headers)
    assert set(letter.headers) == {"X-Wasl-Attempt", "Feedback-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"}


@pytest.mark.parametrize(
    ("changes", "reason", "scope", "code"),
    [
        ({"content": Plain(text="x")}, Reason.CONTENT_REJECTED, "content", "not_a_mail"),
        ({"address": Address(channel="email", kind="email", value="a@b, c@d")}, Reason.INVALID_ADDRESS, "address", "not_one_address"),
        ({"sender": Sender(address="nobody")}, Reason.CONTENT_REJECTED, "content", "sender"),
        ({"sender": Sender(reply_to="nobody")}, Reason.CONTENT_REJECTED, "content", "sender"),
        ({"sender": Sender(address="متجر@acme.example")}, Reason.CONTENT_REJECTED, "content", "sender"),
        ({"address": Address(channel="email", kind="email", value="أمل@example.com")}, Reason.UNREACHABLE, "content", "smtputf8"),
    ],
)
def test_what_cannot_be_a_mail_is_refused(changes: dict[str, object], reason: Reason, scope: str, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        Letters("hello@acme.example", smtputf8=False).read(delivery(**changes))

    assert (refused.value.reason, refused.value.scope, refused.value.code) == (reason, scope, code)


def test_a_service_that_offers_smtputf8_takes_any_mailbox() -> None:
    told = delivery(address=Address(channel="email", kind="email", value="أمل@example.com"))

    assert Letters("متجر@acme.example").read(told).to.address == "أمل@example.com"


@pytest.mark.parametrize(("own", "scope"), [(None, "provider"), ("shop@acme.example", "content")])
def test_the_refusal_of_a_brands_own_sender_pauses_nobody_else(own: str | None, scope: str) -> None:
    refused = about_sender(Unavailable(code="x1"), delivery(sender=Sender(address=own)))

    assert (refused.reason, refused.scope, refused.code) == (Reason.PROVIDER_MISCONFIGURED, scope, "x1")


async def test_a_mail_with_large_files_is_composed_aside_and_one_at_a_time() -> None:
    large = delivery(attachments=(Attachment(name="a.bin", media_type="application/octet-stream", content=bytes(70_000)),))
    at_once, most, threads = 0, 0, set[int]()

    def compose(told: Delivery) -> str:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        threads.add(threading.get_ident())
        threading.Event().wait(0.01)
        at_once -= 1
        return told.id

    composing = Composing(compose)

    assert await asyncio.gather(*(composing(large) for _ in range(3))) == ["dlv_1"] * 3
    assert most == 1
    assert threading.get_ident() not in threads
    assert await composing(delivery()) == "dlv_1"
    assert threading.get_ident() in threads


@pytest.mark.parametrize(
    ("told", "known"), [("ann@example.com", True), ("Ann <ann@example.com>", False), ("", False), (None, False), (7, False)]
)
def test_only_what_wasl_could_send_to_is_an_address(told: object, known: bool) -> None:
    assert (email_address(told) is not None) == known


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (("bounce", 550, "5.1.1"), "bounce.550.5.1.1"),
        (("bounce", "550 5.1.1 <ann@example.com>"), "bounce"),
        (("ann@example.com", None, ["x"], "x" * 41, "a\nb"), None),
        ((), None),
    ],
)
def test_a_code_is_made_of_words_and_numbers_alone(parts: tuple[object, ...], code: str | None) -> None:
    assert code_of(*parts) == code

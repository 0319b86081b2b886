"""What comes back: only what proves to be about a mail of ours, and what a person wrote without what they quote."""

import base64
import quopri
from datetime import UTC, datetime

import pytest

from plugins.smtp.tests.returning import (
    ATTEMPT,
    DELIVERY,
    MAILBOXES,
    complaint,
    crlf,
    exchange,
    exim,
    gmail,
    postfix,
    proofs,
    reply,
    settings,
)
from wasl_contracts import Address, BadSignature, Callback, Delivery, Event, Mail, Reason, Unreadable
from wasl_contracts.conformance import samples
from wasl_smtp import Settings, Smtp
from wasl_smtp.answered import unquoted
from wasl_smtp.composing import Composer
from wasl_smtp.returned import Returned

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ARABIC = "شكراً لكم، متى يصل الطلب؟"


def delivery(attempt: str = ATTEMPT, **changed: object) -> Delivery:
    mail = samples.sample("mail")
    assert isinstance(mail, Mail)
    made = samples.delivery(Address(channel="email", kind="email", value="ann@example.com"), mail)
    return made.model_copy(update={"id": DELIVERY, "attempt_id": attempt, **changed})


def place(mailbox: str = "return_path", **changed: object) -> str:
    return proofs(**changed).address(MAILBOXES[mailbox], delivery())


def read(body: bytes, to: str | None = None) -> list[Event]:
    headers = {} if to is None else {"X-Original-To": to}
    return list(Returned(proofs()).read(Callback("POST", "https://acme.example/hooks/mail", headers, body, AT)))


@pytest.mark.parametrize(
    ("sample", "code", "reason", "dead"),
    [
        (postfix, "5.1.1", Reason.INVALID_ADDRESS, True),
        (exim, "5.1.1", Reason.INVALID_ADDRESS, True),
        (exchange, "5.1.10", Reason.INVALID_ADDRESS, True),
        (gmail, "5.2.2", Reason.UNREACHABLE, False),
        (lambda to: postfix(to, status="5.7.1"), "5.7.1", Reason.CONTENT_REJECTED, False),
        (lambda to: postfix(to, status="5.1.8"), "5.1.8", Reason.PROVIDER_MISCONFIGURED, False),
        (lambda to: postfix(to, status="4.4.1"), "4.4.1", Reason.UNREACHABLE, False),
    ],
)
def test_a_bounce_says_whose_fault_it_is(sample: object, code: str, reason: Reason, dead: bool) -> None:
    (event,) = read(sample(place()), place())  # type: ignore[operator]

    assert (event.kind, event.attempt_id, event.code, event.reason, event.dead) == ("bounced", ATTEMPT, code, reason, dead)
    assert "ann@" not in repr(event)


def test_a_bounce_without_our_address_is_found_by_the_message_id_that_it_returns() -> None:
    sent = Composer(settings(), proofs()).write(delivery()).decode()
    original = "\n".join(line for line in sent.split("\r\n") if line.startswith(("Message-ID", "X-Wasl-Attempt")))

    (event,) = read(postfix("postmaster@acme.example", returned=original))
    with pytest.raises(BadSignature):
        read(postfix("postmaster@acme.example", returned=f"Message-ID: <{DELIVERY}@acme.example>"))
    with pytest.raises(BadSignature):
        read(postfix("postmaster@acme.example", returned=f"Message-ID: <{DELIVERY}.{'a' * 13}@acme.example>\nX-Wasl-Attempt: {ATTEMPT}"))

    assert event.attempt_id == ATTEMPT


def test_an_answer_to_the_message_id_alone_is_a_reply_with_its_thread() -> None:
    sent = Composer(settings(), proofs()).write(delivery()).decode()
    own = next(line.removeprefix("Message-ID: ") for line in sent.split("\r\n") if line.startswith("Message-ID"))

    (event,) = read(reply("hello@acme.example", head=f"In-Reply-To: {own}\nReferences: {own} <x@y.example>\n"))

    assert (event.kind, event.text, event.thread) == ("replied", "Thank you!", own)


@pytest.mark.parametrize("forged", ["secret", "mailbox", "attempt", "letters", "spelling", "envelope"])
def test_a_guessed_address_proves_nothing(forged: str) -> None:
    good = place()
    local, _, domain = good.partition("@")
    wrong = {
        "secret": place(inbound_secret="another secret of 32 characters or more"),
        "mailbox": good.replace("bounces+", "answers+"),
        "attempt": good.replace(local[8:12], "aaaa"),
        "letters": f"{local[:-4]}aaaa@{domain}",
        "spelling": f"{local[:-1]}{chr(ord(local[-1]) + 1) if local[-1] not in 'z7' else 'a'}@{domain}",
        "envelope": "bounces@in.acme.example",
    }[forged]

    with pytest.raises(BadSignature):
        read(postfix(wrong), wrong)
    with pytest.raises(BadSignature):
        read(postfix(wrong))
    with pytest.raises(BadSignature):
        read(postfix(good), wrong)
    assert (proofs().of_address(wrong), proofs().of_address(f"x{good}")) == (None, None)


async def test_without_a_secret_nothing_is_read() -> None:
    plain = Smtp(Settings(host="127.0.0.1", sender="hello@acme.example"), None)  # type: ignore[arg-type]

    with pytest.raises(BadSignature):
        plain.parse(Callback("POST", "https://acme.example/hooks/mail", {}, postfix("a@b.example"), AT))
    assert not plain.made(place())


@pytest.mark.parametrize(
    ("kind", "told"), [("abuse", "complained"), ("fraud", "complained"), ("opt-out", "unsubscribed"), ("not-spam", None)]
)
def test_a_feedback_report_is_a_complaint_or_an_opt_out(kind: str, told: str | None) -> None:
    assert [event.kind for event in read(complaint(place(), kind), place())] == ([told] if told else [])


@pytest.mark.parametrize(
    "head",
    [
        "Auto-Submitted: auto-replied; owner-email=\"ann@example.com\"\n", "Precedence: bulk\n", "Precedence: auto_reply\n",
        "X-Autoreply: yes\n", "Return-Path: <>\n", "List-Id: <all.example.com>\n",
    ],
)  # fmt: skip
def test_what_no_person_wrote_is_no_reply(head: str) -> None:
    to = place("replies_to")

    assert read(reply(to, "I am away.", head), to) == []


def test_a_bounce_in_words_alone_is_not_understood_and_an_absence_note_tells_nothing() -> None:
    with pytest.raises(Unreadable):
        read(reply(place(), "Your mail could not be delivered.", "Return-Path: <>\n"), place())
    assert read(reply(place(), "I am away.", "Auto-Submitted: auto-replied\n"), place()) == []


@pytest.mark.parametrize("coding", ["base64", "quoted-printable"])
@pytest.mark.parametrize("charset", ["utf-8", "windows-1256"])
def test_an_arabic_answer_is_read_in_whatever_coding(coding: str, charset: str) -> None:
    said = f"{ARABIC}\n\nفي الأحد 1 مارس 2026 كتب Acme\n<hello@acme.example>:\n> Hello\n> there\n".encode(charset)
    coded = base64.encodebytes(said) if coding == "base64" else quopri.encodestring(said)
    to = place("replies_to")

    head = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {coding}\n"
    (event,) = read(reply(to, coded.decode("ascii"), head), to)

    assert (event.kind, event.text, event.attempt_id) == ("replied", ARABIC, ATTEMPT)
    assert ARABIC not in repr(event)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Yes.\n\nOn Sun, 1 Mar 2026 at 09:30, Acme <hello@acme.example> wrote:\n> News", "Yes."),
        ("Yes.\n\nOn Sun, 1 Mar 2026 at 09:30, Acme with a long name\n<hello@acme.example> wrote:\n\n> News\n> more", "Yes."),
        ("Ja.\n\nAm 01.03.26 um 09:30 schrieb Acme:\n> News", "Ja."),
        ("نعم.\n\n\u200fفي 1 مارس كتب Acme:\u200f\n\u200f> أخبار", "نعم."),
        ("Yes.\n\n-----Original Message-----\nFrom: Acme\nSent: today\n\nNews", "Yes."),
        ("نعم.\n\n-----الرسالة الأصلية-----\nNews", "نعم."),
        ("Yes.\n\n________________________________\nFrom: Acme <hello@acme.example>", "Yes."),
        ("Yes.\n\nFrom: Acme <hello@acme.example>\nSent: Sunday\nTo: Ann\n\nNews", "Yes."),
        ("نعم.\n\nمن: Acme <hello@acme.example>\nتم الإرسال: الأحد\n\nNews", "نعم."),
        ("Yes.\n-- \nAnn\n+966 50 123 4567", "Yes."),
        ("> News\n\nBelow, yes.", "Below, yes."),
        ("Ann wrote:\n> News\n\nBelow.", "Below."),
        ("Note: see a@b.example\nand that is all", "Note: see a@b.example\nand that is all"),
        ("One\n\nTwo", "One\n\nTwo"),
        ("", ""),
    ],
)
def test_what_is_quoted_is_left_out(text: str, own: str) -> None:
    assert unquoted(text) == own


def test_of_html_alone_the_text_is_read() -> None:
    to = place("replies_to")
    html = "<html><head><style>p{}</style></head><body><div>Yes &amp; no</div>"
    html += "<div>On Sunday Acme wrote:</div><blockquote>News</blockquote></body></html>"

    (event,) = read(reply(to, html, "Content-Type: text/html\n"), to)

    assert event.text is not None
    assert event.text.startswith("Yes & no")
    assert "News" not in event.text


def test_the_body_comes_before_what_goes_along() -> None:
    to = place("replies_to")
    parts = "--B\nContent-Type: message/rfc822\n\nSubject: x\n\nforwarded\n--B\nContent-Disposition: attachment\n\nfile\n--B\n\nMine\n--B--"

    (event,) = read(reply(to, parts, 'Content-Type: multipart/mixed; boundary="B"\n'), to)

    assert event.text == "Mine"


def test_a_mail_of_nested_parts_without_end_is_not_understood() -> None:
    to = place()
    deep = "".join(f'Content-Type: multipart/mixed; boundary="b{level}"\n\n--b{level}\n' for level in range(3000))

    with pytest.raises(Unreadable):
        read(crlf(f"From: a@b.example\nTo: {to}\n{deep}"), to)


def test_each_mail_has_addresses_of_its_own_that_fit_and_the_same_mail_has_the_same() -> None:
    composer = Composer(settings(), proofs())

    one, again = composer.compose(delivery()), composer.compose(delivery())
    other = composer.compose(delivery(ATTEMPT[:-1] + "3"))
    own = composer.write(delivery(unsubscribe="https://acme.example/u/x")).decode()

    assert (one.sender, one.message) == (again.sender, again.message)
    assert one.sender != other.sender
    assert len(one.sender.partition("@")[0]) <= 64
    assert f"Reply-To: {place('replies_to')}\r\n" in own
    assert f"<mailto:{place('unsubscribe_to').replace('+', '%2B')}?subject" in own


def test_a_sender_with_a_reply_to_of_its_own_keeps_it() -> None:
    sender = delivery().sender.model_copy(update={"reply_to": "care@acme.example"})

    assert b"Reply-To: care@acme.example\r\n" in Composer(settings(), proofs()).write(delivery(sender=sender))

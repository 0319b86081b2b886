"""Mails are composed by hand: these tests hold them to what the standard library reads and writes."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wasl_contracts import Mail
from wasl_contracts.mailbox import needs_smtputf8
from wasl_contracts.mime import mime_bytes

NOON = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
LINE_ENDS = "\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)
lines = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=120)
names = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), min_size=1, max_size=60)


def mail(subject: str = "Your order", html: str = "<p>It left.</p>", text: str = "It left.", locale: str = "en") -> Mail:
    return Mail(subject=subject, html=html, text=text, locale=locale)


def composed(letter: Mail, to: str = "ann@example.com", sender: str = "Acme <hello@acme.example>", **headers: str) -> bytes:
    added = {name.replace("_", "-"): value for name, value in headers.items()}
    return mime_bytes(letter, sender=sender, to=to, message_id="<dlv_1@acme.example>", date=NOON, headers=added)


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def parts(message: EmailMessage) -> dict[str, str]:
    assert not message.defects
    return {part.get_content_type(): part.get_content() for part in message.iter_parts() if isinstance(part, EmailMessage)}


def wire_text(text: str) -> str:
    """The text as SMTP carries it: every line end is CRLF."""
    return re.sub("\r\n|\r|\n", "\r\n", text)


@settings(max_examples=60, deadline=None)
@given(subject=lines, text=texts, html=texts)
def test_the_standard_library_reads_what_was_written(subject: str, text: str, html: str) -> None:
    message = read(composed(mail(subject, html, text)))

    assert message["Subject"] == subject
    assert parts(message) == {"text/plain": wire_text(text), "text/html": wire_text(html)}


@settings(max_examples=60, deadline=None)
@given(subject=lines.map(str.strip), text=texts, html=texts)
def test_it_means_the_same_as_a_mail_by_the_standard_library(subject: str, text: str, html: str) -> None:
    peer = EmailMessage(policy=policy.SMTP.clone(max_line_length=998))
    peer["From"], peer["To"], peer["Subject"] = "Acme <hello@acme.example>", "ann@example.com", subject
    peer["Date"], peer["Message-ID"] = NOON, "<dlv_1@acme.example>"
    peer.set_content(text)
    peer.add_alternative(html, subtype="html")
    peer["Content-Language"] = "en"

    ours, theirs = read(composed(mail(subject, html, text))), read(peer.as_bytes())

    assert ours.get_content_type() == theirs.get_content_type()
    assert sorted(ours.keys()) == sorted(theirs.keys())
    for header in ("From", "To", "Subject", "Date", "Message-ID", "Content-Language", "MIME-Version"):
        assert ours[header] == theirs[header]
    # The standard library puts a line end behind a text that has none.
    assert {kind: text.rstrip("\r\n") for kind, text in parts(ours).items()} == {
        kind: wire_text(text).rstrip("\r\n") for kind, text in parts(theirs).items()
    }


@settings(max_examples=60, deadline=None)
@given(name=names)
def test_a_display_name_of_any_script_is_shown_as_it_was_written(name: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')

    raw = composed(mail(), sender=f'"{quoted}" <hello@acme.example>')

    shown, _, address = message_from_bytes(raw, policy=policy.compat32)["From"].rpartition("<")
    shown = shown.strip()
    if "=?" in shown:  # the newer parser of Python 3.11 puts spaces between encoded words
        shown = str(make_header(decode_header(shown)))
    elif shown.startswith('"'):
        shown = re.sub(r"\\(.)", r"\1", shown[1:-1])
    assert (shown, address) == (name, "hello@acme.example>")


@settings(max_examples=60, deadline=None)
@given(subject=texts, text=texts, html=texts)
def test_lines_are_short_and_end_with_crlf(subject: str, text: str, html: str) -> None:
    one_line = "".join(" " if c in LINE_ENDS or c < " " or "\x7f" <= c < "\xa0" else c for c in subject)

    raw = composed(mail(one_line, html + "x" * 2000, text))

    assert re.search(rb"(?<!\r)\n|\r(?!\n)", raw) is None
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.endswith(b"\r\n")


@pytest.mark.parametrize("end", LINE_ENDS.replace("\r", "") + "\r\0\x7f")
@pytest.mark.parametrize("header", ["From", "To", "X-Ref", "List-Id", "Reply-To"])
def test_a_line_break_in_a_header_is_refused_by_the_headers_name(header: str, end: str) -> None:
    evil = f"a@b.example{end}Bcc: evil@x.example"
    arguments = {"From": {"sender": evil}, "To": {"to": evil}}.get(header, {header: evil})

    with pytest.raises(ValueError, match=rf"^{header}: ") as refusal:
        composed(mail(), **arguments)

    assert "evil" not in str(refusal.value)


@pytest.mark.parametrize("end", "\r\n\0")
def test_a_line_break_in_an_unvalidated_mail_is_refused(end: str) -> None:
    smuggled = Mail.model_construct(subject=f"a{end}b", html="", text="", locale="en", direction="ltr")
    tagged = Mail.model_construct(subject="a", html="", text="", locale=f"en{end}Bcc: x@y.example", direction="ltr")

    with pytest.raises(ValueError, match=r"^Subject: "):
        composed(smuggled)
    with pytest.raises(ValueError, match=r"^Content-Language: "):
        composed(tagged)


def test_a_message_id_or_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^Message-ID: "):
        mime_bytes(mail(), sender="a@b.example", to="c@d.example", message_id="<a@b>\r\nX: y", date=NOON)
    with pytest.raises(ValueError, match=r"^Date: "):
        mime_bytes(mail(), sender="a@b.example", to="c@d.example", message_id="<a@b>", date=datetime(2026, 1, 1))


@pytest.mark.parametrize("header", ["From", "To", "Bcc", "Cc", "Subject", "Received", "DKIM-Signature", "Content-Type", "X", "X y"])
def test_only_headers_of_the_list_can_be_added(header: str) -> None:
    with pytest.raises(ValueError, match="is not a header that may be added"):
        composed(mail(), **{header: "value"})


def test_a_long_unsubscribe_link_is_neither_encoded_nor_folded() -> None:
    link = f"<https://acme.example/u/{'t0k-En_' * 60}>, <mailto:leave@acme.example?subject={'x' * 100}>"

    raw = composed(mail(), List_Unsubscribe=link, List_Unsubscribe_Post="List-Unsubscribe=One-Click")

    assert f"\r\nList-Unsubscribe: {link}\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_a_list_header_that_would_need_encoding_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^List-Unsubscribe: must be ASCII"):
        composed(mail(), List_Unsubscribe="<https://acme.example/إلغاء>")
    with pytest.raises(ValueError, match=r"^List-Unsubscribe: must be ASCII"):
        composed(mail(), List_Unsubscribe=f"<https://acme.example/{'a' * 998}>")


def test_an_arabic_subject_becomes_short_words_that_cut_no_character() -> None:
    subject = "طلبك رقم ١٠٤٢ في الطريق إليك الآن، وسيصل إن شاء الله غدا قبل صلاة الظهر 🕌" * 3

    head = composed(mail(subject, locale="ar_SA")).split(b"\r\n\r\n")[0].decode("ascii")

    folded = re.search(r"^Subject: .*(?:\r\n .*)*", head, re.MULTILINE)
    assert folded is not None
    assert max(map(len, folded[0].splitlines())) <= 76
    assert all(word.startswith("=?utf-8?b?") for word in folded[0].removeprefix("Subject: ").split())
    assert "\r\nContent-Language: ar-SA\r\n" in head


def test_english_stays_readable_and_arabic_is_base64() -> None:
    raw = composed(mail(text="Plain English.\n", html="<p>عربي</p>"))

    assert b"Content-Transfer-Encoding: 7bit\r\n\r\nPlain English.\r\n" in raw
    assert raw.count(b"Content-Transfer-Encoding: base64") == 1


def test_a_text_that_holds_the_boundary_cannot_end_its_part() -> None:
    found = re.search(rb'boundary="([^"]+)"', composed(mail()))
    assert found is not None
    forged = f"before\n--{found[1].decode()}--\nafter"

    message = read(composed(mail(text=forged)))

    assert parts(message)["text/plain"] == wire_text(forged)


def test_the_same_mail_has_the_same_bytes_and_another_id_another_boundary() -> None:
    first, again = composed(mail()), composed(mail())
    other = mime_bytes(mail(), sender="a@b.example", to="c@d.example", message_id="<dlv_2@acme.example>", date=NOON)

    found = re.search(rb'boundary="([^"]+)"', first)

    assert first == again
    assert found is not None
    assert found[1] not in other


def test_the_date_is_written_in_utc() -> None:
    riyadh = datetime(2026, 3, 1, 15, 0, 5, tzinfo=timezone(timedelta(hours=3)))

    raw = mime_bytes(mail(), sender="a@b.example", to="c@d.example", message_id="<a@b>", date=riyadh)

    assert b"\r\nDate: Sun, 01 Mar 2026 12:00:05 +0000\r\n" in raw


def test_an_international_domain_becomes_punycode_and_an_international_mailbox_stays() -> None:
    raw = composed(mail(), to="بريد@مثال.example")

    assert "\r\nTo: بريد@xn--mgbh0fb.example\r\n".encode() in raw
    assert needs_smtputf8("بريد@مثال.example")
    assert not needs_smtputf8("ann@مثال.example")


def test_a_reply_address_is_one_address_like_the_others() -> None:
    raw = composed(mail(), Reply_To="خدمة <care@acme.example>")

    assert read(raw)["Reply-To"].addresses[0].display_name == "خدمة"
    with pytest.raises(ValueError, match=r"^Reply-To: is not one mail address"):
        composed(mail(), Reply_To="a@b.example, c@d.example")

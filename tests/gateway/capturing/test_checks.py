"""What the inbox says of a message before real people get it."""

import pytest

from tests.gateway.capturing.captures import captured
from wasl.capturing.capture import Captured
from wasl.capturing.checks import SENTENCES, checks
from wasl.capturing.letters import headers
from wasl.capturing.seen import chosen, seen
from wasl_contracts.content import Mail, Plain, Push, Sms, WhatsApp, WhatsAppTemplate

STOP = "https://m.example/u/secret"


def mail(html: str = "<p>Hello</p>", *, subject: str = "Hello", text: str = "Hello", **more: object) -> Mail:
    return Mail.model_validate({"subject": subject, "html": html, "text": text, "locale": "en", **more})


def verdicts(one: Captured) -> dict[str, str]:
    return {check.code: check.verdict for check in checks(one)}


@pytest.mark.parametrize(
    ("one", "code", "verdict"),
    [
        (captured(mail('<a href="https://shop.example/x">x</a>')), "links", "good"),
        (captured(mail('<a href="http://shop.example/x">x</a>')), "link_plain", "look"),
        (captured(mail('<a href="/cart">x</a>')), "link_bad", "bad"),
        (captured(mail('<a href="https://localhost/x">x</a>')), "link_bad", "bad"),
        (captured(mail('<a href="javascript:alert(1)">x</a>')), "link_bad", "bad"),
        (captured(mail('<a href="https://[::1/x">x</a>')), "link_bad", "bad"),
        (captured(mail('<img src="https://shop.example/a.png">')), "alt_missing", "bad"),
        (captured(mail('<img src="https://shop.example/a.png" alt="">')), "alt", "good"),
        (captured(mail("x" * 103_000)), "size_clipped", "bad"),
        (captured(mail(subject="x" * 71)), "subject_long", "look"),
        (captured(mail(subject="")), "subject_none", "bad"),
        (captured(mail(text=" ")), "text_none", "bad"),
        (captured(mail(direction="rtl")), "direction_missing", "bad"),
        (captured(mail('<div dir="rtl">مرحبا</div>', direction="rtl")), "direction", "good"),
        (captured(mail(), category="promotional"), "unsubscribe_missing", "bad"),
        (captured(mail(), category="promotional", unsubscribe=STOP), "unsubscribe", "good"),
        (captured(mail(), unsubscribe="http://127.0.0.1:8080/u/x"), "unsubscribe_one_click", "look"),
        (captured(Sms(text="Hello"), "sms"), "segments", "good"),
        (captured(Sms(text="x" * 500), "sms"), "segments_many", "look"),
        (captured(Sms(text="It’s here"), "sms"), "segments_forced", "look"),
        (captured(Push(title="x" * 51, body="b"), "push"), "title_long", "look"),
        (captured(Push(title="t", body="ب" * 2100), "push"), "size_payload", "bad"),
        (captured(WhatsApp(text="Hello"), "chat"), "template_none", "look"),
        (captured(Plain(text="Hello http://shop.example/x."), "chat"), "link_plain", "look"),
        (captured(Plain(text="Hello"), "chat", most=5), "length", "good"),
        (captured(Plain(text="Hello"), "chat", most=4), "length_over", "bad"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_to_be_looked_at_is_found(one: Captured, code: str, verdict: str) -> None:
    assert verdicts(one)[code] == verdict


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (captured(Sms(text="أهلًا – وصل طلبك"), "sms"), "segments_forced"),  # it is Arabic that needs UCS-2, not the dash
        (captured(WhatsApp(text="Hello", template=WhatsAppTemplate(name="hi", language="en")), "chat"), "template_none"),
        (captured(mail('<a href="http://127.0.0.1:8080/u/x">x</a>'), unsubscribe="http://127.0.0.1:8080/u/x"), "link_bad"),
    ],
)
def test_what_is_well_is_not_complained_of(one: Captured, code: str) -> None:
    assert code not in verdicts(one)


def test_every_sentence_is_filled_with_its_values() -> None:
    for check in checks(captured(mail('<a href="http://shop.example/{x}">x</a>', subject="x" * 900))):
        assert check.sentence == SENTENCES[check.code].format(**check.values)
        assert "{" not in check.sentence.replace("{x}", "")


def test_a_mail_has_the_headers_that_its_reader_gets() -> None:
    found = headers(captured(mail(), sender="Acme <hello@acme.example>", category="promotional", unsubscribe=STOP))

    assert found["From"] == "Acme <hello@acme.example>"
    assert found["List-Unsubscribe"] == f"<{STOP}>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert found["Message-ID"] == "<dlv_1_1@acme.example>"


def test_a_sender_that_is_none_costs_only_the_headers() -> None:
    assert headers(captured(mail(), sender="nobody")) == {}


def test_what_is_captured_is_chosen_by_brand_channel_address_and_words() -> None:
    ours, theirs = captured(mail(text="Straße")), captured(Sms(text="Code"), "sms", brand="nour")

    assert chosen([ours, theirs], ()) == [theirs, ours]  # newest first
    assert chosen([ours, theirs], ("default",)) == [ours]
    assert chosen([ours, theirs], (), channel="sms") == [theirs]
    assert chosen([ours, theirs], (), to="ANN@") == [ours]
    assert chosen([ours, theirs], (), text="STRASSE") == [ours]


def test_neither_address_nor_content_is_in_a_repr() -> None:
    assert "Hello" not in repr(seen(captured(mail())))

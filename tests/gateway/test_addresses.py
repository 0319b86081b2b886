from contextlib import suppress

import pytest
from email_validator import validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from wasl.addresses import _ORDINARY_EMAIL, Addresses, BadAddress, normal_email, normal_phone
from wasl.errors import Refused
from wasl_contracts import Address, AddressKind, Recipient
from wasl_contracts.mailbox import Mailbox

LABEL = st.from_regex(r"[a-z0-9-]{1,8}", fullmatch=True) | st.sampled_from(["xn--zzz", "ab--cd", "xn--caf-dma", "example", "a"])
DOMAIN = st.lists(LABEL, min_size=1, max_size=5).map(".".join)
TLD = st.from_regex(r"[a-z]{1,12}", fullmatch=True) | st.sampled_from(
    ["test", "local", "arpa", "onion", "invalid", "localhost", "com", "zip"]
)
LOCAL = st.from_regex(r"[A-Za-z0-9_+.-]{1,34}", fullmatch=True)


@settings(max_examples=600, deadline=None)
@given(LOCAL, DOMAIN, TLD)
@example("a", "xn--zzz", "com")
@example("a", "ab--cd", "com")
@example("a", "home", "arpa")
@example("a-", "b", "co")
@example("+", "b", "co")
def test_the_fast_email_pattern_agrees_with_email_validator_on_all_that_it_matches(local: str, domain: str, tld: str) -> None:
    value = f"{local}@{domain}.{tld}"
    if not _ORDINARY_EMAIL.fullmatch(value):
        return

    assert validate_email(value, check_deliverability=False, test_environment=True, strict=True).normalized == value


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40) | st.emails() | st.builds("{}@{}.{}".format, LOCAL, DOMAIN, TLD))
def test_an_email_has_one_normal_form_or_is_refused(value: str) -> None:
    with suppress(BadAddress):
        normal = normal_email(value)

        assert normal_email(normal) == normal


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.sampled_from("aß-ςéе١مثالשäxnıİ。ａ日\u0301"), min_size=1, max_size=8),
    st.text(st.sampled_from("abé.مß+"), min_size=1, max_size=6),
)
@example("straße", "a")
@example("xn--strae-oqa", "a")
def test_an_accepted_mailbox_is_reached_under_the_domain_that_was_checked(label: str, local: str) -> None:
    value = f"{local}@{label}.example"
    try:
        accepted = normal_email(value)
    except BadAddress:
        return

    found = Mailbox.read(accepted)

    assert found.domain == validate_email(value, check_deliverability=False, test_environment=True, strict=True).ascii_domain
    assert Mailbox.read(value).domain == found.domain


@pytest.mark.parametrize(
    ("given_value", "normal"),
    [
        ("ann@example.com", "ann@example.com"),
        ("Ann.Lee+x@EXAMPLE.Com", "Ann.Lee+x@example.com"),
        ("jose\u0301@example.com", "josé@example.com"),
        ("ann@bücher.example", "ann@bücher.example"),
        ("علي@مثال.شركة", "علي@مثال.شركة"),
        ("a@b.c.d.e.f.g.example", "a@b.c.d.e.f.g.example"),
    ],
)
def test_an_email_in_normal_form(given_value: str, normal: str) -> None:
    assert normal_email(given_value) == normal


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("a@b.c, evil@x.y", "one_address_expected"),
        ("a@b.example;c@d.example", "one_address_expected"),
        ("bob", "invalid_address"),
        ("@shop.example", "invalid_address"),
        ("bob@", "invalid_address"),
        ("ann@localhost", "invalid_address"),
        ("ann@printer.local", "invalid_address"),
        ("Ann <ann@example.com>", "invalid_address"),
        ("ann@exa mple.com", "invalid_address"),
        ("ann@127.0.0.1", "invalid_address"),
        ("ann@[127.0.0.1]", "invalid_address"),
        ("a..b@example.com", "invalid_address"),
        ("b@xn--zzzzzz.com", "invalid_address"),
        ("a" * 65 + "@example.com", "invalid_address"),
    ],
)
def test_what_is_no_single_mailbox_is_refused_without_being_repeated(value: str, code: str) -> None:
    with pytest.raises(BadAddress) as refused:
        normal_email(value)

    assert refused.value.code == code
    assert value not in str(refused.value)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\nBcc: x@y.z", "\x85", "\u2028", "\u2029", "\v", "\f", "\x1c", "\0"])
def test_what_would_begin_a_new_header_line_is_refused_before_anything_else(end: str) -> None:
    for fields in ({"email": f"ann@example.com{end}"}, {"phone": f"+966501234567{end}"}, {"id": f"u{end}"}):
        with pytest.raises(ValidationError) as refused:
            Recipient.model_validate(fields)
        assert refused.value.errors()[0]["type"] == "header_injection"
    with pytest.raises(ValidationError):
        Address(channel="email", kind="email", value=f"ann@example.com{end}")


@pytest.mark.parametrize(
    ("value", "country", "normal"),
    [
        ("+966501234567", None, "+966501234567"),
        ("+966 50 123 4567", None, "+966501234567"),
        ("050 123 4567", "SA", "+966501234567"),
        ("+1 (202) 555-0123", None, "+12025550123"),
        ("+٩٦٦٥٠١٢٣٤٥٦٧", None, "+966501234567"),
        ("+۹۶۶ ۵۰ ۱۲۳ ۴۵۶۷", None, "+966501234567"),
        ("＋９６６５０１２３４５６７", None, "+966501234567"),
        ("٠٥٠ ١٢٣ ٤٥٦٧", "SA", "+966501234567"),
    ],
)
def test_a_phone_number_in_normal_form(value: str, country: str | None, normal: str) -> None:
    assert normal_phone(value, country) == normal


@pytest.mark.parametrize(
    "value",
    [
        "0501234567", "+96650123456789", "+9715", "hello", "", "+966501234567;ext=5", "+966501234567 x5", "+966501234567x",
        "+966501234567#",
        "☎ +966501234567",
        "+966112345678", "+19005551234", "+442079460123", "1-800-FLOWERS", "+000000000000",
    ],
)  # fmt: skip
def test_what_cannot_get_a_message_is_refused(value: str) -> None:
    with pytest.raises(BadAddress) as refused:
        normal_phone(value)

    assert refused.value.code == "bad_recipient"
    assert value == "" or value not in str(refused.value)


def test_other_kinds_follow_the_patterns_of_their_plugins() -> None:
    kinds = (("slack_user", "U[A-Z0-9]{2,}"), ("free", None), ("mixed", "a+"), ("mixed", None), ("public", None))
    addresses = Addresses([("chat", AddressKind(kind=kind, pattern=pattern)) for kind, pattern in kinds])

    def normal(kind: str, value: str) -> str:
        return addresses.normal(Address(channel="chat", kind=kind, value=value)).value

    assert normal("slack_user", "U123") == "U123"
    assert normal("free", "anything at all") == "anything at all"
    assert normal("mixed", "b") == "b"
    for kind, value, code in (
        ("slack_user", "xU123", "invalid_address"),
        ("slack_user", "U123\u200b", "invalid_address"),
        ("pager", "1", "unknown_kind"),
        ("public", "*", "unknown_kind"),
    ):
        with pytest.raises(BadAddress) as refused:
            normal(kind, value)
        assert refused.value.code == code


def test_an_address_of_another_channels_kind_is_refused() -> None:
    with pytest.raises(BadAddress) as refused:
        Addresses([]).normal(Address(channel="email", kind="phone", value="+966501234567"))

    assert refused.value.code == "wrong_channel"


def test_every_address_that_is_wrong_is_named_by_its_place() -> None:
    recipient = Recipient.model_validate(
        {
            "email": "ann",
            "phone": "+9665",
            "addresses": [
                {"channel": "email", "kind": "email", "value": "ok@example.com"},
                {"channel": "email", "kind": "email", "value": "nobody"},
                {"channel": "chat", "kind": "pager", "value": "1"},
            ],
        }
    )

    with pytest.raises(Refused) as refused:
        Addresses([]).normal_all(recipient)

    assert [(problem.pointer, problem.code) for problem in refused.value.errors] == [
        ("/to/email", "invalid_address"),
        ("/to/phone", "bad_recipient"),
        ("/to/addresses/1/value", "invalid_address"),
        ("/to/addresses/2/kind", "unknown_kind"),
    ]

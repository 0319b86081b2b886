"""Exactly one mail address, and its domain as DNS knows it."""

import pytest

from wasl_contracts.mailbox import Mailbox


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("a@b.example", "", "a@b.example"),
        ("<a@b.example>", "", "a@b.example"),
        ("Acme, Inc. <a@b.example>", "Acme, Inc.", "a@b.example"),
        (r'"The \"Acme\"" <a@b.example>', 'The "Acme"', "a@b.example"),
        ("أكمي <a+tag@B.example>", "أكمي", "a+tag@B.example"),
        ("root@localhost", "", "root@localhost"),
    ],
)
def test_a_mailbox_is_a_name_and_an_address(text: str, name: str, address: str) -> None:
    mailbox = Mailbox.read(text)

    assert (mailbox.name, mailbox.address) == (name, address)
    assert address not in repr(mailbox)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "a@",
        "@b.example",
        "a b@c.example",
        "a@b.c, evil@x.example",
        "a@b.c, Evil <evil@x.example>",
        "<a@b.c> <evil@x.example>",
        "a@b.example>",
        "a..b@c.example",
        ".a@c.example",
        "a@-b.example",
        "a@b..example",
        "a@[127.0.0.1]",
        f"{'a' * 65}@b.example",
        f"a@{'b.' * 127}example",
        f"a@{'م' * 64}.example",
        "a\u202eb@c.example",
        "a" * 5000,
        "\ud800@b.example",
    ],
)
def test_what_is_not_one_address_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"^address: ") as refusal:
        Mailbox.read(text)

    assert text == "" or text not in str(refusal.value) or text == "@"


@pytest.mark.parametrize(
    ("domain", "ascii_form"),
    [
        ("مثال.example", "xn--mgbh0fb.example"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("نامه\u200cای.example", "xn--mgba3gch31f060k.example"),
        ("例え。example", "xn--r8jz45g.example"),
        ("xn--strae-oqa.example", "xn--strae-oqa.example"),
    ],
)
def test_an_international_domain_is_never_taken_for_anothers(domain: str, ascii_form: str) -> None:
    assert Mailbox.read(f"ann@{domain}").domain == ascii_form


@pytest.mark.parametrize("domain", ["☃.example", "-é.example", "é..example", "\u0301a.example", "a\u200cb.example"])
def test_a_domain_that_idna_2008_does_not_know_is_refused(domain: str) -> None:
    with pytest.raises(ValueError, match=r"^address: has a domain that cannot exist"):
        Mailbox.read(f"ann@{domain}")

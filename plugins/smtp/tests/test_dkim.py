"""Signatures, verified by dkimpy over the bytes as a server received them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import ValidationError

from wasl_contracts import Attachment
from wasl_contracts import Sender as Face
from wasl_smtp import Settings
from wasl_smtp.dkim import Key, signatures

if TYPE_CHECKING:
    from plugins.smtp.tests.conftest import Inbox, Sender, Serve

Make = Callable[..., "Sender"]
RSA, ED25519 = rsa.generate_private_key(65537, 2048), Ed25519PrivateKey.generate()
LINK = f"https://messages.acme.example/u/{'t0k-En_' * 60}"


def pem(key: rsa.RSAPrivateKey | Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*form).decode()


def record(name: bytes, **_: object) -> bytes | None:
    der = RSA.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    kind, public = {b"r1": (b"rsa", der), b"e1": (b"ed25519", ED25519.public_key().public_bytes_raw())}[name.split(b".")[0]]
    return b"v=DKIM1; k=" + kind + b"; p=" + b64encode(public)


class VerifyKey:
    """What dkimpy needs of PyNaCl, from cryptography."""

    def __init__(self, key: bytes, encoder: object) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(b64decode(key))

    def verify(self, message: bytes, signature: bytes) -> bytes:
        self._key.verify(signature, message)
        return message


@pytest.fixture(autouse=True)
def _ed25519_for_dkimpy(monkeypatch: pytest.MonkeyPatch) -> None:
    nacl = SimpleNamespace(
        signing=SimpleNamespace(VerifyKey=VerifyKey),
        encoding=SimpleNamespace(Base64Encoder=None),
        exceptions=SimpleNamespace(BadSignatureError=InvalidSignature, ValueError=ValueError),
    )
    monkeypatch.setattr(dkim, "nacl", nacl, raising=False)


def verified(raw: bytes) -> list[bool]:
    """Whether each signature holds, the first one first."""
    found = []
    for number in range(raw.count(b"DKIM-Signature:")):
        try:
            found.append(dkim.DKIM(raw).verify(idx=number, dnsfunc=record))
        except dkim.DKIMException:
            found.append(False)
    return found


def signed_names(raw: bytes) -> list[str]:
    header = raw[: raw.index(b"b=", raw.index(b" h="))].decode()
    return "".join(header.partition(" h=")[2].split()).rstrip(";").split(":")


BOTH = {"dkim": {"acme.example": [{"selector": "r1", "key": pem(RSA)}, {"selector": "e1", "key": pem(ED25519)}]}}
BULK = {"category": "promotional", "unsubscribe": LINK}


@pytest.mark.parametrize(
    "text",
    [
        "مرحبا  بك\n\n\n",
        "Plain English.",
        "x" * 5000,
        "trailing  spaces \t \n and\ttabs \n\n \n\t\n\n",
        "",
        "\n\n\n",
        ".dot\n..\n.\nFrom here\n",
        "\r.\r\n.\r\n.\n",
    ],
)
async def test_both_signatures_hold_over_what_a_server_received(inbox: Inbox, serve: Serve, smtp: Make, text: str) -> None:
    sender = smtp(await serve(), **BOTH)

    await sender.send(text, **BULK)

    assert verified(inbox.mails[0].original_content) == [True, True]


async def test_both_signatures_hold_over_files_and_international_mailboxes(inbox: Inbox, serve: Serve, smtp: Make) -> None:
    sender = smtp(await serve(), **BOTH)
    file = Attachment(name="فاتورة.pdf", media_type="application/pdf", content=bytes(range(256)) * 600)

    await sender.send(to="بريد@مثال.example", attachments=(file,), sender=Face(address="مرحبا@acme.example", name="أكمي"))

    assert verified(inbox.mails[0].original_content) == [True, True]


async def test_what_one_click_needs_is_signed_and_written_as_it_is(inbox: Inbox, serve: Serve, smtp: Make) -> None:
    sender = smtp(await serve(), unsubscribe_to="leave@acme.example", **BOTH)

    await sender.send(**BULK)

    raw = inbox.mails[0].original_content
    assert f"\r\nList-Unsubscribe: <{LINK}>, <mailto:leave@acme.example?subject=unsubscribe%20dlv_1>\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert {"list-unsubscribe", "list-unsubscribe-post", "from", "to", "subject", "date", "message-id"} <= set(signed_names(raw))


@pytest.mark.parametrize("header", ["From: evil@x.example", "Subject: evil", "To: c@x.example", "Reply-To: evil@x.example", "Date: today"])
async def test_a_header_that_is_added_on_the_way_breaks_the_signatures(inbox: Inbox, serve: Serve, smtp: Make, header: str) -> None:
    sender = smtp(await serve(), **BOTH)
    await sender.send(**BULK)
    start, name, rest = inbox.mails[0].original_content.partition(b"\r\nFrom:")

    before = verified(header.encode() + b"\r\n" + start + name + rest)
    after = verified(start + b"\r\n" + header.encode() + name + rest)

    assert before == after == [False, False]


async def test_a_changed_body_breaks_the_signatures(inbox: Inbox, serve: Serve, smtp: Make) -> None:
    sender = smtp(await serve(), **BOTH)
    await sender.send("Pay 100 to Ann.")

    changed = inbox.mails[0].original_content.replace(b"Pay 100", b"Pay 900")

    assert verified(changed) == [False, False]


async def test_the_same_mail_has_the_same_signatures(inbox: Inbox, serve: Serve, smtp: Make) -> None:
    sender = smtp(await serve(), **BOTH)

    await sender.send()
    await sender.send()

    assert inbox.mails[0].original_content == inbox.mails[1].original_content


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("a@acme.example", "acme.example"),
        ("a@news.acme.example", "acme.example"),
        ("a@bücher.example", "xn--bcher-kva.example"),
        ("a@ACME.example", "acme.example"),
        ("a@notacme.example", None),
    ],
)
async def test_a_mail_is_signed_for_the_domain_that_it_comes_from(
    inbox: Inbox, serve: Serve, smtp: Make, address: str, domain: str | None
) -> None:
    key = [{"selector": "e1", "key": pem(ED25519)}]
    sender = smtp(await serve(), dkim={"acme.example": key, "bücher.example": key})

    await sender.send(sender=Face(address=address))

    raw = inbox.mails[0].original_content
    assert (f"d={domain};".encode() in raw) is (domain is not None)
    assert verified(raw) == ([True] if domain else [])
    assert bool(sender.doubts(address=address)) is (domain is None)


async def test_a_sender_that_is_no_mailbox_is_doubted_and_its_mail_refused(inbox: Inbox, serve: Serve, smtp: Make) -> None:
    sender = smtp(await serve())

    told = [sender.doubts(address="ACME"), sender.doubts(reply_to="a@b.example, c@d.example")]
    refused = await sender.send(sender=Face(address="ACME"))

    assert ["address" in told[0][0], "reply_to" in told[1][0]] == [True, True]
    assert (getattr(refused, "scope", None), getattr(refused, "code", None)) == ("content", "sender")
    assert sender.doubts() == ()
    assert inbox.mails == []


def test_a_mail_without_a_body_is_signed(smtp: Make) -> None:
    bare = b"From: a@acme.example\r\nSubject:  two   spaces\r\n\tand a fold \r\n\r\n"

    signed = signatures(bare, [Key("acme.example", "r1", RSA), Key("acme.example", "e1", ED25519)]) + bare

    assert verified(signed) == [True, True]
    assert verified(signed + b"\r\n\r\n") == [True, True]


WEAK, CURVE = rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (pem(WEAK), "at least 2048 bits"),
        (pem(CURVE), "neither an RSA key"),
        ("not-a-key", "holds no private key"),
        (pem(RSA)[:200], "holds no private key"),
    ],
)
def test_a_key_that_cannot_sign_is_told_without_showing_it(key: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said) as mistake:
        Settings.model_validate({"host": "m.example", "sender": "a@b.example", "dkim": {"b.example": [{"selector": "s", "key": key}]}})

    assert key[40:60] not in str(mistake.value) or not key[40:60]

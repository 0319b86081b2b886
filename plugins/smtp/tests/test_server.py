"""Against aiosmtpd, a real server: plain, STARTTLS, TLS, signing in, and bodies that try to end the mail."""

import ipaddress
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from wasl_contracts import Receipt, Rejected, Unavailable

if TYPE_CHECKING:
    from plugins.smtp.tests.conftest import Inbox, Sender

PASSWORD = "correct-horse-1"


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.login == b"hello" and data.password == PASSWORD.encode()
    return AuthResult(success=good, handled=False)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, made here and trusted nowhere."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "wasl test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


Serve = Callable[..., Awaitable[int]]
Make = Callable[..., "Sender"]


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


SignedIn = Callable[[str], Awaitable["Sender"]]


@pytest.fixture
def signed_in(serve: Serve, smtp: Make, tls: ssl.SSLContext, certificate: Path) -> SignedIn:
    """Makes a sender that signs in to a server that demands it."""

    async def make(password: str) -> "Sender":
        port = await serve(authenticator=authenticate, auth_required=True, tls_context=tls, require_starttls=True)
        return smtp(port, security="starttls", ca_file=certificate, username="hello", password=password)

    return make


def read(envelope: Envelope) -> EmailMessage:
    raw = cast("bytes", envelope.original_content)
    return cast("EmailMessage", message_from_bytes(raw, policy=policy.default))


@pytest.mark.parametrize("pipelining", [True, False])
async def test_an_arabic_mail_arrives_as_it_was_written(inbox: "Inbox", serve: Serve, smtp: Make, pipelining: bool) -> None:
    inbox.pipelining = pipelining
    sender = smtp(await serve())

    receipt = await sender.send()

    message = read(inbox.mails[0])
    assert isinstance(receipt, Receipt)
    assert receipt.provider_ref == "A1"
    assert (inbox.mails[0].mail_from, inbox.mails[0].rcpt_tos) == ("hello@acme.example", ["ann@example.com"])
    assert message["Subject"] == "طلبك في الطريق"
    assert message["From"].addresses[0].display_name == "أكمي"
    assert [cast("EmailMessage", part).get_content() for part in message.iter_parts()] == ["مرحبا", "<p dir='rtl'>مرحبا</p>"]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("end", ["\n.\n", "\r.\r", "\r\n.\r\n", "\n.\r\n", "\r\n.\n", "\r\n.\r", "\r\n..\r\n"])
async def test_a_body_that_tries_to_end_the_mail_arrives_as_text(
    inbox: "Inbox", serve: Serve, smtp: Make, end: str, pipelining: bool
) -> None:
    inbox.pipelining = pipelining
    sender = smtp(await serve())
    smuggled = f".before{end}MAIL FROM:<evil@x.example>\r\nRCPT TO:<b@c.example>\r\nDATA\r\nSubject: evil{end}"

    await sender.send(text=smuggled)
    await sender.send(text="the next one")

    first, second = (read(envelope) for envelope in inbox.mails)
    expected = smuggled.replace("\r\n", "\n").replace("\r", "\n")
    body = cast("EmailMessage", next(first.iter_parts())).get_content()
    assert body.replace("\r\n", "\n") == expected
    assert cast("EmailMessage", next(second.iter_parts())).get_content() == "the next one"


@pytest.mark.parametrize("pipelining", [True, False])
async def test_starttls_secures_the_mail(
    inbox: "Inbox", serve: Serve, smtp: Make, tls: ssl.SSLContext, certificate: Path, pipelining: bool
) -> None:
    inbox.pipelining = pipelining
    sender = smtp(await serve(tls_context=tls, require_starttls=True), security="starttls", ca_file=certificate)

    await sender.send()
    await sender.send()

    assert inbox.secure == [True, True]


async def test_tls_secures_the_connection_from_its_start(
    inbox: "Inbox", serve: Serve, smtp: Make, tls: ssl.SSLContext, certificate: Path
) -> None:
    sender = smtp(await serve(tls), security="tls", ca_file=certificate)

    await sender.send()

    assert inbox.secure == [True]


async def test_starttls_that_is_not_offered_sends_nothing(inbox: "Inbox", serve: Serve, smtp: Make) -> None:
    sender = smtp(await serve(), security="starttls")

    found = await sender.send()

    assert isinstance(found, Rejected)
    assert (found.scope, found.code) == ("provider", "not_offered")
    assert inbox.mails == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_that_nobody_vouches_for_sends_nothing(
    inbox: "Inbox", serve: Serve, smtp: Make, tls: ssl.SSLContext, security: str
) -> None:
    port = await (serve(tls) if security == "tls" else serve(tls_context=tls))
    sender = smtp(port, security=security)

    found = await sender.send()

    assert isinstance(found, Rejected)
    assert (found.scope, found.code) == ("provider", "certificate")
    assert inbox.mails == []


async def test_tls_to_a_server_that_speaks_none_is_unavailable(serve: Serve, smtp: Make) -> None:
    sender = smtp(await serve(), security="tls", timeout_seconds=0.2)

    found = await sender.send()

    assert isinstance(found, Unavailable)


async def test_a_file_that_holds_no_certificate_pauses_the_provider(serve: Serve, smtp: Make, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    sender = smtp(await serve(), security="tls", ca_file=tmp_path / "empty.pem")

    found = await sender.send()

    assert isinstance(found, Rejected)
    assert (found.scope, found.code) == ("provider", "ca_file")


async def test_signing_in_over_starttls_reaches_the_inbox(inbox: "Inbox", signed_in: SignedIn) -> None:
    sender = await signed_in(PASSWORD)

    await sender.send()

    assert len(inbox.mails) == 1


async def test_a_refused_sign_in_pauses_the_provider(inbox: "Inbox", signed_in: SignedIn) -> None:
    sender = await signed_in("wrong")

    found = await sender.send()

    assert isinstance(found, Rejected)
    assert (found.reason, found.scope, found.code) == ("provider_misconfigured", "provider", "535/5.7.8")
    assert inbox.mails == []


async def test_an_international_mailbox_is_reached(inbox: "Inbox", serve: Serve, smtp: Make) -> None:
    sender = smtp(await serve())

    await sender.send(to="بريد@مثال.example")

    assert inbox.mails[0].rcpt_tos == ["بريد@xn--mgbh0fb.example"]

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtplib import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from plugins.smtp.tests.returning import MAILBOXES, SECRET
from tests.databases import rows
from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl.mailbox.port import receiving
from wasl.registry import read
from wasl_contracts import Content, Message, Recipient
from wasl_contracts.conformance.smtp_fake import SmtpFake


@dataclass
class Postroom:
    """A gateway that sends mails by SMTP, and its own port for what comes back."""

    gateway: Gateway
    port: int
    smarthost: SmtpFake

    async def sent(self, **fields: Any) -> tuple[MessageSeen, str]:
        """A message that went out, and where its bounces go."""
        given = {"to": Recipient(id="u_1", email="ann@example.com"), "topic": "news", "content": Content(title="News", body="Hello")}
        accepted = await self.gateway.accept(Message.model_validate({**given, **fields}))
        return await self.gateway.wait(accepted.id, timeout=20), self.smarthost.sent[-1].sender

    def header(self, name: str) -> str:
        """A header of the mail that went out last."""
        head = self.smarthost.sent[-1].data.partition(b"\r\n\r\n")[0].decode()
        return next(line.partition(": ")[2] for line in head.split("\r\n") if line.startswith(f"{name}: "))

    async def bring(self, to: str, mail: bytes) -> tuple[int, str]:
        """Bring a mail as another server does; what was answered to it."""
        async with SMTP(hostname="127.0.0.1", port=self.port, start_tls=False) as smtp:
            await smtp.mail("")
            await smtp.rcpt(to)
            return tuple(await smtp.data(mail))  # type: ignore[return-value]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return rows(self.gateway.config.database, sql)


def certificate() -> bytes:
    """A certificate with its key, trusted nowhere."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "in.acme.example")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
    pem = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    return pem + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def mailbox() -> str:
    """More of the section; a test may have its own."""
    return ""


@pytest.fixture
async def postroom(folder: Path, database: str, brisk: None, mailbox: str) -> AsyncIterator[Postroom]:
    async with AsyncExitStack() as stack:
        smarthost = stack.enter_context(SmtpFake(lambda _: "250 2.0.0 queued as A1", {}))
        if "certificate" in mailbox:
            (folder / "tls.pem").write_bytes(certificate())
        named = "\n".join(f'{name} = "{value}"' for name, value in MAILBOXES.items())
        (folder / "wasl.toml").write_text(
            f"""database = "{database}"
[server]
public_url = "https://messages.acme.example"
[mailbox]
listen = "127.0.0.1:0"
domains = ["in.acme.example"]
{mailbox.format(folder=folder)}
[providers.mail]
plugin = "smtp"
host = "127.0.0.1"
port = {smarthost.port}
sender = "Acme <hello@acme.example>"
inbound_secret = "{SECRET}"
{named}
[topics.news]
category = "service"
""",
            encoding="utf-8",
        )
        gateway = await stack.enter_async_context(Gateway(read(folder / "wasl.toml", {})))
        port = await stack.enter_async_context(receiving(gateway))
        assert port is not None
        yield Postroom(gateway, port, smarthost)

"""A small, correct SMTP provider, one connection a mail, keeps the contract; test_the_kit_catches.py changes it in one place each."""

import asyncio
import re
from email.message import EmailMessage
from email.policy import SMTP
from typing import ClassVar

from pydantic import SecretStr

from wasl_contracts import (
    Address,
    AddressKind,
    Capabilities,
    Delivery,
    HttpSession,
    Mail,
    ProviderError,
    ProviderSpec,
    Reason,
    Receipt,
    Rejected,
    Unavailable,
    Unknown,
)
from wasl_contracts.conformance import SmtpContract
from wasl_contracts.handing import handing_over
from wasl_contracts.model import Frozen


class Settings(Frozen):
    host: str
    port: int
    password: SecretStr | None = None
    timeout_seconds: float = 5


class SmallMailer:
    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="small-mailer",
        channel="email",
        format="mail",
        addresses=(AddressKind(kind="email", pattern=r"[a-z.]+@[a-z.]+"),),
        settings=Settings,
        capabilities=Capabilities(attachments=True),
    )

    def __init__(self, settings: Settings, http: HttpSession) -> None:
        self._settings = settings

    async def send(self, delivery: Delivery) -> Receipt:
        dotted, mail = False, self._mail(delivery)
        handing_over(mail)
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                reader, writer = await asyncio.open_connection(self._settings.host, self._settings.port)
                try:
                    await self._envelope(reader, writer, delivery.address.value)
                    writer.write(re.sub(rb"(?m)^\.", b"..", mail) + b"\r\n.\r\n")
                    dotted = True
                    reply = await _reply(reader)
                finally:
                    writer.close()
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            raise (Unknown() if dotted else Unavailable()) from None
        if reply[0] not in "245":
            raise Unknown(reply[:3])
        _judge(reply)
        return Receipt(provider_ref=reply.rsplit(" ", 1)[-1])

    def wire(self, delivery: Delivery) -> bytes:
        return self._mail(delivery)

    async def close(self) -> None:
        pass

    async def _envelope(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: str) -> None:
        _judge(await _reply(reader))
        verbs = ["EHLO small.example", "MAIL FROM:<a@small.example>", f"RCPT TO:<{to}>", "DATA"]
        if self._settings.password:
            verbs.insert(1, "AUTH PLAIN " + self._settings.password.get_secret_value())
        for verb in verbs:
            writer.write(f"{verb}\r\n".encode())
            _judge(await _reply(reader))

    def _mail(self, delivery: Delivery) -> bytes:
        assert isinstance(delivery.content, Mail)
        mail = EmailMessage(policy=SMTP)
        mail["Subject"], mail["X-Attempt"] = delivery.content.subject, delivery.attempt_id
        mail.set_content(delivery.content.text)
        for file in delivery.attachments:
            mail.add_attachment(file.content, *file.media_type.split("/"), filename=file.name)
        return mail.as_bytes()


async def _reply(reader: asyncio.StreamReader) -> str:
    while (line := (await reader.readuntil(b"\n")).decode())[3:4] == "-":
        pass
    return line.strip()


def _judge(reply: str) -> None:
    if not (error := _error(reply)):
        return
    raise error


def _error(reply: str) -> ProviderError | None:
    code = reply[:9]
    if reply[0] in "23":
        return None
    if reply[0] == "4":
        return Unavailable(code=code)
    if reply.startswith("535"):
        return Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", code)
    if " 5.1." in reply:
        return Rejected(Reason.INVALID_ADDRESS, "address", code)
    return Rejected(Reason.CONTENT_REJECTED, "content", code)


class TestSmallMailer(SmtpContract):
    provider = SmallMailer
    address = Address(channel="email", kind="email", value="ann@example.com")
    settings: ClassVar = {"host": "x", "port": 1}
    credentials: ClassVar = {"password": "mailer-secret-1"}

"""The contract kit over the SMTP provider."""

from typing import ClassVar

from wasl_contracts import Address
from wasl_contracts.conformance import SmtpContract
from wasl_smtp import Smtp


class TestSmtp(SmtpContract):
    provider = Smtp
    settings: ClassVar[dict[str, object]] = {"host": "127.0.0.1", "port": 2525, "sender": "Acme <hello@acme.example>"}
    address = Address(channel="email", kind="email", value="ann@example.com")
    credentials: ClassVar[dict[str, object]] = {"username": "hello@acme.example", "password": "correct-horse-1"}

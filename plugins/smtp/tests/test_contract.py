"""The contract kit over the SMTP provider."""

from dataclasses import replace
from typing import ClassVar

from plugins.smtp.tests.returning import SETTINGS, complaint, postfix, reply, settings
from wasl_contracts import Address, Callback, EventKind
from wasl_contracts.conformance import SmtpContract
from wasl_contracts.conformance.callback_checks import AT
from wasl_smtp import Smtp
from wasl_smtp.proofs import proofs_of

_REPORTED = {
    "deferred": ("delayed", "4.4.1"),
    "delivered": ("delivered", "2.0.0"),
    "sent": ("relayed", "2.0.0"),
    "bounced": ("failed", "5.1.1"),
}


class TestSmtp(SmtpContract):
    provider = Smtp
    settings: ClassVar[dict[str, object]] = SETTINGS
    address = Address(channel="email", kind="email", value="ann@example.com")
    credentials: ClassVar[dict[str, object]] = {"username": "hello@acme.example", "password": "correct-horse-1"}
    covers_body = False  # the proof is the address that a mail comes to
    window = None

    def report(self, kind: EventKind, attempt_id: str, ref: str, event_id: str) -> Callback | None:
        if kind in _REPORTED:
            body = postfix("PLACE", *_REPORTED[kind], name=event_id)
        elif kind == "complained":
            body = complaint("PLACE", name=event_id)
        elif kind == "replied":
            body = reply("PLACE", name=event_id)
        else:
            return None
        return Callback("POST", "https://messages.acme.example/hooks/mail", {"Wanted": attempt_id}, body, AT)

    def sign(self, callback: Callback, *, forged: bool = False) -> Callback:
        secret = {"inbound_secret": "another secret of 32 characters or more"} if forged else {}
        delivery = self.delivery().model_copy(update={"attempt_id": callback.headers["Wanted"]})
        proofs = proofs_of(settings(**secret))
        assert proofs is not None
        place = proofs.address("bounces@in.acme.example", delivery)
        return replace(callback, headers={"X-Original-To": place}, body=callback.body.replace(b"PLACE", place.encode()))

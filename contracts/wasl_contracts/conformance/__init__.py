"""The contract kit: subclass `ProviderContract` (HTTP), `SocketContract` or `SmtpContract` in your tests. See README.md."""

from wasl_contracts.conformance.callback_checks import AT, CallbackChecks
from wasl_contracts.conformance.carriage_checks import CarriageChecks
from wasl_contracts.conformance.conduct_checks import ConductChecks
from wasl_contracts.conformance.finding_checks import FindingChecks
from wasl_contracts.conformance.http_checks import HttpChecks
from wasl_contracts.conformance.smtp_checks import SmtpChecks
from wasl_contracts.conformance.smtp_fake import Mailed
from wasl_contracts.conformance.socket_checks import SocketChecks
from wasl_contracts.conformance.socket_fake import Heard
from wasl_contracts.conformance.spec_checks import SpecChecks
from wasl_contracts.conformance.wire import Ending, Request, Response
from wasl_contracts.conformance.wire_checks import WireChecks

__all__ = ["AT", "Ending", "Heard", "Mailed", "ProviderContract", "Request", "Response", "SmtpContract", "SocketContract"]


class ProviderContract(SpecChecks, CarriageChecks, ConductChecks, HttpChecks, FindingChecks, WireChecks, CallbackChecks):
    """Everything that a provider which is called by HTTP must hold.

    A subclass gives `provider`, `settings`, `address`, `ref` and `success()`; where the provider differs from the table of statuses,
    `outcomes`; where it has `find`, `found()` and `missing()`; where it has `parse`, what
    `CallbackChecks` says. With `networked = False` only what needs no network is checked.
    """


class SmtpContract(SpecChecks, CarriageChecks, ConductChecks, SmtpChecks, WireChecks, CallbackChecks):
    """Everything that a provider which speaks SMTP must hold.

    A subclass gives `provider`, `settings` and `address`; `impatient` and `credentials` where its settings are named otherwise.
    """


class SocketContract(SpecChecks, CarriageChecks, ConductChecks, SocketChecks, WireChecks, CallbackChecks):
    """Everything that a provider which speaks a protocol of its own over TCP must hold.

    A subclass gives `provider`, `settings`, `address`, `ref`, `success()` and what else `SocketChecks` says.
    """

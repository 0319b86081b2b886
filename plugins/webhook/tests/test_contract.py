"""The plugin against the contract kit."""

from typing import ClassVar

from wasl_contracts import Address
from wasl_contracts.conformance import ProviderContract
from wasl_webhook import Webhook


class TestWebhook(ProviderContract):
    """Each receiver is a server of its own: its redirect or refusal must not pause the provider for all the others."""

    provider = Webhook
    settings: ClassVar = {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    address = Address(channel="webhook", kind="url", value="https://hooks.example.com/in?shop=7")
    outcomes: ClassVar = {410: "rejected:address", **dict.fromkeys((301, 302, 303, 307, 308, 401, 402, 403, 407), "rejected:content")}

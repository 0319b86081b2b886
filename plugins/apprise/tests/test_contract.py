"""The plugin against the contract kit, with a service of Apprise's that keeps what it gets in memory."""

from typing import ClassVar

import pytest
from pydantic import SecretStr

from wasl_apprise import Apprise, services
from wasl_contracts import Address
from wasl_contracts.conformance import ProviderContract


@pytest.fixture(autouse=True, scope="module")
def in_memory() -> None:
    services.understood(SecretStr("json://localhost"))  # imports Apprise as the plugin does
    from apprise.decorators import notify

    notify(on="waslkit")(lambda body, title, notify_type, **others: True)  # type: ignore[no-untyped-call]  # Apprise is not typed


class TestApprise(ProviderContract):
    provider = Apprise
    settings: ClassVar = {"services": {"ops": "waslkit://secret-token-1"}}
    address = Address(channel="chat", kind="apprise_service", value="ops")
    networked = False

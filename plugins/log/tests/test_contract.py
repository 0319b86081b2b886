"""The plugin against the contract kit."""

from wasl_contracts import Address
from wasl_contracts.conformance import ProviderContract
from wasl_log import Log


class TestLog(ProviderContract):
    provider = Log
    address = Address(channel="log", kind="any", value="ann@example.com")
    networked = False

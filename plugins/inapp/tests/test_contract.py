"""The plugin against the contract kit."""

from wasl_contracts import Address
from wasl_contracts.conformance import ProviderContract
from wasl_inapp import InApp


class TestInApp(ProviderContract):
    provider = InApp
    address = Address(channel="inapp", kind="inapp", value="u_42-of-acme")
    networked = False

"""Addresses and networks as wasl.toml has them."""

from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise PydanticCustomError("bad_network", "is not an address or a network; write it like 10.0.0.0/8 or 127.0.0.1") from None


NetworkText = Annotated[str, AfterValidator(_network)]
"""A network, in its usual form: `10.0.0.0/8`."""

"""What `[server]` of wasl.toml may say: where the HTTP faces listen, and how people reach them."""

from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, ByteSize, Field
from pydantic_core import PydanticCustomError

from wasl_contracts.duration import Duration
from wasl_contracts.model import Frozen


def _public_url(url: str) -> str:
    bad = PydanticCustomError("bad_public_url", "should be an https URL without query, like https://messages.acme.example")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise bad from None
    if not host or parts.query or parts.fragment or parts.username is not None or not url.isprintable() or " " in url:
        raise bad
    if parts.scheme != "https" and not (parts.scheme == "http" and _loopback(host)):
        raise bad
    return url.rstrip("/")


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise PydanticCustomError("bad_network", "is not an address or a network; write it like 10.0.0.0/8 or 127.0.0.1") from None


class Server(Frozen):
    """`[server]`: where the HTTP faces listen, and what a request may cost. `hosts` are the names they answer to; empty means any.

    `public_url` is under which recipients reach them: the preference page is at `{public_url}/u/…`, and mail programs call it only
    over https (RFC 8058). `proxies` are the addresses or networks of reverse proxies whose X-Forwarded-For is believed.
    """

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65_535)
    body_limit: ByteSize = ByteSize(1024 * 1024)
    header_timeout: Duration = timedelta(seconds=10)
    body_timeout: Duration = timedelta(seconds=30)
    hosts: tuple[str, ...] = ()
    public_url: Annotated[str, AfterValidator(_public_url)] | None = None
    proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = ()

"""What `[server]` of wasl.toml may say: where the HTTP faces listen, and how people reach them."""

import re
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

import idna
from pydantic import AfterValidator, ByteSize, Field
from pydantic_core import PydanticCustomError

from wasl.config.networks import NetworkText
from wasl_contracts.duration import Duration
from wasl_contracts.model import Frozen

_PLAIN_HOST = re.compile(r"[A-Za-z0-9._-]+")
_IN_A_PATH = "/%:@!$&'()*+,;=~-._"  # RFC 3986 section 3.3


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
    port = f":{parts.port}" if parts.port is not None else ""
    return f"{parts.scheme}://{_ascii_host(host, bad)}{port}{quote(parts.path, safe=_IN_A_PATH)}".rstrip("/")


def _ascii_host(host: str, bad: PydanticCustomError) -> str:
    """As links name it, which go into headers too: in punycode (IDNA 2008)."""
    if ":" in host:
        return f"[{host}]"
    try:
        return host if _PLAIN_HOST.fullmatch(host) else idna.encode(host, uts46=True).decode()
    except UnicodeError:
        raise bad from None


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Server(Frozen):
    """`[server]`: where the HTTP faces listen, and what a request may cost. `hosts` are the names they answer to; empty means any.

    `public_url` is under which recipients reach them: the preference page is at `{public_url}/u/…`, and mail programs call it only
    over https (RFC 8058). `proxies` are the addresses or networks of reverse proxies whose X-Forwarded-For is believed. `metrics` tells who
    may read /metrics: from elsewhere than this machine only with an API key, or everybody.
    """

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65_535)
    body_limit: ByteSize = ByteSize(1024 * 1024)
    header_timeout: Duration = timedelta(seconds=10)
    body_timeout: Duration = timedelta(seconds=30)
    hosts: tuple[str, ...] = ()
    public_url: Annotated[str, AfterValidator(_public_url)] | None = None
    proxies: tuple[NetworkText, ...] = ()
    metrics: Literal["key", "open"] = "key"

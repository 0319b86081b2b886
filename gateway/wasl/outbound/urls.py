"""Which URLs are asked at all, told by their spelling alone; where a name leads is seen when it is connected to."""

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import idna
from yarl import URL

from wasl.outbound.faults import BadUrl, BlockedAddress, Loop
from wasl.outbound.reach import Reach

_LONGEST = 2048
_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[^/?#@:\[\]%]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?(?P<rest>[/?][^#]*)?", re.I)
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")  # a name that ends so is read as an IPv4 address, by systems and by the URL Standard
_LOCAL = re.compile(r"(?:.*\.)?(?:localhost|local|internal|intranet|lan|corp|home|private|home\.arpa)")
_METADATA = re.compile(r"(?:metadata|instance-data)(?:\..*)?")


def checked(text: str, reach: Reach) -> URL:
    """The URL, with its host in ASCII and its IPv4 address in the usual form.

    Names of local networks are let through where networks are allowed; whether they lead there is seen when they are connected to.

    Raises:
        BadUrl, BlockedAddress, Loop.
    """
    match = _URL.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or not text.isprintable() or not {" ", "\\"}.isdisjoint(text):
        raise BadUrl("is not a URL that is fetched; write https://host/path, without a password, a fragment, spaces or backslashes")
    scheme, rest = match["scheme"].lower(), match["rest"] or "/"
    port = int(match["port"] or (443 if scheme == "https" else 80))
    if scheme == "http" and not reach.http:
        raise BadUrl("must begin with https://")
    if port not in reach.ports:
        raise BadUrl(f"has a port that is not used; there are: {', '.join(map(str, sorted(reach.ports)))}")
    host = _host(match["host"], reach)
    return URL(f"{scheme}://{host}:{port}{rest}", encoded=rest.isascii())


def _host(written: str, reach: Reach) -> str:
    """The host as it is connected to."""
    if written.startswith("["):
        return f"[{_reachable(_ipv6(written[1:-1]), reach)}]"
    name = _ascii(written).rstrip(".")
    if _NUMBER.fullmatch(name.rsplit(".", 1)[-1]):
        return str(_reachable(_ipv4(name), reach))
    if not _NAME.fullmatch(name):
        raise BadUrl("has a host that cannot exist")
    if name in reach.own:
        raise Loop
    if _METADATA.fullmatch(name) or (not reach.allowed and ("." not in name or _LOCAL.fullmatch(name))):
        raise BlockedAddress
    return name


def _ascii(name: str) -> str:
    if name.isascii():
        return name.lower()
    try:
        return idna.encode(name, uts46=True).decode()  # it makes digits of all the digits that Unicode has, as resolvers do
    except idna.IDNAError:
        raise BadUrl("has a host that cannot exist") from None


def _ipv6(text: str) -> IPv6Address:
    try:
        return IPv6Address(text)
    except ValueError:
        raise BadUrl("has a host that cannot exist") from None


def _ipv4(name: str) -> IPv4Address:
    try:
        return IPv4Address(socket.inet_aton(name))  # 127.1, 0x7f000001, 2130706433, 0177.0.0.1
    except OSError:
        raise BadUrl("has a host that cannot exist") from None


def _reachable(address: IPv4Address | IPv6Address, reach: Reach) -> IPv4Address | IPv6Address:
    if not reach.has(ip_address(address)):
        raise BlockedAddress
    if str(address) in reach.own:
        raise Loop
    return address

"""Which hosts are not public, as far as their spelling tells."""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa")
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))  # RFC 6052, RFC 8215


def is_private(host: str) -> bool:
    """Whether a host is a local name or an address that is not public, in any spelling that the system's resolver takes.

    It does not resolve names: a public name that leads to a private address is not found out here.
    """
    name = host.lower().rstrip(".")
    address = _literal(name)
    if address is None:
        return not name or name.rsplit(".", 1)[-1] in _LOCAL_NAMES or name.endswith(".home.arpa")
    if isinstance(address, IPv6Address):
        # Addresses that carry an IPv4 one inside: only the mapped form is ever a public host's own.
        if address.sixtofour or address.teredo or any(address in network for network in _NAT64):
            return True
        address = address.ipv4_mapped or address
    return address.is_multicast or not address.is_global


def _literal(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(name))  # 127.1, 0x7f000001, 2130706433, 0177.0.0.1
    except OSError:
        return None

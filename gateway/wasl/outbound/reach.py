"""Which addresses may be reached: public ones, and networks that the operator names.

Own lists of the IANA special-purpose registries (RFC 6890, as of 2026), because `ipaddress.is_global` takes NAT64 and 6to4 forms of
private addresses, multicast and more for public ones.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Network = IPv4Network | IPv6Network

_NOT_PUBLIC = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier-grade NAT
            "127.0.0.0/8",
            "168.63.129.16/32",  # public, but every machine in Azure reaches its host there
            "169.254.0.0/16",  # link-local, and the metadata services of clouds
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocol assignments, and the metadata service of one cloud
            "192.0.2.0/24",  # documentation, as the next two
            "198.51.100.0/24",
            "203.0.113.0/24",
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",
            "198.18.0.0/15",  # benchmarks
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # without it: NAT64, unique local, link-local, site-local, multicast, SRv6, the unspecified
_NOT_PUBLIC_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
            "2001:db8::/32",  # documentation, as the last
            "2002::/16",  # 6to4
            "3fff::/20",
        ),
    )
)
_PORTS = frozenset({443, 80, 8443})


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be reached. `allowed` are networks beside the public ones, `http` allows it without TLS, `own` are the hosts of wasl."""

    allowed: tuple[Network, ...] = ()
    http: bool = False
    ports: frozenset[int] = _PORTS
    own: frozenset[str] = frozenset()

    def has(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether it may be connected to."""
        if isinstance(address, IPv6Address):
            address = address.ipv4_mapped or address  # the system connects to the address inside
        return _public(address) or any(address in network for network in self.allowed)


def _public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC)
    return address in _GLOBAL_UNICAST and not any(address in network for network in _NOT_PUBLIC_6)

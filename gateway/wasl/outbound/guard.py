"""The last thing before a connection: the socket for an address, whatever name led to it."""

import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from wasl.outbound.faults import BlockedAddress
from wasl.outbound.reach import Reach


def guard(reach: Reach) -> Callable[[tuple[Any, ...]], socket.socket]:
    """The `socket_factory` of a connector that connects only where it may; it raises BlockedAddress.

    The connector must try one address after the other (`happy_eyeballs_delay=None`): tried at the same time, one that is blocked would
    be passed over like one that is down.
    """

    def guarded(found: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, place = found
        if not reach.has(ip_address(str(place[0]).partition("%")[0])):
            raise BlockedAddress
        return socket.socket(family, kind, protocol)

    return guarded

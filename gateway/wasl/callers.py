"""Whence a request comes, and how many from there are answered in a minute."""

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import web

from wasl.errors import WaslError

_MINUTE = 60.0
_MOST_KEYS = 10_000
_Ip = IPv4Address | IPv6Address


class TooMany(WaslError):
    """More requests than anybody makes by hand."""

    status = 429
    code = "rate_limited"
    retryable = True
    suggested_action = "Wait a minute, then try again."


class PerMinute:
    """At most so many a minute for each key. It remembers 10,000 keys; the one that was new longest ago is forgotten first."""

    def __init__(self, most: int, now: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._now = now
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def count(self, key: str) -> None:
        """One more; raises TooMany where it is one too many."""
        now = self._now()
        began, count = self._counts.get(key, (now, 0))
        if now - began >= _MINUTE:
            del self._counts[key]
            began, count = now, 0
        self._counts[key] = began, count + 1
        if len(self._counts) > _MOST_KEYS:
            self._counts.popitem(last=False)
        if count >= self._most:
            raise TooMany("There were too many requests within a minute.")


def caller(request: web.Request, proxies: tuple[str, ...]) -> str | None:
    """The IP address that a request comes from: of the proxies that are believed, the last one's word (X-Forwarded-For)."""
    found = _ip(request.remote or "")
    hops = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",") if proxies else []
    while found is not None and hops and _believed(found, proxies):
        hop = _ip(hops.pop().strip())
        if hop is None:
            break
        found = hop
    return str(found) if found is not None else None


def network(ip: str | None) -> str:
    """What stands for one caller: an IPv4 address, or the 64 bits of IPv6 that one household has to itself (RFC 6177)."""
    found = _ip(ip or "")
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else str(found)


def _ip(text: str) -> _Ip | None:
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _believed(ip: _Ip, proxies: tuple[str, ...]) -> bool:
    return any(ip in one for one in _networks(proxies))


@lru_cache(maxsize=8)
def _networks(proxies: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(map(ip_network, proxies))

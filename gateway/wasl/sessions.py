"""The sessions that plugins call their providers by: one for all, and a guarded one for those that are given URLs."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from ipaddress import ip_network
from urllib.parse import urlsplit

import aiohttp

from wasl.carriage import WaryConnector, WatchedSession
from wasl.config import Config
from wasl.outbound import GuardedSession, Reach, guard
from wasl.registry import Specs, open_providers
from wasl_contracts.provider import HttpSession, Provider

# The hard limit of a call is the provider's timeout; here only connecting is limited, which proves that nothing was sent.
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5)


class Sessions:
    """Open sessions; `stack` closes them. The pools have a connection for each place, so that a slow provider starves no other."""

    def __init__(self, specs: Specs, places: Mapping[str, int], reach: Reach) -> None:
        self._specs = specs
        self._places = places
        self._reach = reach

    async def open(self, stack: AsyncExitStack) -> None:
        """Open both."""
        connector = WaryConnector(limit=max(1, sum(self._places.values())), ttl_dns_cache=300, keepalive_timeout=60)
        plain = aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT, trust_env=False)
        self._plain = await stack.enter_async_context(plain)
        given = sum(places for name, places in self._places.items() if self._specs[name].capabilities.given_urls)
        wary = WaryConnector(limit=max(1, given), keepalive_timeout=60, socket_factory=guard(self._reach), happy_eyeballs_delay=None)
        self._guarded = await stack.enter_async_context(
            aiohttp.ClientSession(
                connector=wary, timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False
            )
        )

    def of(self, provider: str) -> HttpSession:
        """The session of a provider, by its name in wasl.toml."""
        if not self._specs[provider].capabilities.given_urls:
            return WatchedSession(self._plain)
        configured = getattr(self._specs.settings[provider], "base_url", None)
        return WatchedSession(GuardedSession(self._guarded, self._reach, self._plain, configured))


def reach_of(config: Config) -> Reach:
    """Where URLs may lead that come from outside, as `[outbound]` says; the server itself is not among it."""
    told, own = config.outbound, {host.lower() for host in config.server.hosts}
    if config.server.public_url is not None:
        own.add(urlsplit(config.server.public_url).hostname or "")
    return Reach(tuple(map(ip_network, told.allow)), told.http, frozenset(told.ports), frozenset(own))


async def opened_providers(specs: Specs, stack: AsyncExitStack) -> Mapping[str, Provider]:
    """All providers, open, each on its session; `stack` closes them."""
    sessions = Sessions(specs, {name: specs.concurrency(name) for name in specs.plugins}, reach_of(specs.config))
    await sessions.open(stack)
    providers = await open_providers(specs.config, specs, sessions.of)
    for provider in providers.values():
        stack.push_async_callback(provider.close)
    return providers

"""Putting a gateway together from its configuration: providers, ledger, pipeline and, where this process may send, the worker."""

import hashlib
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

import aiohttp

from wasl.acceptance import Drafting
from wasl.addresses import Addresses
from wasl.carriage import WatchedSession
from wasl.clock import Clock
from wasl.config import Config
from wasl.content.templates import Templates
from wasl.deciding import Deciding
from wasl.errors import Unusable
from wasl.keys import KeyRing, open_ring
from wasl.ledger.ledger import Ledger
from wasl.ledger.sqlite import Sqlite
from wasl.pinned import Pinned
from wasl.pipeline import Pipeline
from wasl.planning import PAUSE, Carriers
from wasl.registry import Specs, open_providers
from wasl.retry import Aftermath
from wasl.routing import Routing
from wasl.slots import Slots
from wasl.worker import Worker
from wasl_contracts import Address

_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class World:
    """What is outside: the time, chance and the environment. Injected, so that tests need neither wait nor luck."""

    clock: Clock
    random: Random
    environ: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Assembly:
    """The parts of an open gateway. `worker` is None where this process is not to send."""

    config: Config
    ring: KeyRing
    ledger: Ledger
    drafting: Drafting
    addresses: Addresses
    worker: Worker | None


async def assemble(specs: Specs, world: World, stack: AsyncExitStack, *, worker: bool) -> Assembly:
    """Open everything; `stack` closes it again, in reverse.

    Raises:
        Unusable: the database or the key ring cannot be used.
        ConfigMistakes: a provider cannot be opened.
        TemplateMistakes: a template is wrong.
    """
    config = specs.config
    templates = Templates.load(config.templates, config.locale)
    path = database_path(config)
    store = await Sqlite.open(path)
    stack.push_async_callback(store.close)
    ring = open_ring(path.with_name(f"{path.name}.keys"), world.environ, create=not await store.keyed())
    routing = Routing(config.channels, {name: specs[name] for name in specs.plugins})
    ledger = Ledger(store, ring, routing, world.clock)
    stack.push_async_callback(ledger.drained)
    await ledger.check_keys()
    version = await _keep_config(config, ledger)

    def address_hash(address: Address) -> str:
        return ledger.address_hash(address.kind, address.value)

    addresses = _addresses(specs)
    drafting = Drafting(config, version, addresses, templates, address_hash)
    sender = None
    if worker:
        carriers = await _carriers(specs, stack)
        aftermath = Aftermath(config.retry, world.random, PAUSE)
        pipeline = Pipeline(
            ledger=ledger,
            deciding=Deciding(routing, address_hash),
            pinned=Pinned(templates, ledger),
            carriers=carriers,
            aftermath=aftermath,
            clock=world.clock,
        )
        sender = Worker(ledger, pipeline, carriers.slots, config.channels, world.clock)
        carriers.slots.on_freed(sender.wake)
        await sender.start()
        stack.push_async_callback(sender.stop)
    return Assembly(config, ring, ledger, drafting, addresses, sender)


def database_path(config: Config) -> Path:
    """The SQLite file of a configuration; a relative one lies beside wasl.toml.

    Raises:
        Unusable: it names another engine, or no file.
    """
    if not config.database.startswith(_SQLITE) or len(config.database) == len(_SQLITE):
        raise Unusable('This version of wasl keeps its ledger in SQLite only; write database = "sqlite:///wasl.db" in wasl.toml.')
    return Path(config.source.file).parent / config.database.removeprefix(_SQLITE)


async def _carriers(specs: Specs, stack: AsyncExitStack) -> Carriers:
    """The providers, open on one session; the pool has a connection for each place, so that a slow provider starves no other."""
    places = {name: specs.concurrency(name) for name in specs.plugins}
    connector = aiohttp.TCPConnector(limit=max(1, sum(places.values())), ttl_dns_cache=300, keepalive_timeout=60)
    # The hard limit of a call is the provider's timeout; here only connecting is limited, which proves that nothing was sent.
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
    session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False))
    providers = await open_providers(specs.config, specs, WatchedSession(session))
    for provider in providers.values():
        stack.push_async_callback(provider.close)
    return Carriers(providers, specs, Slots(places))


def _addresses(specs: Specs) -> Addresses:
    kinds = [(specs[name].channel, kind) for name in specs.plugins for kind in specs[name].addresses]
    return Addresses(kinds, specs.config.country)


async def _keep_config(config: Config, ledger: Ledger) -> str:
    """Store the configuration by its version, so that decisions can name the one that judged. It holds no secrets."""
    text = config.model_dump_json()
    version = hashlib.sha256(text.encode()).hexdigest()[:32]
    await ledger.put_source({"version": version, "kind": "config", "name": "wasl.toml", "locale": "", "text": text})
    return version

"""Putting a gateway together from its configuration: providers, ledger, pipeline and, where this process may send, the worker."""

import hashlib
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from ipaddress import ip_network
from random import Random
from urllib.parse import urlsplit

import aiohttp

from wasl.acceptance import Drafting
from wasl.addresses import Addresses
from wasl.brands.brands import Brands
from wasl.breaker import Breaker
from wasl.carriage import WaryConnector, WatchedSession
from wasl.clock import Clock
from wasl.config import Config
from wasl.content.promotion import Promotion
from wasl.content.templates import Templates
from wasl.deciding import Deciding
from wasl.explaining import Explaining, Scene
from wasl.files.enclosing import Enclosing
from wasl.imprint import Imprint, Software
from wasl.keys import KeyRing, open_ring
from wasl.lasting import watched
from wasl.ledger.ledger import Ledger
from wasl.ledger.opening import key_file, keyed, open_store
from wasl.ledger.providers import Providers
from wasl.ledger.rows import SourceRow
from wasl.opting_out import OptOut
from wasl.outbound import Outbound, Reach
from wasl.pinned import Pinned, brand_row, brands_of
from wasl.pipeline import Pipeline
from wasl.planning import Carriers
from wasl.policies import Policies
from wasl.registry import Specs, open_providers
from wasl.reloading import Reloading, reloading, seen
from wasl.retry import Aftermath
from wasl.routing import Routing
from wasl.showing.previewing import Previewing
from wasl.showing.rerendering import Rerendering
from wasl.showing.wires import Wires
from wasl.slots import Slots
from wasl.standing import PAUSE, Standings
from wasl.watch import Watch
from wasl.worker import Worker
from wasl.writing import Writing
from wasl_contracts import Address
from wasl_contracts.content import Format


@dataclass(frozen=True, slots=True)
class World:
    """What is outside: the time, chance and the environment. Injected, so that tests need neither wait nor luck."""

    clock: Clock
    random: Random
    environ: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """What this process is for: whether it may send, and whether on a database that a power cut may set back.

    `after_restore`: the database was restored from a backup, so all that waits in it is held first. `watchdog`: the process ends itself
    where its event loop hangs.
    """

    worker: bool = True
    unsafe_durability: bool = False
    after_restore: bool = False
    watchdog: bool = False


@dataclass(frozen=True, slots=True)
class Assembly:
    """The parts of an open gateway. `durability` is ok, or says what a power cut may cost; `worker` is None where this is not to send.

    `held` is how many deliveries were held because the database was restored; None where it was not.
    """

    config: Config
    brands: Brands
    durability: str
    ring: KeyRing
    opt_out: OptOut
    ledger: Ledger
    drafting: Drafting
    addresses: Addresses
    providers: Providers
    explaining: Explaining
    enclosing: Enclosing
    previewing: Previewing
    rerendering: Rerendering
    pinned: Pinned
    reloading: Reloading
    worker: Worker | None
    held: int | None = None


async def assemble(specs: Specs, world: World, stack: AsyncExitStack, part: Part) -> Assembly:
    """Open everything; `stack` closes it again, in reverse.

    Raises:
        Unusable: the database or the key ring cannot be used.
        ConfigMistakes: a provider cannot be opened.
        TemplateMistakes, BrandMistakes: a template or a brand is wrong.
    """
    config = specs.config
    files, templates, brands = seen(config), Templates.load(config.templates, config.locale, config.timezone), brands_of(config)
    routing = Routing(config.channels, {name: specs[name] for name in specs.plugins}, specs.brands, brands.names)
    policies = Policies(config)
    store = await open_store(config, unsafe_durability=part.unsafe_durability)
    stack.push_async_callback(store.close)
    ring = open_ring(key_file(config), world.environ, create=not await keyed(store))
    ledger = await _opened(Ledger(store, ring, routing, policies, world.clock), stack)
    version, pinned, opt_out = await _keep(config, brands, ledger), Pinned(templates, brands, ledger), OptOut(config, ring)
    held = await ledger.hold_all() if part.after_restore else None

    def address_hash(address: Address) -> str:
        return ledger.address_hash(address.kind, address.value)

    addresses, enclosing = _addresses(specs), await _enclosing(config, ledger, stack)
    drafting = Drafting(config, version, addresses, templates, address_hash, brands=brands, promotion=promotion_of(specs))
    shared = Providers(store, config.brand, ledger.clock, {name: specs[name].channel for name in specs.plugins}, brands.names)
    deciding, writing = Deciding(routing, policies, address_hash), Writing(pinned, opt_out)
    explaining, previewing, rerendering = _foretelling(
        Scene(specs, ledger, drafting, deciding, shared, writing, enclosing, version), opt_out, ring, stack
    )
    if part.watchdog:
        stack.enter_context(watched(config.worker.hang_after))
    sender = None
    if part.worker:
        carriers = await _carriers(specs, shared, ledger.clock, stack)
        pipeline = Pipeline(
            ledger=ledger,
            deciding=deciding,
            writing=writing,
            carriers=carriers,
            aftermath=Aftermath(config.retry, world.random, PAUSE),
            clock=ledger.clock,
            version=version,
            imprint=Imprint(ring, await _keep_software(specs, ledger)),
        )
        sender = await _started(Worker(ledger, pipeline, carriers.slots, routing), carriers.slots, ledger, stack)
    durability, fresh = await store.weakness() or "ok", await _kept_fresh(reloading(config, files, pinned, ledger), stack)
    return Assembly(
        config, brands, durability, ring, opt_out, ledger, drafting, addresses, shared, explaining, enclosing, previewing,
        rerendering, pinned, fresh, sender, held,
    )  # fmt: skip


def _foretelling(scene: Scene, opt_out: OptOut, ring: KeyRing, stack: AsyncExitStack) -> tuple[Explaining, Previewing, Rerendering]:
    """What tells of messages without sending them."""
    explaining, wires = Explaining(scene), Wires(scene.specs)
    stack.push_async_callback(wires.close)
    return explaining, Previewing(scene, explaining, wires), Rerendering(scene, opt_out, ring, wires)


async def _kept_fresh(reloading: Reloading, stack: AsyncExitStack) -> Reloading:
    await reloading.start()
    stack.push_async_callback(reloading.close)
    return reloading


def promotion_of(specs: Specs) -> Promotion:
    """The rules for promotional messages, and which formats a brand's messages may take on a channel."""

    def formats(channel: str, brand: str) -> frozenset[Format]:
        serving = [name for name in specs.config.channels.get(channel, ()) if brand in (specs.brands[name] or (brand,))]
        return frozenset(specs[name].format for name in serving)

    return Promotion(specs.config, formats)


async def _enclosing(config: Config, ledger: Ledger, stack: AsyncExitStack) -> Enclosing:
    told, own = config.outbound, {host.lower() for host in config.server.hosts}
    if config.server.public_url is not None:
        own.add(urlsplit(config.server.public_url).hostname or "")
    reach = Reach(tuple(map(ip_network, told.allow)), told.http, frozenset(told.ports), frozenset(own))
    outbound = await stack.enter_async_context(Outbound(reach))
    return Enclosing(ledger.files, outbound, reach, config.files.keep, ledger.clock)


async def _opened(ledger: Ledger, stack: AsyncExitStack) -> Ledger:
    stack.push_async_callback(ledger.drained)
    await ledger.check_keys()
    return ledger


async def _started(sender: Worker, slots: Slots, ledger: Ledger, stack: AsyncExitStack) -> Worker:
    slots.on_freed(sender.wake)
    await ledger.listen(sender.wake)
    await sender.start()
    stack.push_async_callback(sender.stop)
    return sender


async def _carriers(specs: Specs, shared: Providers, clock: Clock, stack: AsyncExitStack) -> Carriers:
    """The providers, open on one session; the pool has a connection for each place, so that a slow provider starves no other."""
    places = {name: specs.concurrency(name) for name in specs.plugins}
    connector = WaryConnector(limit=max(1, sum(places.values())), ttl_dns_cache=300, keepalive_timeout=60)
    # The hard limit of a call is the provider's timeout; here only connecting is limited, which proves that nothing was sent.
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
    session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False))
    providers = await open_providers(specs.config, specs, WatchedSession(session))
    for provider in providers.values():
        stack.push_async_callback(provider.close)
    slots = Slots(places, Standings(places), {name: rate for name in places if (rate := specs.rate(name))})
    breakers = {name: Breaker() for name in places if specs.breaker(name)}
    watch = Watch(shared, slots, breakers, clock)
    await watch.start()
    stack.push_async_callback(watch.close)
    return Carriers(providers, specs, slots, watch)


def _addresses(specs: Specs) -> Addresses:
    kinds = [(specs[name].channel, kind) for name in specs.plugins for kind in specs[name].addresses]
    return Addresses(kinds, specs.config.country)


async def _keep_software(specs: Specs, ledger: Ledger) -> str:
    """Store by what messages are made, so that they can be made again or it can be told what has changed; returns its version."""
    row = Software.of(specs).row()
    await ledger.put_sources([row])
    return row["version"]


async def _keep(config: Config, brands: Brands, ledger: Ledger) -> str:
    """Store the configuration by its version, so that decisions can name the one that judged, and so the brands. They hold no secrets."""
    text = config.model_dump_json()
    version = hashlib.sha256(text.encode()).hexdigest()[:32]
    configured: SourceRow = {"version": version, "kind": "config", "name": "wasl.toml", "locale": "", "text": text}
    await ledger.put_sources([configured, *(brand_row(brands.find(name)) for name in brands.names)])
    return version

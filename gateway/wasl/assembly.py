"""Putting a gateway together from its configuration: providers, ledger, pipeline and, where this process may send, the worker."""

import hashlib
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random

from wasl.acceptance import Drafting
from wasl.addresses import Addresses, Urls
from wasl.brands.brands import Brands
from wasl.breaker import Breaker
from wasl.clock import Clock
from wasl.config import Config
from wasl.content.promotion import Promotion
from wasl.content.templates import Templates
from wasl.counters import Counters
from wasl.deciding import Deciding
from wasl.escalation import Escalating
from wasl.explaining import Explaining, Scene
from wasl.feed.listeners import Listeners
from wasl.files.enclosing import Enclosing
from wasl.imprint import Imprint, Software
from wasl.inbox.inboxes import Inboxes, inboxes
from wasl.keys import KeyRing, open_ring
from wasl.lasting import watched
from wasl.ledger.ledger import Ledger
from wasl.ledger.opening import key_file, keyed, open_store
from wasl.ledger.providers import Providers
from wasl.ledger.rows import SourceRow
from wasl.ledger.store import Store
from wasl.ledger.tracked import TrackedCalls
from wasl.measuring import Measured, Measuring
from wasl.opting_out import OptOut
from wasl.outbound import Outbound
from wasl.pinned import Pinned, brand_row, brands_of
from wasl.pipeline import Pipeline
from wasl.planning import Carriers
from wasl.policies import Policies
from wasl.receipts.overdue import Overdue, expected
from wasl.receipts.receipts import Receipts, Surroundings, receipts
from wasl.receipts.sweeping import Sweeping
from wasl.registry import Specs
from wasl.reloading import Reloading, reloading, seen
from wasl.retry import Aftermath
from wasl.routing import Routing
from wasl.sessions import opened_providers, reach_of
from wasl.showing.previewing import Previewing
from wasl.showing.rerendering import Rerendering
from wasl.showing.wires import Wires
from wasl.slots import Slots
from wasl.standing import PAUSE, Standings
from wasl.tracking.marking import Marking
from wasl.tracking.visits import Visits
from wasl.watch import Watch
from wasl.webhooks.dispatching import POSTS, Dispatching
from wasl.webhooks.posting import Posting
from wasl.worker import Worker
from wasl.writing import Writing
from wasl_contracts import Address, Provider
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
    listeners: Listeners
    posting: Posting
    receipts: Receipts
    inboxes: Inboxes
    visits: Visits
    measuring: Measuring
    worker: Worker | None
    held: int | None = None


async def assemble(specs: Specs, world: World, stack: AsyncExitStack, part: Part) -> Assembly:
    """Open everything; `stack` closes it again, in reverse.

    Raises:
        Unusable: the database or the key ring cannot be used.
        ConfigMistakes: a provider cannot be opened.
        TemplateMistakes, BrandMistakes: a template or a brand is wrong.
    """
    config, policies = specs.config, Policies(specs.config)
    files, templates, brands = seen(config), Templates.load(config.templates, config.locale, config.timezone), brands_of(config)
    routing = Routing(config.channels, {name: specs[name] for name in specs.plugins}, specs.brands, brands.names)
    store = await open_store(config, unsafe_durability=part.unsafe_durability)
    stack.push_async_callback(store.close)
    ring = open_ring(key_file(config), world.environ, create=not await keyed(store))
    ledger = await _opened(Ledger(store, ring, routing, policies, world.clock), config, stack)
    version, pinned, opt_out = await _keep(config, brands, ledger), Pinned(templates, brands, ledger), OptOut(config, ring)
    held = await ledger.hold_all() if part.after_restore else None

    def address_hash(address: Address) -> str:
        return ledger.address_hash(address.kind, address.value)

    addresses, enclosing = _addresses(specs), await _enclosing(config, ledger, stack)
    drafting = Drafting(config, version, addresses, templates, address_hash, brands=brands, promotion=promotion_of(specs))
    shared = Providers(store, config.brand, ledger.clock, {name: specs[name].channel for name in specs.plugins}, brands.names)
    deciding, escalating, counters = Deciding(routing, policies, address_hash), Escalating(routing), Counters()
    writing = Writing(pinned, opt_out, Marking(config, ring))
    explaining, previewing, rerendering = _foretelling(
        Scene(specs, ledger, drafting, deciding, shared, writing, enclosing, escalating, version), opt_out, ring, stack
    )
    if part.watchdog:
        stack.enter_context(watched(config.worker.hang_after))
    sender, posting = None, Posting(await stack.enter_async_context(Outbound(reach_of(config), connections=POSTS)), ledger.clock)
    carriers: Carriers | None = None
    if part.worker:
        carriers = await _carriers(specs, shared, ledger.clock, stack, counters)
        pipeline = Pipeline(
            ledger=ledger,
            deciding=deciding,
            writing=writing,
            carriers=carriers,
            aftermath=Aftermath(config.retry, world.random, PAUSE),
            clock=ledger.clock,
            version=version,
            imprint=Imprint(ring, await _keep_software(specs, ledger)),
            escalating=escalating,
        )
        sender = await _started(
            Worker(ledger, pipeline, carriers.slots, routing),
            Dispatching(ledger, posting, brands.names, world.random),
            carriers.slots,
            ledger,
            stack,
        )
    told = await _receipts(Surroundings(specs, store, ledger, ring, addresses, policies, brands.names), carriers, stack)
    durability, fresh = await store.weakness() or "ok", await _kept_fresh(reloading(config, files, pinned, ledger), stack)
    return Assembly(
        config, brands, durability, ring, opt_out, ledger, drafting, addresses, shared, explaining, enclosing, previewing,
        rerendering, pinned, fresh, _listeners(config, ledger, stack), posting, told, inboxes(config, ledger, told.callbacks, ring, stack),
        await _visits(ring, store, told, stack), _measuring(config, counters, ledger, shared, told), sender, held,
    )  # fmt: skip


def _foretelling(scene: Scene, opt_out: OptOut, ring: KeyRing, stack: AsyncExitStack) -> tuple[Explaining, Previewing, Rerendering]:
    """What tells of messages without sending them."""
    explaining, wires = Explaining(scene), Wires(scene.specs)
    stack.push_async_callback(wires.close)
    return explaining, Previewing(scene, explaining, wires), Rerendering(scene, opt_out, ring, wires)


def _listeners(config: Config, ledger: Ledger, stack: AsyncExitStack) -> Listeners:
    listeners = Listeners(ledger.feed, config.feed.listeners)
    stack.push_async_callback(listeners.close)
    return listeners


async def _receipts(around: Surroundings, carriers: Carriers | None, stack: AsyncExitStack) -> Receipts:
    """What takes callbacks in: with the providers that send here, else with some that are opened for the first one."""
    own = await stack.enter_async_context(AsyncExitStack())

    async def opening() -> Mapping[str, Provider]:
        return carriers.providers if carriers is not None else await opened_providers(around.specs, own)

    made = receipts(around, opening)
    stack.push_async_callback(made.callbacks.drained)
    if carriers is not None:
        waited_for = expected(around.specs, filter(carriers.reports, around.specs.plugins), around.brands)
        for task in (Sweeping(made.callbacks), Overdue(around.ledger.confirmations, waited_for, carriers.counters)):
            task.start()
            stack.push_async_callback(task.close)
    return made


def _measuring(config: Config, counters: Counters, ledger: Ledger, shared: Providers, told: Receipts) -> Measuring:
    return Measuring(counters, Measured(ledger.measures, shared, ledger.confirmations, told.kept, config.channels))


async def _visits(ring: KeyRing, store: Store, told: Receipts, stack: AsyncExitStack) -> Visits:
    visits = Visits(ring, TrackedCalls(store, ring), told.callbacks)
    stack.push_async_callback(visits.close)
    return visits


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
    reach = reach_of(config)
    outbound = await stack.enter_async_context(Outbound(reach))
    return Enclosing(ledger.files, outbound, reach, config.files.keep, ledger.clock)


async def _opened(ledger: Ledger, config: Config, stack: AsyncExitStack) -> Ledger:
    stack.push_async_callback(ledger.drained)
    await ledger.check_keys()
    await ledger.feed.open(config.feed.keep)
    return ledger


async def _started(sender: Worker, dispatching: Dispatching, slots: Slots, ledger: Ledger, stack: AsyncExitStack) -> Worker:
    slots.on_freed(sender.wake)
    await ledger.listen(sender.wake)
    await sender.start()
    stack.push_async_callback(sender.stop)
    dispatching.start(lambda: sender.sends)
    stack.push_async_callback(dispatching.close)
    return sender


async def _carriers(specs: Specs, shared: Providers, clock: Clock, stack: AsyncExitStack, counters: Counters) -> Carriers:
    places = {name: specs.concurrency(name) for name in specs.plugins}
    providers = await opened_providers(specs, stack)
    slots = Slots(places, Standings(places), {name: rate for name in places if (rate := specs.rate(name))})
    breakers = {name: Breaker() for name in places if specs.breaker(name)}
    watch = Watch(shared, slots, breakers, clock)
    await watch.start()
    stack.push_async_callback(watch.close)
    return Carriers(providers, specs, slots, watch, counters)


def _addresses(specs: Specs) -> Addresses:
    kinds = [(specs[name].channel, kind) for name in specs.plugins for kind in specs[name].addresses]
    given = (specs[name].addresses for name in specs.plugins if specs[name].capabilities.given_urls)
    urls = Urls(frozenset(kind.kind for served in given for kind in served), reach_of(specs.config))
    return Addresses(kinds, specs.config.country, urls)


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

"""The parts of a gateway, each as it is opened; `stack` closes what must be closed. assembly.py says in which order."""

import hashlib
from collections.abc import Mapping
from contextlib import AsyncExitStack

from wasl.addresses import Addresses, Urls
from wasl.brands.brands import Brands
from wasl.breaker import Breaker
from wasl.catching_up import CatchingUp
from wasl.clock import Clock
from wasl.config import Config
from wasl.content.promotion import Formats, Promotion
from wasl.counters import Counters
from wasl.explaining import Explaining, Scene
from wasl.exports.sources import Sources
from wasl.exports.writing import WritingOut
from wasl.feed.listeners import Listeners
from wasl.files.enclosing import Enclosing
from wasl.imprint import Software
from wasl.keys import KeyRing
from wasl.ledger.ledger import Ledger
from wasl.ledger.providers import Providers
from wasl.ledger.rows import SourceRow
from wasl.ledger.store import Store
from wasl.ledger.tracked import TrackedCalls
from wasl.measuring import Measured, Measuring
from wasl.oidc import Party, redirect_uri
from wasl.opting_out import OptOut
from wasl.outbound import Outbound
from wasl.pinned import brand_row
from wasl.planning import Carriers
from wasl.receipts.overdue import Overdue, expected
from wasl.receipts.receipts import Receipts, Surroundings, receipts
from wasl.receipts.sweeping import Sweeping
from wasl.registry import Specs
from wasl.reloading import Reloading
from wasl.sessions import opened_providers, reach_of
from wasl.showing.previewing import Previewing
from wasl.showing.rerendering import Rerendering
from wasl.showing.wires import Wires
from wasl.slots import Slots
from wasl.standing import Standings
from wasl.tracking.visits import Visits
from wasl.watch import Watch
from wasl.webhooks.dispatching import Dispatching
from wasl.witnessing import Witnessing
from wasl.worker import Worker
from wasl_contracts import Provider
from wasl_contracts.content import Format


def foretelling(scene: Scene, opt_out: OptOut, ring: KeyRing, stack: AsyncExitStack) -> tuple[Explaining, Previewing, Rerendering]:
    """What tells of messages without sending them."""
    explaining, wires = Explaining(scene), Wires(scene.specs)
    stack.push_async_callback(wires.close)
    return explaining, Previewing(scene, explaining, wires), Rerendering(scene, opt_out, ring, wires)


def listeners_of(config: Config, ledger: Ledger, stack: AsyncExitStack) -> Listeners:
    """Those who follow the feed."""
    listeners = Listeners(ledger.feed, config.feed.listeners)
    stack.push_async_callback(listeners.close)
    return listeners


async def receipts_in(around: Surroundings, carriers: Carriers | None, stack: AsyncExitStack) -> Receipts:
    """What takes callbacks in: with the providers that send here, else with some that are opened for the first one."""
    own = await stack.enter_async_context(AsyncExitStack())

    async def opening() -> Mapping[str, Provider]:
        return carriers.providers if carriers is not None else await opened_providers(around.specs, own)

    made = receipts(around, opening)
    stack.push_async_callback(made.intake.drained)
    if carriers is not None:
        waited_for = expected(around.specs, filter(carriers.reports, around.specs.plugins), around.brands)
        for task in (Sweeping(made.callbacks), Overdue(around.ledger.confirmations, waited_for, carriers.counters), *_beside(around)):
            task.start()
            stack.push_async_callback(task.close)
    return made


def _beside(around: Surroundings) -> tuple[Witnessing, CatchingUp]:
    """What goes on beside the worker for people who look: the audit's newest entry is witnessed, reports and addresses are read on."""
    return Witnessing(around.ledger.audit, around.keys), CatchingUp(around.ledger.tallying, around.ledger.owners, around.brands)


def measuring(config: Config, counters: Counters, ledger: Ledger, shared: Providers, told: Receipts) -> Measuring:
    """What `/metrics` tells."""
    return Measuring(counters, Measured(ledger.measures, shared, ledger.confirmations, told.kept, config.channels))


def exports_written(ledger: Ledger, ring: KeyRing, addresses: Addresses, stack: AsyncExitStack, *, beside: bool) -> WritingOut:
    """What writes exports: in the background too where it is `beside` a worker, else the small ones alone, as they are asked for."""
    written = WritingOut(ledger.exports, Sources(ledger, ring, addresses), ledger.low)
    if beside:
        written.start()
    stack.push_async_callback(written.close)
    return written


def party_of(config: Config, ring: KeyRing, clock: Clock) -> Party | None:
    """What signs the console's users in by single sign-on; None where that is not configured."""
    told = config.console.oidc
    return None if told is None else Party(told, redirect_uri(told, config.server.public_url), ring, clock)


async def visits(ring: KeyRing, store: Store, told: Receipts, stack: AsyncExitStack) -> Visits:
    """What opens and clicks of tracked mails come to."""
    visits = Visits(ring, TrackedCalls(store, ring), told.callbacks)
    stack.push_async_callback(visits.close)
    return visits


async def kept_fresh(reloading: Reloading, stack: AsyncExitStack) -> Reloading:
    """Templates and brands, read again when their files change."""
    await reloading.start()
    stack.push_async_callback(reloading.close)
    return reloading


def promotion_of(specs: Specs) -> Promotion:
    """The rules for promotional messages, and which formats a brand's messages may take on a channel."""
    return Promotion(specs.config, formats_of(specs))


def formats_of(specs: Specs) -> Formats:
    """What formats a brand's messages may take on a channel."""

    def formats(channel: str, brand: str) -> frozenset[Format]:
        serving = [name for name in specs.config.channels.get(channel, ()) if brand in (specs.brands[name] or (brand,))]
        return frozenset(specs[name].format for name in serving)

    return formats


async def enclosing_of(config: Config, ledger: Ledger, stack: AsyncExitStack) -> Enclosing:
    """What takes attachments in."""
    reach = reach_of(config)
    outbound = await stack.enter_async_context(Outbound(reach))
    return Enclosing(ledger.files, outbound, reach, config.files.keep, ledger.clock)


async def opened(ledger: Ledger, config: Config, stack: AsyncExitStack) -> Ledger:
    """The ledger, after its keys were checked."""
    stack.push_async_callback(ledger.drained)
    await ledger.check_keys()
    await ledger.feed.open(config.feed.keep)
    return ledger


async def started(sender: Worker, dispatching: Dispatching, slots: Slots, ledger: Ledger, stack: AsyncExitStack) -> Worker:
    """The worker, and webhooks out beside it."""
    slots.on_freed(sender.wake)
    await ledger.listen(sender.wake)
    await sender.start()
    stack.push_async_callback(sender.stop)
    dispatching.start(lambda: sender.sends)
    stack.push_async_callback(dispatching.close)
    return sender


async def carriers_of(specs: Specs, shared: Providers, clock: Clock, stack: AsyncExitStack, counters: Counters) -> Carriers:
    """The providers, open, with their places, breakers and what all workers know of them."""
    places = {name: specs.concurrency(name) for name in specs.plugins}
    providers = await opened_providers(specs, stack)
    slots = Slots(places, Standings(places), {name: rate for name in places if (rate := specs.rate(name))})
    breakers = {name: Breaker() for name in places if specs.breaker(name)}
    watch = Watch(shared, slots, breakers, clock)
    await watch.start()
    stack.push_async_callback(watch.close)
    return Carriers(providers, specs, slots, watch, counters)


def addresses_of(specs: Specs) -> Addresses:
    """The kinds of addresses that these providers serve."""
    kinds = [(specs[name].channel, kind) for name in specs.plugins for kind in specs[name].addresses]
    given = (specs[name].addresses for name in specs.plugins if specs[name].capabilities.given_urls)
    urls = Urls(frozenset(kind.kind for served in given for kind in served), reach_of(specs.config))
    return Addresses(kinds, specs.config.country, urls)


async def keep_software(specs: Specs, ledger: Ledger) -> str:
    """Store by what messages are made, so that they can be made again or it can be told what has changed; returns its version."""
    row = Software.of(specs).row()
    await ledger.put_sources([row])
    return row["version"]


async def keep(config: Config, brands: Brands, ledger: Ledger) -> str:
    """Store the configuration by its version, so that decisions can name the one that judged, and so the brands. They hold no secrets."""
    text = config.model_dump_json()
    version = hashlib.sha256(text.encode()).hexdigest()[:32]
    configured: SourceRow = {"version": version, "kind": "config", "name": "wasl.toml", "locale": "", "text": text}
    await ledger.put_sources([configured, *(brand_row(brands.find(name)) for name in brands.names)])
    return version

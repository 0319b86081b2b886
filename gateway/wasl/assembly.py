"""Putting a gateway together from its configuration: providers, ledger, pipeline and, where this process may send, the worker."""

from collections.abc import Mapping
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass
from random import Random

from wasl.acceptance import Drafting
from wasl.addresses import Addresses
from wasl.brands.brands import Brands
from wasl.clock import Clock
from wasl.config import Config
from wasl.content.templates import Templates
from wasl.counters import Counters
from wasl.deciding import Deciding
from wasl.escalation import Escalating
from wasl.explaining import Explaining, Scene
from wasl.exports.writing import WritingOut
from wasl.feed.listeners import Listeners
from wasl.files.enclosing import Enclosing
from wasl.ids import MESSAGE_IDS, MessageIds
from wasl.imprint import Imprint
from wasl.inbox.inboxes import Inboxes, inboxes
from wasl.keys import KeyRing, open_ring
from wasl.lasting import watched
from wasl.ledger.ledger import Ledger
from wasl.ledger.opening import key_file, keyed, open_store
from wasl.ledger.providers import Providers
from wasl.measuring import Measuring
from wasl.oidc import Party
from wasl.opting_out import OptOut
from wasl.outbound import Outbound
from wasl.parts import (
    addresses_of,
    carriers_of,
    enclosing_of,
    exports_written,
    foretelling,
    keep,
    keep_software,
    kept_fresh,
    listeners_of,
    measuring,
    opened,
    party_of,
    promotion_of,
    receipts_in,
    started,
    visits,
)
from wasl.pinned import Pinned, brands_of
from wasl.pipeline import Pipeline
from wasl.planning import Carriers
from wasl.policies import Policies
from wasl.receipts.receipts import Receipts, Surroundings
from wasl.registry import Specs
from wasl.reloading import Reloading, reloading, seen
from wasl.retry import Aftermath
from wasl.routing import Routing
from wasl.sessions import reach_of
from wasl.showing.previewing import Previewing
from wasl.showing.rerendering import Rerendering
from wasl.standing import PAUSE
from wasl.tracking.marking import Marking
from wasl.tracking.visits import Visits
from wasl.webhooks.dispatching import POSTS, Dispatching
from wasl.webhooks.posting import Posting
from wasl.worker import Worker
from wasl.writing import Writing


@dataclass(frozen=True, slots=True)
class World:
    """What is outside: the time, chance and the environment. Injected, so that tests need neither wait nor luck."""

    clock: Clock
    random: Random
    environ: Mapping[str, str]
    ids: MessageIds = MESSAGE_IDS


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
    exports: WritingOut
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
    party: Party | None
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
    ledger = await opened(Ledger(store, ring, routing, policies, world.clock), config, stack)
    version, pinned, opt_out = await keep(config, brands, ledger), Pinned(templates, brands, ledger), OptOut(config, ring)
    held = await ledger.hold_all() if part.after_restore else None
    addresses, enclosing = addresses_of(specs), await enclosing_of(config, ledger, stack)
    drafting = Drafting(
        config, version, addresses, templates, ledger.address_hash, brands=brands, promotion=promotion_of(specs), ids=world.ids
    )
    shared = Providers(store, config.brand, ledger.clock, {name: specs[name].channel for name in specs.plugins}, brands.names)
    deciding, escalating, counters = Deciding(routing, policies, ledger.address_hash), Escalating(routing), Counters()
    writing = Writing(pinned, opt_out, Marking(config, ring))
    explaining, previewing, rerendering = foretelling(
        Scene(specs, ledger, drafting, deciding, shared, writing, enclosing, escalating, version), opt_out, ring, stack
    )
    stack.enter_context(watched(config.worker.hang_after) if part.watchdog else nullcontext())
    sender, posting = None, Posting(await stack.enter_async_context(Outbound(reach_of(config), connections=POSTS)), ledger.clock)
    carriers: Carriers | None = None
    if part.worker:
        carriers = await carriers_of(specs, shared, ledger.clock, stack, counters)
        pipeline = Pipeline(
            ledger=ledger,
            deciding=deciding,
            writing=writing,
            carriers=carriers,
            aftermath=Aftermath(config.retry, world.random, PAUSE),
            clock=ledger.clock,
            version=version,
            imprint=Imprint(ring, await keep_software(specs, ledger)),
            escalating=escalating,
        )
        sender = await started(
            Worker(ledger, pipeline, carriers.slots, routing),
            Dispatching(ledger, posting, brands.names, world.random),
            carriers.slots,
            ledger,
            stack,
        )
    told = await receipts_in(Surroundings(specs, store, ledger, ring, addresses, policies, brands.names), carriers, stack)
    durability, fresh = await store.weakness() or "ok", await kept_fresh(reloading(config, files, pinned, ledger), stack)
    return Assembly(
        config, brands, durability, ring, opt_out, ledger, drafting, addresses, shared, explaining, enclosing,
        exports_written(ledger, ring, addresses, stack, beside=carriers is not None), previewing, rerendering, pinned, fresh,
        listeners_of(config, ledger, stack), posting, told,
        inboxes(config, ledger, told.callbacks, ring, stack), await visits(ring, store, told, stack),
        measuring(config, counters, ledger, shared, told), party_of(config, ring, ledger.clock), sender, held,
    )  # fmt: skip

"""All of it in one object, as a gateway has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wasl.addresses import Addresses
from wasl.callback_seen import CallbackPage, CallbacksRead, CallbackState
from wasl.clock import moment
from wasl.keys import KeyRing
from wasl.ledger.applying import Applying
from wasl.ledger.callback_list import CallbackList, Unread
from wasl.ledger.callbacks import Arrival, Callbacks
from wasl.ledger.ledger import Ledger
from wasl.ledger.matching import Serving
from wasl.ledger.report_effects import Effects, Terms
from wasl.ledger.store import Store
from wasl.policies import Policies
from wasl.receipts.intake import Intake
from wasl.receipts.latest import Latest
from wasl.receipts.reading import Reading
from wasl.receipts.sealing import opened
from wasl.receipts.sources import Opening, Sources
from wasl.registry import Specs
from wasl_contracts import Category

_BATCH = 100


class Surroundings(NamedTuple):
    """What it stands on."""

    specs: Specs
    store: Store
    ledger: Ledger
    keys: KeyRing
    addresses: Addresses
    policies: Policies
    brands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Receipts:
    """What providers tell: `intake` takes it in, `kept` lists it."""

    intake: Intake
    kept: CallbackList
    callbacks: Callbacks
    sources: Sources

    async def page(
        self, brand: str, providers: Sequence[str], state: CallbackState | None, *, limit: int, cursor: str | None
    ) -> CallbackPage:
        """See CallbackList.page."""
        return await self.kept.page(brand, providers, state, limit=limit, cursor=cursor)

    async def reread(self) -> CallbacksRead:
        """Read again all that was not understood, as a newer plugin may, and match again all that matched nothing."""
        understood = left = 0
        after = ""
        while batch := await self.kept.unread(after, _BATCH):
            for unread in batch:
                done = await self._reread(unread)
                understood, left, after = understood + done, left + (not done), unread.id
        return CallbacksRead(understood=understood, left=left, matching=await self.callbacks.match_all())

    async def _reread(self, unread: Unread) -> bool:
        source = await self.sources.of(unread.provider)
        if source is None:
            return False
        callback = opened(self.intake.keys, unread.provider, unread.id, unread.raw, moment(unread.at))
        reports = await self.intake.reread(source, unread.provider, callback)
        if reports is None:
            return False
        key = reports[0].key if reports else unread.key
        await self.callbacks.reread(unread, Arrival(unread.id, unread.provider, unread.at, unread.raw, key, tuple(reports)))
        return True


def receipts(around: Surroundings, opening: Opening) -> Receipts:
    """All of it. `opening` gives the open providers, when the first callback comes."""
    config, store, keys, clock = around.specs.config, around.store, around.keys, around.ledger.clock
    consent = around.policies.consent

    def optional(topic: str, category: Category) -> bool:
        return consent.topic_rule(topic, category) != "required"

    serving = Serving(around.brands, {name: served for name, served in around.specs.brands.items() if served})
    effects = Effects(keys, around.ledger.consents, Terms(optional, frozenset(config.channels)))
    callbacks = Callbacks(store, keys, clock, serving, Applying(effects, budgets=bool(around.policies.budgets.all)))
    kept, sources = CallbackList(store, keys), Sources(around.specs.plugins, opening)
    reading, latest = Reading(config, around.addresses, keys), Latest(kept, around.ledger.owners, serving)
    return Receipts(Intake(callbacks, reading, sources, latest, clock), kept, callbacks, sources)

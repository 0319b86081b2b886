"""What a gateway does with what providers tell. Gateway has these verbs too."""

from datetime import datetime

from wasl.branded import Branded
from wasl.callback_seen import CallbackPage, CallbacksRead, ListedCallbacks
from wasl.overview import serves
from wasl.receipts.counts import Counts
from wasl.receipts.intake import Taken
from wasl.registry import Specs
from wasl.tracking.machines import Visit
from wasl_contracts import Callback


class Receiving(Branded):
    """The verbs of callbacks."""

    _specs: Specs

    @property
    def callback_counts(self) -> Counts:
        """How many came in this process, by provider and what became of them."""
        return self._open.receipts.intake.counts

    def received_at(self) -> datetime:
        """The moment to say that a callback came: by the clock that its signature's age is measured with."""
        return self._open.ledger.clock.now()

    def reads_callbacks(self, provider: str) -> bool:
        """Whether there is a provider of that name which reads callbacks."""
        return self._open.receipts.sources.reads(provider)

    async def take_callback(self, provider: str, callback: Callback) -> Taken:
        """Prove, keep and apply a provider's callback; on disk when it returns.

        Raises:
            NotFound: there is no provider of that name that reads callbacks.
            Forged: it does not prove that it comes from the provider.
            LedgerUnavailable, StorageLow: nothing was kept, so the provider is to send it again.
        """
        return await self._open.receipts.intake.take(provider, callback)

    async def mail_for(self, address: str) -> str | None:
        """The provider that gave this address to a mail of its own, so that it takes what comes there; None: nobody did."""
        return await self._open.receipts.sources.making(address)

    async def opened(self, token: str, visit: Visit | None) -> bool:
        """Note that a tracked mail was shown; False where the token of its picture is none of ours. `visit` is None: nobody looked."""
        return await self._open.visits.opened(token, visit)

    async def clicked(self, token: str, visit: Visit | None) -> str | None:
        """Note that a link of a tracked mail was followed; where it leads, None where its token is none of ours."""
        return await self._open.visits.clicked(token, visit)

    async def callbacks(self, wanted: ListedCallbacks | None = None, *, limit: int = 50, cursor: str | None = None) -> CallbackPage:
        """What providers told, newest first: of this brand's messages, and what nobody knows of which it tells.

        Raises:
            Refused: the cursor was not given out here.
        """
        wanted = wanted or ListedCallbacks()
        known = [name for name in self._specs.plugins if serves(self._specs, name, self.brand) and wanted.provider in (None, name)]
        return await self._open.receipts.page(self.brand, known, wanted.state, limit=limit, cursor=cursor)

    async def reread_callbacks(self) -> CallbacksRead:
        """Read again what was not understood, as a plugin may that was updated since, and match again what matched nothing."""
        return await self._open.receipts.reread()

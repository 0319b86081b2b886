"""What is asked of the audit, and what is written there beside the ledger's own acts. Gateway has these verbs too."""

from collections.abc import Iterable
from dataclasses import replace

from wasl.audited import Action, AuditFilters, AuditPage, Entry, Fact, Finding, Verified, Witness
from wasl.branded import Branded
from wasl.errors import Problem, Refused
from wasl.ledger.audit_chain import witness_lines
from wasl.witnessing import genuine, signed

_LARGEST_PAGE = 1000


class Auditing(Branded):
    """The verbs of the audit, which is one for all brands of the database."""

    async def audit(self, action: Action, about: str = "", *, brand: str | None = None, **facts: Fact) -> None:
        """Write down what is about to be done where wasl does not do it by itself: on disk when it returns, so do it then.

        Who does it and why is said by `by`. What looks like an address in a fact is masked.
        """
        await self.record(replace(self._entry(action, about, **facts), brand=self.brand if brand is None else brand))

    async def record(self, *entries: Entry) -> None:
        """As `audit`, for entries that are built already."""
        await self._open.ledger.audit.record(entries)

    async def audited(self, filters: AuditFilters | None = None, *, limit: int = 50, cursor: str | None = None) -> AuditPage:
        """Entries that fit, newest first; seen as a brand, only its own.

        Raises:
            Refused: the cursor was not given out for these filters.
        """
        if not 1 <= limit <= _LARGEST_PAGE:
            raise Refused([Problem(pointer="/limit", code="out_of_range", message=f"must be from 1 to {_LARGEST_PAGE}")])
        wanted = filters or AuditFilters()
        if self.seen_as is not None:
            wanted = wanted.model_copy(update={"brands": (self.seen_as,)})
        return await self._open.ledger.audit.page(wanted, limit=limit, cursor=cursor)

    async def verify_audit(self, log: Iterable[str] = ()) -> Verified:
        """Check that no entry was changed, removed or moved; with the lines of a log, also against every signed head that is in it.

        Without these, an audit whose end was cut off, or that was written anew as a whole, cannot be told from a true one.
        """
        told = tuple(dict.fromkeys(witness_lines(log)))
        true = [one for one in told if genuine(self._open.ring, one)]
        found = await self._open.ledger.audit.verify(true)
        forged = tuple(_forged(one) for one in told if one not in true)
        return found.model_copy(update={"findings": (*found.findings, *forged)}) if forged else found

    async def witness(self) -> Witness:
        """The newest entry, signed: whoever keeps this can prove later that the audit was cut off or written anew."""
        return signed(self._open.ring, await self._open.ledger.audit.head())


def _forged(witness: Witness) -> Finding:
    sentence = f"The log's witness of entry {witness.number} was not signed by this installation."
    return Finding(number=witness.number, fault="forged_witness", sentence=sentence)

"""What the policies need to know of the world, read for a whole batch: one query for each kind of input."""

from collections.abc import Sequence
from datetime import datetime

from wasl.ledger.consents import read_consents
from wasl.ledger.facts import read_telling
from wasl.ledger.port import Reader
from wasl.ledger.spending import read_spent
from wasl.ledger.superseding import read_superseded
from wasl.ledger.suppressions import read_suppressed
from wasl.ledger.uses import read_uses
from wasl.policies import Policies
from wasl.policies.verdict import Candidate, Inputs


async def read_inputs(tx: Reader, candidates: Sequence[Candidate], policies: Policies, now: datetime) -> Inputs:
    """What is known of these candidates. Inside of a transaction that has locked their recipients it stays true to its end."""
    addresses = {(c.envelope.brand, c.channel, c.address_hash) for c in candidates}
    envelopes = [c.envelope for c in candidates]
    return Inputs(
        suppressed=await read_suppressed(tx, list(addresses)),
        consents=await read_consents(tx, policies.consent.asked(candidates)),
        superseded=await read_superseded(tx, list({(e.brand, e.message_id) for e in envelopes if e.about is not None})),
        telling=await read_telling(tx, list({(e.brand, e.recipient_id, e.fact) for e in envelopes if e.fact is not None})),
        uses=await read_uses(tx, policies.caps.ask(candidates), policies.caps.since(now)),
        spent=policies.budgets.totals(await read_spent(tx, policies.budgets.ask(candidates, now)), now),
    )

"""What the policies need to know of the world, read for a whole batch: one query for each kind of input."""

from collections.abc import Sequence

from wasl.ledger.port import Reader
from wasl.ledger.suppressions import read_suppressed
from wasl.policies.verdict import Candidate, Inputs


async def read_inputs(tx: Reader, candidates: Sequence[Candidate]) -> Inputs:
    """What is known of these candidates. Inside of a transaction that has locked their recipients it stays true to its end."""
    return Inputs(suppressed=await read_suppressed(tx, list({(c.envelope.brand, c.channel, c.address_hash) for c in candidates})))

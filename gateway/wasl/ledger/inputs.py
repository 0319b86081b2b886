"""What the policies need to know of the world, read for a whole batch: one query for each kind of input."""

import json
from collections.abc import Sequence

from wasl.clock import moment
from wasl.ledger import statements as sql
from wasl.ledger.port import Reader
from wasl.policies.verdict import Candidate, Inputs, Suppressed
from wasl_contracts import Reason


async def read_inputs(tx: Reader, candidates: Sequence[Candidate]) -> Inputs:
    """What is known of these candidates. Inside of a transaction that has locked their recipients it stays true to its end."""
    return Inputs(suppressed=await _suppressed(tx, list({(c.envelope.brand, c.channel, c.address_hash) for c in candidates})))


async def _suppressed(tx: Reader, keys: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], Suppressed]:
    """Which of these (brand, channel, address hash) are on the suppression list."""
    rows = await tx.fetch(sql.SUPPRESSED, {"keys": json.dumps(keys)}) if keys else []
    return {
        (brand, channel, hashed): Suppressed(Reason(reason), moment(since), source)
        for brand, channel, hashed, reason, since, source in rows
    }

"""An address on the suppression list is not used."""

from datetime import datetime

from wasl.policies.verdict import Allow, Candidate, Inputs, Verdict, Withhold


def judge(candidate: Candidate, inputs: Inputs, _now: datetime) -> Verdict:
    """Withhold where the channel and address are on the brand's list."""
    row = inputs.suppressed.get((candidate.envelope.brand, candidate.channel, candidate.address_hash))
    if row is None:
        return Allow("suppression", "suppressions", {"listed": False})
    return Withhold("suppression", row.source, {"listed": True, "since": row.since.isoformat()}, row.reason)

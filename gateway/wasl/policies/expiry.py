"""What waited longer than its life is not sent."""

from datetime import datetime

from wasl.policies.verdict import Allow, Candidate, Inputs, Verdict, Withhold
from wasl_contracts import Reason


def judge(candidate: Candidate, _inputs: Inputs, now: datetime) -> Verdict:
    """Withhold from the moment of expiry on."""
    expires_at = candidate.envelope.expires_at
    seen = {"expires_at": expires_at.isoformat()}
    if now >= expires_at:
        return Withhold("expiry", "message.expires_in", {**seen, "now": now.isoformat()}, Reason.EXPIRED)
    return Allow("expiry", "message.expires_in", seen)

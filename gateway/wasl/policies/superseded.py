"""What a newer message about the same thing replaced is not sent any more."""

from datetime import datetime

from wasl.policies.verdict import Allow, Candidate, Inputs, Verdict, Withhold
from wasl_contracts import Reason


def judge(candidate: Candidate, inputs: Inputs, _now: datetime) -> Verdict:
    """Withhold from the moment on at which the newer one was accepted."""
    by = inputs.superseded.get((candidate.envelope.brand, candidate.envelope.message_id))
    if by is None:
        return Allow("superseded", "message.about", {})
    return Withhold("superseded", f"message {by}", {"by": by}, Reason.SUPERSEDED)

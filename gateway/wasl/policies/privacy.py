"""A one-time code never goes where others can read it."""

from datetime import datetime

from wasl.policies.verdict import Allow, Candidate, Inputs, Verdict, Withhold
from wasl_contracts import Reason


def judge(candidate: Candidate, _inputs: Inputs, _now: datetime) -> Verdict:
    """Withhold one-time codes from addresses whose kind is not private, such as a public mention."""
    seen = {"private": candidate.private, "category": candidate.envelope.category}
    if not candidate.private and candidate.envelope.category == "otp":
        return Withhold("privacy", f"kind {candidate.address.kind}", seen, Reason.NOT_PRIVATE)
    return Allow("privacy", f"kind {candidate.address.kind}", seen)

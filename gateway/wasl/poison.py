"""Messages that bring down the process that sends them: after three times they are set aside, and the rest goes on.

A claim that ends with the life or the lease of its worker is a strike; so is a fault of ours in planning. With the first strike a
delivery is a suspect and goes alone (isolation.py), so that the innocent do not collect more.
"""

from datetime import datetime

from wasl.clock import micros
from wasl.ledger.claims import Claimed
from wasl.ledger.settle import Settlement
from wasl_contracts import Mark, Reason, State

STRIKES = 3
"""With so many a delivery is not tried any more."""


def poisoned(claimed: Claimed) -> bool:
    """Whether it is set aside."""
    return claimed.strikes >= STRIKES


def dead_letter(claimed: Claimed, now: datetime) -> Settlement:
    """One that waits becomes a dead letter without a further call. What an earlier call may have sent says so by its mark."""
    doubt = (Mark.POSSIBLE_DUPLICATE,) if claimed.unproven else ()
    return Settlement(
        claimed=claimed,
        state=State.FAILED,
        at=micros(now),
        reason=Reason.POISON,
        marks=tuple(dict.fromkeys((*claimed.marks, *doubt))),
        refused=claimed.refused,
    )

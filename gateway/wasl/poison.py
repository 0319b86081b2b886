"""Messages that bring down the process that sends them: after three times they are set aside, and the rest goes on.

A crash is the first strike of all that was claimed; a fault of ours in planning is a strike too. With the first one a delivery is a
suspect and goes apart from the others, in a trial: it is struck before, and that is taken back when the process outlives it. So who only
waited is never struck again, and the last strike is only given to one that went alone.
"""

import asyncio
from collections.abc import Sequence, Set
from datetime import datetime

from wasl.clock import micros
from wasl.ledger.claims import Claimed
from wasl.ledger.settle import Settlement
from wasl_contracts import Mark, Reason, State

STRIKES = 3
"""With so many a delivery is not tried any more."""


_MOST = 8  # suspects in one trial


class Trials:
    """Which suspects go at a time: the first alone, then twice as many after each trial that the process outlives.

    Most crashes are nobody's fault here, and then hundreds of suspects must not go in single file.
    """

    def __init__(self) -> None:
        self._calls: Set[asyncio.Task[None]] = frozenset()
        self._room = 1

    def choose(self, suspects: Sequence[Claimed]) -> tuple[list[Claimed], list[Claimed]]:
        """Those that go now, and those that wait until the calls of the last trial have ended. Who has fewer strikes goes first."""
        if not all(call.done() for call in self._calls):
            return [], list(suspects)
        waiting = sorted(suspects, key=lambda suspect: suspect.strikes)
        room = 1 if waiting and waiting[0].strikes == STRIKES - 1 else self._room
        going = [suspect for suspect in waiting[:room] if suspect.strikes == waiting[0].strikes]
        return going, waiting[len(going) :]

    def began(self, calls: Set[asyncio.Task[None]]) -> None:
        """These are the calls of the trial."""
        self._calls = calls
        self._room = min(2 * self._room, _MOST)


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

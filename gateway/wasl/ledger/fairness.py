"""Who is served by a claim: every flow has its share, urgent ones a larger one."""

from collections.abc import Sequence

WEIGHTS = {"0": 64, "1": 16, "2": 4, "3": 1, **{str(priority): 0.5 ** (priority - 3) for priority in range(4, 10)}}
"""By the priority that leads a flow's name: one-time codes first, but never alone."""


class Fairness:
    """Shares out places among flows by weight. What a flow is owed in fractions it gets in a later turn, so none waits for ever."""

    def __init__(self) -> None:
        self._owed: dict[str, float] = {}

    def shares(self, flows: Sequence[str], room: int) -> dict[str, int]:
        """How many of `room` places each of these flows may have; those without one are left out."""
        whole = sum(WEIGHTS[flow[0]] for flow in flows)
        owed = {flow: self._owed.get(flow, 0.0) + room * WEIGHTS[flow[0]] / whole for flow in flows}
        shares = {flow: max(0, min(room, int(much))) for flow, much in owed.items()}
        spare = room - sum(shares.values())
        for flow in sorted(owed, key=lambda flow: shares[flow] - owed[flow])[: max(0, spare)]:
            shares[flow] += 1
        self._owed = {flow: owed[flow] - share for flow, share in shares.items()}
        return {flow: share for flow, share in shares.items() if share}

"""What is done to many messages at a time: foretold first, then done in a few transactions. Gateway has these verbs too.

acting.py does the same to more of them, behind those who send.
"""

from collections.abc import Sequence

from wasl.acts_seen import DONE, NOT_WAITING, SUPPRESSED, Fated
from wasl.audited import Action
from wasl.branded import Branded
from wasl.ledger.dead_letters import Terms
from wasl.states import PENDING

__all__ = ["DONE", "NOT_WAITING", "Wholesale"]

_BATCH = 250


class Wholesale(Branded):
    """The verbs of those who act on many messages of one brand. Doing the same again does nothing more."""

    async def foresee_retries(self, ids: Sequence[str]) -> list[Fated]:
        """What `retry_these` would do."""
        alone = await self._unreachable(ids)
        fates = await self._open.ledger.replays.these(self.brand, ids, Terms(), dry_run=True)
        return [Fated(self.brand, fate.id, fate.left_alone or (SUPPRESSED if fate.id in alone else DONE)) for fate in fates]

    async def retry_these(self, ids: Sequence[str]) -> list[Fated]:
        """Send these again, with their whole life before them.

        Nothing that may have arrived, nothing that does not fit any more, and nothing to somebody whose every address is suppressed.
        """
        done: list[Fated] = []
        for some in _some(ids):
            foreseen = await self.foresee_retries(some)
            going = [one.message_id for one in foreseen if one.fate == DONE]
            entry = self._entry(Action.MESSAGES_RETRIED, count=len(some), messages=some)
            fates = await self._open.ledger.replays.these(self.brand, going, Terms(), entry=entry) if going else []
            became = {fate.id: fate.left_alone or DONE for fate in fates}
            done += [one._replace(fate=became.get(one.message_id, one.fate)) for one in foreseen]
        if self._open.worker is not None:
            self._open.worker.wake()
        return done

    async def foresee_cancels(self, ids: Sequence[str]) -> list[Fated]:
        """What `cancel_these` would do."""
        found = await self._open.ledger.searching.these([(self.brand, one) for one in ids])
        return [Fated(self.brand, one.id, DONE if one.state in PENDING else NOT_WAITING) for one in found]

    async def cancel_these(self, ids: Sequence[str]) -> list[Fated]:
        """Cancel what has not begun to leave of these."""
        done: list[Fated] = []
        for some in _some(ids):
            entry = self._entry(Action.MESSAGES_CANCELLED, count=len(some), messages=some)
            cancelled = await self._open.ledger.cancellations.these(self.brand, some, entry)
            done += [Fated(self.brand, one, DONE if one in cancelled else NOT_WAITING) for one in some]
        return done

    async def _unreachable(self, ids: Sequence[str]) -> set[str]:
        ledger = self._open.ledger
        return await ledger.act_work.unreachable.among([(self.brand, one) for one in ids], ledger.clock.now())


def _some(ids: Sequence[str]) -> list[list[str]]:
    return [list(ids[first : first + _BATCH]) for first in range(0, len(ids), _BATCH)]

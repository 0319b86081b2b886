"""Asking providers what became of calls whose outcome is unknown, where they can tell. A look-up is no attempt, and sends nothing."""

from collections import Counter
from datetime import datetime, timedelta

from wasl.carriage import look_up
from wasl.clock import Clock, micros, moment
from wasl.ids import attempt_id
from wasl.ledger.claims import Claimed, Release
from wasl.ledger.leaving import Left
from wasl.ledger.settle import Settlement
from wasl.planning import Carriers
from wasl.poison import poisoned
from wasl.retry import Aftermath
from wasl.unknown import LOOK_UP, again, recognised, settled
from wasl_contracts import Finder, Mark, ProviderError, Reason, Receipt, State, Unavailable

_AT_ONCE = 4  # look-ups of one provider, so that they do not keep it from sending
_FULL = timedelta(seconds=1)  # until one that found no place among them is claimed again


class Finding:
    """Looks unknown outcomes up, a few at a time."""

    def __init__(self, carriers: Carriers, aftermath: Aftermath, clock: Clock) -> None:
        self._carriers = carriers
        self._aftermath = aftermath
        self._clock = clock
        self._out: Counter[str] = Counter()

    def may_ask(self, claimed: Claimed) -> bool:
        """Whether its provider is to be asked: it can tell, no key makes that needless, and there is still time to wait for it."""
        now = self._clock.now()
        if self._finder(claimed) is None or not claimed.doubts or self._spent(claimed, now):
            return False
        return poisoned(claimed) or not recognised(claimed, now, self._carriers.key_life(claimed.provider))

    def take(self, claimed: Claimed) -> Release | None:
        """Take a place for a look-up; where there is none, when to come again."""
        provider = str(claimed.provider)
        if self._out[provider] >= _AT_ONCE:
            return Release(claimed, claimed.lane, micros(self._clock.now() + _FULL))
        self._out[provider] += 1
        return None

    def give_back(self, claimed: Claimed) -> None:
        """A look-up has ended."""
        self._out[str(claimed.provider)] -= 1

    async def ask(self, claimed: Claimed) -> Settlement | Release | Left:
        """What follows from the provider's word about each call in doubt, the latest first."""
        for doubt in sorted(claimed.doubts, reverse=True):
            answer = await self._answer(claimed, attempt_id(claimed.message_id, claimed.number, doubt.attempt))
            if isinstance(answer, Receipt):
                return self._taken(claimed, answer)
            if answer is not None:
                return self._asked_again(claimed, answer)
        return self._never_taken(claimed)

    async def _answer(self, claimed: Claimed, name: str) -> Receipt | ProviderError | None:
        finder = self._finder(claimed)
        if finder is None:
            return Unavailable()
        return await look_up(finder, name, self._carriers.specs.timeout_seconds(str(claimed.provider)))

    def _finder(self, claimed: Claimed) -> Finder | None:
        provider = self._carriers.providers.get(claimed.provider or "")
        return provider if isinstance(provider, Finder) else None

    def _spent(self, claimed: Claimed, now: datetime) -> bool:
        return self._aftermath.spent(claimed.envelope, claimed.channel or claimed.lane, claimed.tries, now)

    def _taken(self, claimed: Claimed, receipt: Receipt) -> Settlement:
        at = micros(self._clock.now())
        capabilities = self._carriers.specs[str(claimed.provider)].capabilities
        unconfirmed = (Mark.UNCONFIRMED,) if receipt.state == "sent" and not self._carriers.reports(str(claimed.provider)) else ()
        return Settlement(
            claimed=claimed,
            state=State(receipt.state),
            at=at,
            reason=Reason.NO_RECEIPTS if unconfirmed else None,
            marks=tuple(dict.fromkeys((*claimed.marks, *unconfirmed))),
            provider_ref=receipt.provider_ref,
            refused=claimed.refused,
            rule=LOOK_UP,
            indexed=claimed.provider if capabilities.found_by_ref else None,
        )

    def _never_taken(self, claimed: Claimed) -> Settlement:
        """Proven: no call of it was taken, so it goes again as if nothing had happened; but not what kills its worker."""
        at, dead = micros(self._clock.now()), poisoned(claimed)
        return Settlement(
            claimed=claimed,
            state=State.FAILED if dead else State.SCHEDULED,
            at=at,
            reason=Reason.POISON if dead else Reason.RETRYING,
            due_at=None if dead else at,
            marks=claimed.marks,
            refused=claimed.refused,
            disproved=tuple(doubt.attempt for doubt in claimed.doubts),
            rule=LOOK_UP,
        )

    def _asked_again(self, claimed: Claimed, answer: ProviderError) -> Settlement | Release | Left:
        """Ever less often: after as long a time as has passed since the call."""
        now = self._clock.now()
        if self._spent(claimed, now):
            return settled(claimed, now, self._carriers.key_life(claimed.provider), again(self._carriers.specs.config, claimed.envelope))
        floor = timedelta(seconds=answer.retry_after or 0) if isinstance(answer, Unavailable) else timedelta(0)
        longest = self._carriers.specs.config.retry.longest_wait(claimed.channel or claimed.lane)
        passed = now - moment(max(doubt.since for doubt in claimed.doubts))
        wait = max(min(passed, longest), self._carriers.specs.config.retry.base, min(floor, timedelta(days=1)))
        return Release(claimed, claimed.lane, micros(min(now + wait, claimed.envelope.expires_at)))

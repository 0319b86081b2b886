"""What acceptance would store and what the policies would see, now or at another moment. It only reads."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from wasl.clock import micros
from wasl.keys import KeyRing
from wasl.ledger.accept import Acceptance, Draft, repeats
from wasl.ledger.claims import Claimed, foreseen
from wasl.ledger.inputs import read_inputs
from wasl.ledger.past import past_consents, past_suppressed
from wasl.ledger.store import Store
from wasl.policies import Policies
from wasl.policies.verdict import Candidate, Inputs
from wasl.routing import Routing


class Foreseeing:
    """Reads of one database for those who explain."""

    def __init__(self, store: Store, keys: KeyRing, routing: Routing, policies: Policies) -> None:
        self._store = store
        self._keys = keys
        self._acceptance = Acceptance(keys, routing)
        self._policies = policies

    async def claims(self, draft: Draft) -> list[Claimed]:
        """The deliveries of a draft as a worker would claim them; what waits for its turn has the reason IN_ORDER.

        Raises:
            Refused: the recipient is unknown.
        """
        message, person, deliveries = await self._acceptance.foresee(self._store.reader, draft)
        return [foreseen(message, person, delivery, self._keys) for delivery in deliveries]

    async def repeats(self, brand: str, key: str, now: datetime) -> bool:
        """Whether a message has this idempotency key already, and keeps it for a minute at least."""
        return await repeats(self._store.reader, brand, key, micros(now))

    async def inputs(self, candidates: Sequence[Candidate], at: datetime, now: datetime) -> Inputs:
        """What the policies would see at that moment.

        Later than now: nothing more happens until then. Earlier: consents as they were by their ledger, suppressions by their history,
        and of what was sent that which had begun by then; what was known of the recipient then is not kept, so it is what is known now.
        """
        inputs = await read_inputs(self._store.reader, candidates, self._policies, at)
        if at >= now:
            return inputs
        addresses = {(c.envelope.brand, c.channel, c.address_hash) for c in candidates}
        return replace(
            inputs,
            suppressed=await past_suppressed(self._store.reader, addresses, at),
            consents=await past_consents(self._store.reader, self._policies.consent.asked(candidates), at),
            uses={person: [use for use in uses if use.at <= at] for person, uses in inputs.uses.items()},
            telling={fact: tuple(one for one in told if one.created_at <= at) for fact, told in inputs.telling.items()},
        )

"""From an event as a plugin tells it to a report as the ledger takes it: one spelling of every address, and a key for what is the same."""

from typing import NamedTuple

from wasl.addresses import Addresses, BadAddress
from wasl.clock import micros
from wasl.config import Config
from wasl.keys import KeyRing
from wasl.ledger.people import address_hash
from wasl.ledger.reports import Attempted, Report, Whose, attempted
from wasl_contracts import Address, Event
from wasl_contracts.model import cleaned

_LONGEST = 128  # characters of a code, or of a fact; longer ones are cut
_MOST = 16  # facts


class Reading(NamedTuple):
    """What reading needs to know."""

    config: Config
    addresses: Addresses
    keys: KeyRing

    def report(self, provider: str, event: Event) -> Report:
        """The report. What it means where it answers a person's STOP is seen here, by the words of the configuration."""
        whose = self._whose(event.address) if event.address is not None else None
        call = attempted(event.attempt_id)
        heard = self.config.keywords.read(event.text).meaning if event.kind == "replied" and event.text is not None else None
        return Report(
            provider=provider,
            key=self.key(provider, event, call),
            kind=event.kind,
            at=micros(event.at),
            attempted=call,
            provider_ref=cleaned(event.provider_ref) if event.provider_ref is not None else None,
            reason=event.reason,
            code=cleaned(event.code[:_LONGEST]) if event.code is not None else None,
            dead=event.dead,
            machine=event.machine,
            whose=whose,
            meaning=heard,
            text=event.text,
            thread=event.thread,
            facts=dict([(cleaned(name[:_LONGEST]), cleaned(value[:_LONGEST])) for name, value in event.facts.items()][:_MOST]),
        )

    def key(self, provider: str, event: Event, call: Attempted | None) -> str:
        """The same for a callback that comes again: by the provider's own id, else by all that it says.

        It begins with the message's id, so that those of messages that were sent together lie together on the disk.
        """
        said = f"{event.kind}|{event.event_id}" if event.event_id is not None else event.model_dump_json()
        hashed = self.keys.hash(f"callback|{provider}|{said}")
        return f"{call.message_id[4:]}{hashed}" if call is not None else hashed

    def _whose(self, address: Address) -> Whose:
        try:
            normal = self.addresses.normal(address)
        except BadAddress:  # a short code, or a kind that no provider here serves: then as it is spelled
            normal = address
        return Whose(normal.channel, address_hash(self.keys, normal.kind, normal.value), normal.masked())

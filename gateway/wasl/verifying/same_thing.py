"""P2 and P5 between messages to one recipient: the newer about a thing replaces the older ones, and a fact is told once."""

from collections.abc import Iterator
from dataclasses import dataclass

from wasl.ledger.stories import About, Fact
from wasl.policies.duplicate import FACT_LIFE
from wasl.verifying.judging import Finding, Rules

_LIFE = FACT_LIFE.total_seconds() * 1_000_000


@dataclass(slots=True)
class Replacing:
    """Sees the messages that nothing replaced, those about one thing one after the other, and remembers the first of them."""

    rules: Rules
    _first: About | None = None

    def see(self, message: About) -> Iterator[Finding]:
        """Judge the next message by the one before it."""
        first = self._first
        if first is None or first[:3] != message[:3]:
            self._first = message
        elif message.supersedes and first.created_at + self.rules.lag + self.rules.apart < message.created_at:
            said = f"{message.message_id} is about the same and supersedes, but did not replace it"
            yield Finding(first.message_id, "P5", "the_newer_replaces_the_older", said)


@dataclass(slots=True)
class Once:
    """Sees the messages that told a fact, those with one fact one after the other, and remembers the last one."""

    _last: Fact | None = None

    def see(self, message: Fact) -> Iterator[Finding]:
        """Judge the next message by the one before it."""
        last, self._last = self._last, message
        if last is not None and last[:3] == message[:3] and message.created_at - last.created_at < _LIFE:
            yield Finding(message.message_id, "P2", "a_fact_is_told_once", f"{last.message_id} told the same fact")

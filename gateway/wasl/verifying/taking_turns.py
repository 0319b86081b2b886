"""Of the messages with one ordering key at most one is under way, the earliest accepted first."""

from collections.abc import Iterator
from dataclasses import dataclass

from wasl.ledger.stories import Turn
from wasl.verifying.judging import Finding, Rules


@dataclass(slots=True)
class TakingTurns:
    """Sees the messages of each key one after the other, by their ids, and remembers two of them."""

    rules: Rules
    _last: Turn | None = None
    """The earlier message of the key whose calls ended last."""
    _waiting: Turn | None = None
    """The earliest message of the key that still waits for its first call."""

    def see(self, turn: Turn) -> Iterator[Finding]:
        """Judge the next message by those before it."""
        if self._last is not None and not _same_key(turn, self._last):
            self._last = None
        if self._waiting is not None and not _same_key(turn, self._waiting):
            self._waiting = None
        if turn.replayed:
            return
        if turn.began is not None:
            yield from self._began(turn, turn.began)
        elif turn.waits and self._waiting is None:
            self._waiting = turn
        if turn.ended is not None and (self._last is None or turn.ended > (self._last.ended or 0)):
            self._last = turn

    def _began(self, turn: Turn, began: int) -> Iterator[Finding]:
        if self._last is not None and self._there(self._last, began) and began + self.rules.apart < (self._last.ended or 0):
            yield _finding(
                turn, f"its first call began before those of {self._last.message_id}, which has the same ordering key, had ended"
            )
        if self._waiting is not None and self._there(self._waiting, began):
            yield _finding(turn, f"it was called before {self._waiting.message_id}, which has the same ordering key and still waits")

    def _there(self, earlier: Turn, moment: int) -> bool:
        """Whether an earlier message was stored by then: it had been called, or was accepted so long before that its commit was over."""
        called = earlier.began is not None and earlier.began <= moment
        return called or earlier.created_at + self.rules.lag + self.rules.apart < moment


def _same_key(turn: Turn, other: Turn) -> bool:
    return (turn.brand, turn.ordering_key) == (other.brand, other.ordering_key)


def _finding(turn: Turn, said: str) -> Finding:
    return Finding(turn.message_id, "order", "messages_of_a_key_take_turns", said)

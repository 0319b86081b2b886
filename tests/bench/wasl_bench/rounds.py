"""Contenders take turns, so that what else the machine does hits all of them; a ratio is made within one round."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Costing(Protocol):
    """A process, or several that work together."""

    def cpu(self) -> float:
        """CPU-seconds used so far: user and system, all threads."""
        ...


@dataclass(frozen=True)
class Together:
    """Processes that share the work."""

    processes: Sequence[Costing]

    def cpu(self) -> float:
        return sum(process.cpu() for process in self.processes)


@dataclass(frozen=True)
class Turn:
    """What one turn gave: units per CPU-second, and the CPU-seconds that a unit cost beside (the database's)."""

    rate: float
    beside: float


@dataclass(frozen=True)
class Contender:
    """A process that works: `prepare` is not measured, `work` is, and returns how many units it did."""

    process: Costing
    work: Callable[[], int]
    prepare: Callable[[], object] = lambda: None
    beside: Callable[[], float] = lambda: 0.0

    def turn(self) -> Turn:
        """Prepare, and measure the work."""
        self.prepare()
        beside, before = self.beside(), self.process.cpu()
        units = self.work()
        return Turn(units / (self.process.cpu() - before), (self.beside() - beside) / units)


@dataclass(frozen=True)
class Measured:
    """The turns of some contenders, by round."""

    turns: Sequence[Sequence[Turn]]

    def rate(self, contender: int) -> float:
        """The median rate of a contender, in units per CPU-second."""
        return statistics.median(turns[contender].rate for turns in self.turns)

    def beside(self, contender: int) -> float:
        """The median of the CPU-seconds that a unit cost beside."""
        return statistics.median(turns[contender].beside for turns in self.turns)

    def ratio(self, contender: int, twin: int) -> tuple[float, float, float]:
        """How much more one does than the other: median, least and most of the rounds."""
        ratios = [turns[contender].rate / turns[twin].rate for turns in self.turns]
        return statistics.median(ratios), min(ratios), max(ratios)


def measure(contenders: Sequence[Contender], rounds: int) -> Measured:
    """One warm-up that is not counted, then so many rounds; the order turns around each time."""
    for contender in contenders:
        contender.turn()
    turns = []
    for number in range(rounds):
        order = range(len(contenders)) if number % 2 == 0 else reversed(range(len(contenders)))
        found = {position: contenders[position].turn() for position in order}
        turns.append([found[position] for position in range(len(contenders))])
    return Measured(turns)

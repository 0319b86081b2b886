"""Contenders take turns, so that what else the machine does hits all of them; a ratio is made within one round."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wasl_bench.processes import Process


@dataclass(frozen=True)
class Contender:
    """A process that works: `prepare` is not measured, `work` is, and returns how many units it did."""

    process: Process
    work: Callable[[], int]
    prepare: Callable[[], object] = lambda: None

    def rate(self) -> float:
        """Units per CPU-second of the process, in one turn."""
        self.prepare()
        before = self.process.cpu()
        units = self.work()
        return units / (self.process.cpu() - before)


@dataclass(frozen=True)
class Measured:
    """The rates of some contenders, by round."""

    rates: Sequence[Sequence[float]]

    def rate(self, contender: int) -> float:
        """The median rate of a contender, in units per CPU-second."""
        return statistics.median(rates[contender] for rates in self.rates)

    def ratio(self, contender: int, twin: int) -> tuple[float, float, float]:
        """How much more one does than the other: median, least and most of the rounds."""
        ratios = [rates[contender] / rates[twin] for rates in self.rates]
        return statistics.median(ratios), min(ratios), max(ratios)


def measure(contenders: Sequence[Contender], rounds: int) -> Measured:
    """One warm-up that is not counted, then so many rounds; the order turns around each time."""
    for contender in contenders:
        contender.rate()
    rates = []
    for number in range(rounds):
        order = range(len(contenders)) if number % 2 == 0 else reversed(range(len(contenders)))
        found = {position: contenders[position].rate() for position in order}
        rates.append([found[position] for position in range(len(contenders))])
    return Measured(rates)

"""A million queued messages within a minute: rows of wasl's own, copied in the database with other ids."""

from collections.abc import Mapping

from sqlalchemy import Table

from wasl.ledger.tables import deliveries, messages
from wasl_bench.looking import Run

_APART = 10_000_000  # microseconds by which a copy is older than the next one, so that the queue has an order
_MOST = 1000  # copies of each original, at most


class Copies:
    """Copies of all messages that a ledger holds at the start, to the same recipients: their addresses are sealed to their ids."""

    def __init__(self, run: Run, originals: int) -> None:
        self._run = run
        self._originals = originals
        self._sets = 1  # the originals are the first

    async def begin(self) -> None:
        """Keep the originals as they are now, before anything happens to them."""
        for table in (messages, deliveries):
            await self._run(f"CREATE TABLE original_{table.name} AS SELECT * FROM {table.name}")

    async def fill(self, count: int) -> None:
        """Copy until so many messages have been put into the ledger, all due by now."""
        while self._sets * self._originals < count:
            number = self._sets
            older = (_MOST - number) * _APART
            # An id stays 32 digits long: five of its time, the number of the copy, its random end.
            earlier = {"due_at": f"due_at - {older}"}
            await self._run(_copy(messages, {**earlier, "created_at": f"created_at - {older}", "id": _id("id", number)}))
            await self._run(_copy(deliveries, {**earlier, "message_id": _id("message_id", number)}))
            self._sets += 1


def _id(column: str, number: int) -> str:
    return f"substr({column}, 1, 9) || '{number:07}' || substr({column}, 17)"


def _copy(table: Table, changed: Mapping[str, str]) -> str:
    names = [column.name for column in table.columns]
    values = [changed.get(name, name) for name in names]
    return f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {', '.join(values)} FROM original_{table.name}"

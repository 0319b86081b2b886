"""The ledger's two engines, as the rows of the table need them."""

from pathlib import Path
from typing import Protocol

from wasl_bench.processes import Process


class Engine(Protocol):
    """Where a row's ledger is."""

    @property
    def name(self) -> str:
        """As the table calls it."""
        ...

    def fresh(self, folder: Path) -> str:
        """The URL of an empty database."""
        ...

    def spent(self) -> float:
        """CPU-seconds that it used so far outside of the measured process."""
        ...


class Sqlite:
    """A file in the folder; it works inside the measured process and is counted there."""

    name = "SQLite"

    def fresh(self, folder: Path) -> str:
        return f"sqlite:///{folder}/wasl.db"

    def spent(self) -> float:
        return 0.0


class Postgres:
    """Databases of one server."""

    name = "PostgreSQL"

    def __init__(self, server: Process) -> None:
        self._server = server

    def fresh(self, folder: Path) -> str:
        return str(self._server.ask("fresh")["url"])

    def spent(self) -> float:
        return float(self._server.ask("spent")["seconds"])

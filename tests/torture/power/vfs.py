"""The write transactions of a real ledger, run again through apsw and a VFS that notes what is written and synced.

This is for machines that allow no tracing, and proves less: the SQL and the transactions are the ledger's, but the SQLite library is
apsw's, and the run is played on one connection (a VFS in Python has no shared memory, so the WAL needs exclusive locking).
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.torture.power.disk import Create, Step, Sync, Told, Truncate, Unlink, Write
from wasl.ids import attempt_id

_numbers = count()
COPIED = 4
"""So many steps of a run bring the database to the disk. The run begins after them; a cut before is nobody's."""


@contextmanager
def overheard() -> Iterator[list[str]]:
    """The statements of every write transaction that a ledger makes in this process meanwhile, with their values."""
    connect, statements = sqlite3.connect, list[str]()

    def listening(*given: Any, **how: Any) -> sqlite3.Connection:
        connection = connect(*given, **how)
        if "cached_statements" in how:  # the ledger's own: SQLAlchemy's do not say so
            connection.set_trace_callback(_of_transactions(statements))
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", listening)
        yield statements


def _of_transactions(statements: list[str]) -> Any:
    writing = False

    def heard(statement: str) -> None:
        nonlocal writing
        writing = writing or statement == "BEGIN IMMEDIATE"
        if writing:
            statements.append(statement)
        writing = writing and statement not in ("COMMIT", "ROLLBACK")

    return heard


def played(database: Path, statements: Sequence[str], pragmas: Sequence[str]) -> list[Step]:
    """The steps of the disk when these statements run on that database. What is told: each message and attempt, once it is committed."""
    content = database.read_bytes()
    path = str(database)
    steps: list[Step] = [Create(path), Write(path, 0, content), Sync(path), Sync(str(database.parent))]
    vfs = _Noting(steps)
    connection = apsw.Connection(path, vfs=vfs.name)
    for pragma in ("PRAGMA locking_mode=EXCLUSIVE", *pragmas):
        connection.execute(pragma)
    known = _known(connection)
    for statement in statements:
        connection.execute(statement)
        if statement == "COMMIT":
            told = _known(connection)
            steps += [Told(what) for what in sorted(told - known)]
            known = told
    connection.close()
    vfs.unregister()
    return steps


def _known(connection: apsw.Connection) -> set[str]:
    messages = {str(row[0]) for row in connection.execute("SELECT id FROM messages")}
    return messages | {attempt_id(*row) for row in connection.execute("SELECT message_id, delivery, number FROM attempts")}


class _Noting(apsw.VFS):
    """The system's own VFS, with notes."""

    def __init__(self, steps: list[Step]) -> None:
        self.name = f"noting-{next(_numbers)}"
        self.steps = steps
        super().__init__(self.name, base="")

    def xOpen(self, name: Any, flags: list[int]) -> "_NotingFile":  # noqa: N802 - SQLite's name
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is not None and flags[0] & apsw.SQLITE_OPEN_CREATE and not Path(path).exists():
            self.steps.append(Create(path))
        return _NotingFile(self.steps, name, path, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - SQLite's name
        super().xDelete(filename, syncdir)
        self.steps.append(Unlink(filename))
        if syncdir:
            self.steps.append(Sync(str(Path(filename).parent)))


class _NotingFile(apsw.VFSFile):
    def __init__(self, steps: list[Step], name: Any, path: str, flags: list[int]) -> None:
        self._steps, self._path = steps, path
        super().__init__("", name, flags)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802 - SQLite's name
        super().xWrite(data, offset)
        self._steps.append(Write(self._path, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        super().xTruncate(newsize)
        self._steps.append(Truncate(self._path, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        super().xSync(flags)
        # The system's VFS syncs the folder too, the first time; that is not seen from here.
        self._steps += [Sync(self._path), Sync(str(Path(self._path).parent))]

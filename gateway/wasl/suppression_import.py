"""Suppressions from a CSV file and into one, in bounded memory, however long it is."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import IO, NamedTuple

from wasl.csv_lines import CsvLine, csv_lines, csv_text, line_end
from wasl.errors import Problem, Refused
from wasl.ledger.suppressions import Addition, Fate
from wasl.problems import validated
from wasl.suppression import REASONS, Imported, LineProblem, Origin, Suppression, SuppressionSeen
from wasl.suppression_rows import EXPORTED, Hashed, Rows

COLUMNS = ("channel", "kind", "address", "reason", "scope", "expires_at", "note", "message_id")
"""What a file may tell of each address. Only `address` is needed."""
MOST_LINES = 1_000_000
"""Of one file."""
_KNOWN = tuple(dict.fromkeys((*COLUMNS, *EXPORTED)))
_ASKED = frozenset(COLUMNS)
_BATCH = 500  # lines in one transaction, in which no intent commits
_MOST_PROBLEMS = 1000
_CHUNK = 64 * 1024  # bytes

Write = Callable[[Sequence[Addition]], Awaitable[Sequence[Fate]]]


class _Read(NamedTuple):
    line: int
    addition: Addition
    repeated: bool


class Importing:
    """One import: the file's lines to additions, these in batches to `write`, and a count of everything."""

    def __init__(self, rows: Rows, origin: Origin, now: Callable[[], int]) -> None:
        self._rows = rows
        self._origin = origin
        self._now = now
        self._problems: list[LineProblem] = []
        self._counts = dict.fromkeys(("lines", "new", "extended", "already_there", "repeated", "invalid"), 0)

    async def run(self, file: IO[bytes], write: Write, *, dry_run: bool) -> Imported:
        """Import a file from where it stands to its end. It is read twice.

        Raises:
            Refused: its first line is wrong, or it has too many lines; nothing was kept.
        """
        begin = file.tell()
        _count(file)
        file.seek(begin)
        lines = csv_lines(file, _KNOWN, "address")
        with closing(_Seen()) as seen:
            while batch := list(islice(lines, _BATCH)):
                await self._together(batch, seen, write)
        return Imported(dry_run=dry_run, problems=tuple(self._problems), **self._counts)

    async def _together(self, batch: Sequence[CsvLine], seen: "_Seen", write: Write) -> None:
        self._counts["lines"] += len(batch)
        read = list(self._additions(batch, seen))
        fates = await write([one.addition for one in read]) if read else []
        for one, fate in zip(read, fates, strict=True):
            self._counts["repeated" if one.repeated else fate] += 1

    def _additions(self, batch: Sequence[CsvLine], seen: "_Seen") -> Iterator[_Read]:
        at = self._now()
        for line in batch:
            try:
                addition = self._addition(line, at)
                yield _Read(line.number, addition, seen.before(addition))
            except Refused as refused:
                self._refuse(line.number, refused.errors[0])

    def _addition(self, line: CsvLine, at: int) -> Addition:
        if line.code is not None:
            raise Refused([Problem(pointer="", code=line.code, message=line.message)])
        cells = line.cells
        asked = validated(Suppression, {name: cell for name, cell in cells.items() if name in _ASKED} | _reason(cells))
        if "address_hash" in cells:
            given = Hashed(asked.channel or "", cells["address_hash"], asked.address)
            hashed = self._rows.exported(given, cells.get("check", ""))
        else:
            hashed = self._rows.found(asked.address, asked.channel, asked.kind)
        return self._rows.addition(asked, hashed, self._origin, at)

    def _refuse(self, line: int, problem: Problem) -> None:
        self._counts["invalid"] += 1
        if len(self._problems) < _MOST_PROBLEMS:
            column = problem.pointer.strip("/") or None
            self._problems.append(LineProblem(line=line, column=column, code=problem.code, message=problem.message))


class _Seen:
    """The rows that a file had already, in a temporary file of its own: a million of them take 100 MB of memory."""

    def __init__(self) -> None:
        self._table = sqlite3.connect("", isolation_level=None)  # without a name, gone when it is closed
        self._table.execute("PRAGMA cache_size = -8000")  # KiB
        self._table.execute("CREATE TABLE seen (hash, channel, scope, reason, PRIMARY KEY (hash, channel, scope, reason)) WITHOUT ROWID")
        self._table.execute("BEGIN")

    def before(self, addition: Addition) -> bool:
        """Whether it was there before; it is now."""
        key = (addition.address_hash, addition.channel, addition.scope, addition.reason.value)
        return self._table.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?)", key).rowcount == 0

    def close(self) -> None:
        self._table.close()


def exported(rows: Rows, listed: Sequence[SuppressionSeen]) -> str:
    """The lines of these suppressions."""
    return csv_text([rows.told(one) for one in listed])


def first_line() -> str:
    """The line that names the columns of an export."""
    return csv_text([EXPORTED])


def _reason(cells: Mapping[str, str]) -> dict[str, object]:
    """`bounce` is short for `suppressed_bounce`."""
    given = cells.get("reason", "import").lower()
    short = f"suppressed_{given}"
    return {"reason": short if short in REASONS else given}


def _count(file: IO[bytes]) -> None:
    end = line_end(file)
    lines = sum(chunk.count(end) for chunk in iter(lambda: file.read(_CHUNK), b""))
    if lines > MOST_LINES:
        raise Refused([Problem(pointer="", code="too_many", message=f"has more than {MOST_LINES} lines; split it")])

"""CSV of unknown origin, line by line in bounded memory: whatever is in one line, the others are read. And CSV that spreadsheets may open.

A record is one line, so that a quote that nobody closed costs no other line. Commas or semicolons, as the first line has them; UTF-8 with
or without a byte order mark; LF, CRLF, or CR alone.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, NamedTuple

from wasl.errors import Problem, Refused
from wasl.problems import did_you_mean, shown

_LONGEST = 64 * 1024  # bytes of a line
_BOM = b"\xef\xbb\xbf"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what makes a spreadsheet compute a cell (threats.md J, OWASP "CSV injection")
_BAD_QUOTES = "cannot be read: its quotes do not match; keep each record on one line"


class CsvLine(NamedTuple):
    """A line with its number (the first is 1): its cells by column, those that are empty left out; or what is wrong with it."""

    number: int
    cells: Mapping[str, str]
    code: str | None = None
    message: str = ""


class _Broken(ValueError):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def csv_lines(file: IO[bytes], known: Sequence[str], needed: str) -> Iterator[CsvLine]:
    """Every line after the first that holds something. The first one names the columns, in any order and case.

    Raises:
        Refused: the first line cannot be read, names a column that is not known or one twice, or lacks the one that is needed.
    """
    written = _raw(file)
    first, delimiter = _header(next(written, (0, b""))[1])
    _check(first, known, needed)
    for number, raw in written:
        try:
            cells = _cells(raw, delimiter)
            if any(cells):
                yield CsvLine(number, _named(cells, first))
        except _Broken as broken:
            yield CsvLine(number, {}, broken.code, broken.message)


def csv_text(rows: Sequence[Sequence[str]]) -> str:
    """The rows as CSV (RFC 4180). A cell that a spreadsheet would compute begins with `'` instead; `csv_lines` takes that away again."""
    text = io.StringIO()
    csv.writer(text).writerows([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row] for row in rows)
    return text.getvalue()


def line_end(file: IO[bytes]) -> bytes:
    """What ends the lines from here on; the file stays where it stands. Some programs on a Mac write CR alone."""
    begin, seen = file.tell(), file.read(_LONGEST)
    file.seek(begin)
    return b"\r" if b"\r" in seen and b"\n" not in seen else b"\n"


def _raw(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """The lines with their numbers, without those that are empty; None for one that is too long."""
    lines = _after_returns(file) if line_end(file) == b"\r" else _after_feeds(file)
    for number, raw in enumerate(lines, 1):
        line = (raw.removeprefix(_BOM) if number == 1 else raw).rstrip(b"\r\n")
        if len(raw) > _LONGEST and not raw.endswith(b"\n"):
            yield number, None
        elif line:
            yield number, line


def _after_feeds(file: IO[bytes]) -> Iterator[bytes]:
    """Lines with their ends; one that is too long is cut, without an end."""
    while raw := file.readline(_LONGEST + 1):
        if len(raw) > _LONGEST and not raw.endswith(b"\n"):
            while (rest := file.readline(_LONGEST)) and not rest.endswith(b"\n"):
                pass
        yield raw


def _after_returns(file: IO[bytes]) -> Iterator[bytes]:
    """Lines that end with CR, without it; one that is too long is cut."""
    begun = b""
    while chunk := file.read(_LONGEST):
        *lines, begun = (begun + chunk).split(b"\r")
        yield from lines
        begun = begun[: _LONGEST + 1]
    yield begun


def _header(raw: bytes | None) -> tuple[list[str], str]:
    try:
        delimiter = ";" if raw is not None and raw.count(b";") > raw.count(b",") else ","
        return [cell.strip().lower().replace(" ", "_") for cell in _cells(raw, delimiter)], delimiter
    except _Broken as broken:
        raise Refused([Problem(pointer="", code=broken.code, message=f"has a first line that {broken.message}")]) from None


def _check(first: Sequence[str], known: Sequence[str], needed: str) -> None:
    there = f"there are: {', '.join(known)}"
    for name in first:
        if name not in known:
            said = f'has a column "{shown(name)}" in its first line that is not known{did_you_mean(name, known)}; {there}'
            raise Refused([Problem(pointer="", code="unknown_column", message=said)])
        if first.count(name) > 1:
            raise Refused([Problem(pointer="", code="duplicate_column", message=f'has the column "{name}" twice in its first line')])
    if needed not in first:
        said = f'has no first line with a column "{needed}"; {there}'
        raise Refused([Problem(pointer="", code="missing_column", message=said)])


def _cells(raw: bytes | None, delimiter: str) -> list[str]:
    if raw is None:
        raise _Broken("line_too_long", f"is longer than {_LONGEST} bytes")
    try:
        (cells,) = csv.reader([raw.decode()], delimiter=delimiter, strict=True)
    except UnicodeDecodeError:
        raise _Broken("invalid_unicode", "is not UTF-8; save the file as CSV in UTF-8") from None
    except (csv.Error, ValueError):
        raise _Broken("bad_quotes", _BAD_QUOTES) from None
    return cells


def _named(cells: Sequence[str], first: Sequence[str]) -> dict[str, str]:
    if any(cells[len(first) :]):
        raise _Broken("too_many_cells", f"has more cells than the first line, which names {len(first)} columns")
    return {name: _plain(stripped) for name, cell in zip(first, cells, strict=False) if (stripped := cell.strip(" "))}


def _plain(cell: str) -> str:
    """Without the `'` that keeps a spreadsheet from computing it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell

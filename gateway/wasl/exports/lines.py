"""Rows as lines of a file: CSV that spreadsheets open as it is meant, and NDJSON for programs."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Final

from pydantic_core import to_json, to_jsonable_python

from wasl.csv_lines import csv_text
from wasl.export_seen import Format

TYPES: Final[Mapping[Format, str]] = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}
"""What a file is, for whoever downloads it."""
_BOM = "\ufeff"
"""Without it spreadsheets take UTF-8 for something else, and Arabic for signs without a meaning."""


def first_lines(kind: Format, columns: Sequence[str]) -> bytes:
    """What a file begins with."""
    return f"{_BOM}{csv_text([columns])}".encode() if kind == "csv" else b""


def lines(kind: Format, columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> bytes:
    """The lines of these rows. No cell of CSV begins a formula (csv_text)."""
    if kind == "csv":
        told = itemgetter(*columns)
        return csv_text([[cell if isinstance(cell, str) else _cell(cell) for cell in told(row)] for row in rows]).encode()
    return b"".join(to_json(row) + b"\n" for row in rows)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(to_jsonable_python(value), ensure_ascii=False)

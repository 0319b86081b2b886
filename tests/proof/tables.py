"""All rows of a ledger, so that one can tell whether anything was written."""

from typing import Any

from tests.databases import rows
from wasl.ledger.tables import schema


def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    return {table.name: sorted(rows(url, f'SELECT * FROM "{table.name}"'), key=repr) for table in schema.sorted_tables}

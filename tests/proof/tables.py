"""All rows of a ledger, so that one can tell whether anything was written."""

from typing import Any

from tests.databases import rows
from wasl.ledger.tables import schema

_READ_ON = {"tallies", "tally_places", "address_owners", "address_owners_read"}  # behind the worker, every two seconds


def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but those that a task beside the worker derives from the others, in its own time."""
    tables = [table.name for table in schema.sorted_tables]
    assert set(tables) > _READ_ON
    return {name: sorted(rows(url, f'SELECT * FROM "{name}"'), key=repr) for name in tables if name not in _READ_ON}

"""SQLite keeps any value in any column: what is of the wrong kind is a finding, never a fault of the walk."""

import sqlite3

import pytest

from tests.gateway.verifying.shop import Kept


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE messages SET created_at = 'soon'", "its column created_at holds no number"),
        ("UPDATE messages SET due_at = 'soon' WHERE id = (SELECT min(id) FROM messages)", "its column due_at holds no number"),
        ("UPDATE deliveries SET claimed_at = 'soon'", "its column claimed_at holds no number"),
        ("UPDATE attempts SET started_at = 'soon'", "the column started_at holds no number"),
        ("UPDATE events SET at = 'soon'", "the column at holds no number"),
        ("UPDATE messages SET topic = x'00ff'", "its column topic holds no text"),
        ("UPDATE consents SET at = 'soon'", "rows cannot be read ("),
    ],
)
async def test_a_value_of_another_kind_is_told(kept: Kept, statement: str, said: str) -> None:
    with sqlite3.connect(kept.folder / "wasl.db") as database:
        assert database.execute(statement).rowcount > 0
    database.close()

    report = await kept.found()

    assert any(said in finding.said for finding in report.findings)

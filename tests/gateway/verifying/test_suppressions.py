"""P5 by the history of the suppression list: scope, end, removal, and the list of all brands."""

import sqlite3

import pytest

from tests.gateway.verifying.shop import Kept, named

MINUTE = 60_000_000
FOUND, FINE = True, False
INSERT = (
    "INSERT INTO suppression_changes (brand, channel, address_hash, id, at, scope, change, reason, source, expires_at)"
    " SELECT ?, d.channel, d.address_hash, ?, a.started_at + ?, ?, ?, ?, 'test', a.started_at + ? FROM deliveries d"
    " JOIN attempts a ON a.brand = d.brand AND a.message_id = d.message_id AND a.delivery = d.number WHERE d.message_id = ?"
)
Line = tuple[str, int, str, str, str, int | None]
"""Brand, minutes from the call, scope, change, reason, and the end in minutes from the call."""


def line(minutes: int, change: str = "added", *, ends: int | None = None, **how: str) -> Line:
    return how.get("brand", "default"), minutes, how.get("scope", ""), change, how.get("reason", "suppressed_manual"), ends


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        (FOUND, [line(-60)]),
        (FOUND, [line(-60, brand="*")]),
        (FOUND, [line(-60, scope="transactional")]),
        (FOUND, [line(-60, ends=1)]),
        (FOUND, [line(-60, ends=-30), line(-40, ends=30)]),
        (FOUND, [line(-60), line(-50, "removed"), line(-40)]),
        (FOUND, [line(-60), line(1, "removed")]),
        (FOUND, [line(-60, reason="suppressed_bounce"), line(-60), line(-50, "removed")]),
        (FOUND, [line(-60, brand="*"), line(-60), line(-50, "removed")]),
        (FINE, [line(1)]),
        (FINE, [line(-60, brand="other")]),
        (FINE, [line(-60, scope="promotional")]),
        (FINE, [line(-60, ends=-30)]),
        (FINE, [line(-60, ends=0)]),
        (FINE, [line(-60), line(-50, "removed")]),
        (FINE, [line(-60), line(-50, "removed"), line(-40, ends=-30)]),
    ],
)
async def test_a_call_is_held_against_what_was_listed_when_it_began(kept: Kept, found: bool, lines: list[Line]) -> None:
    with sqlite3.connect(kept.folder / "wasl.db") as database:
        for number, (brand, minutes, scope, change, reason, ends) in enumerate(lines):
            until = ends * MINUTE if ends is not None else None
            told = (brand, f"chg_{number}", minutes * MINUTE, scope, change, reason, until, kept.ids["sent"])
            assert database.execute(INSERT, told).rowcount == 1
    database.close()

    broken = named(await kept.found())

    assert broken == ({("P5", "no_call_after_a_suppression", kept.ids["sent"])} if found else set())

"""An act on a hundred thousand messages: in bounded memory. On PostgreSQL it is a fifth of them, but for `make proof`."""

import resource
import sys
from pathlib import Path

import pytest

from tests.databases import changed
from tests.gateway.acted import PASSWORD, REFUSED, Opened, aim, by, ended, failed
from tests.gateway.scripted import Carrier, Script
from wasl.ledger.tables import deliveries, messages

COUNT = 100_000


async def multiplied(url: str, message_id: str, count: int) -> None:
    """So many copies of a message, with its deliveries."""
    lite = url.startswith("sqlite")
    number = "printf('%013x', n.n)" if lite else "lpad(to_hex(n.n), 13, '0')"
    source = f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})"
    for table, key in ((messages, "id"), (deliveries, "message_id")):
        names = [column.name for column in table.columns]
        told = ", ".join(f"substr({name}, 1, 23) || {number}" if name == key else name for name in names)
        await changed(
            url, f"INSERT INTO {table.name} ({', '.join(names)}) {source} SELECT {told} FROM {table.name}, n WHERE {key} = '{message_id}'"
        )


def resident() -> int:
    """Bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
async def test_a_hundred_thousand_messages_take_no_more_memory_than_some(
    opened: Opened, database: str, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    whole = database.startswith("sqlite") or pytestconfig.getoption("--proof")
    count = COUNT if whole else COUNT // 5
    monkeypatch.setattr("wasl.acting._PIECE", 500)
    monkeypatch.setattr("wasl.working_off._SHARE", 0)
    monkeypatch.setattr("wasl.working_off._EVERY", 3600)
    gateway = await opened({"mail": Carrier("email", Script(then=REFUSED))})
    bob = await gateway.add_user("bob", PASSWORD, "operator")
    (one,) = await failed(gateway, 1)
    await changed(database, "UPDATE deliveries SET state = 'sent', reason = NULL")
    await multiplied(database, one, count - 1)
    await changed(database, "ANALYZE")
    foreseen = await gateway.foresee_act("cancel", aim(gateway, ""))
    asked = await by(gateway, bob).ask_act("cancel", aim(gateway, ""), count, second=False)
    before = resident()

    act = await ended(gateway, asked)

    assert (foreseen.count, act.state, act.fates) == (count, "done", {"not_waiting": count})
    assert len(await gateway.act_left_alone(act.id)) == 1000
    assert resident() - before < 16_000_000

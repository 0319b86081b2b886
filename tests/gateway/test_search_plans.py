"""What the console asks both engines is found by an index: no statement of the list, a person or a search walks over all messages.

The statements are those that are really run; each is explained as it would be for any values, in a database without statistics.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import Connection, Engine, event

from tests.gateway.brands.faces import written
from tests.gateway.scripted import Carrier, message
from wasl.api import Gateway, Submission
from wasl.ledger.search_legs import Step, Wanted, window
from wasl.person_life import LifeFilter
from wasl.searching.language import parse

Opened = Callable[..., Awaitable[Gateway]]
Plan = Sequence[str]
BRANDS = ("acme", "beta", "default")
BRAND_FILES: Mapping[str, str] = {"acme": 'title = "Acme"', "beta": 'title = "Beta"'}
ANN = {"id": "u_1", "email": "ann@example.com"}
QUERIES = (
    "", "is:failed", "is:failed after:24h", "status:unknown", "-status:delivered", "topic:offers", "topic:offers status:failed",
    "channel:email", "provider:mail", "error:550", "reason:poison", "is:clicked", "is:resent", "is:failover", "has:attachment", "has:error",
    "tag:vip", "meta.campaign:c-7", "template:order*", "locale:ar", "zebra", '"no such phrase" is:failed', "after:60d before:59d",
)  # fmt: skip
OF_SOMEBODY = ("person:u_1", "person:u_1 is:failed", "to:ann@example.com", "ann@example.com zebra", "ref:order-1", "order-1")
_TABLES = "messages|deliveries|attempts|events|recipients|provider_refs"
_SCANNED = re.compile(rf"\bSCAN (?:{_TABLES}|leading|other)\b|\bSeq Scan\b|\bGather\b")
_BRAND_ALONE = re.compile(r"SEARCH messages USING .*\(brand=\?(?: AND id[<>]\?)*\)$")
"""SQLite reading a brand's messages one after the other."""
_SCAN = re.compile(rf"Scan .*\bon (?:{_TABLES})\b")
_NARROW = re.compile(r"\b(?:id|message_id|recipient_id|reference|about|ref|number) =|= ANY|\bstate = ")


@contextmanager
def explained() -> Iterator[list[Plan]]:
    """The plans of all statements of SQLAlchemy's that are run meanwhile."""
    plans: list[Plan] = []
    busy = False

    def explain(connection: Connection, _cursor: object, statement: str, parameters: Sequence[object], *_: object) -> None:
        nonlocal busy
        if not busy and statement.startswith(("SELECT", "WITH")):
            busy = True
            plans.append(_plan(connection, statement, parameters))
            busy = False

    event.listen(Engine, "after_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(Engine, "after_cursor_execute", explain)


def _plan(connection: Connection, statement: str, parameters: Sequence[object]) -> Plan:
    if connection.dialect.name == "sqlite":
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(parameters))]
    for setting in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size", "min_parallel_index_scan_size"):
        connection.exec_driver_sql(f"SET LOCAL {setting} = 0")
    connection.exec_driver_sql(f"PREPARE asked AS {statement}")
    values = ", ".join(["NULL"] * len(parameters))
    plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN EXECUTE asked{f'({values})' if values else ''}")]
    connection.exec_driver_sql("DEALLOCATE asked")
    return plan


def walks(plan: Plan) -> list[str]:
    """What of a plan reads more than an index leads to."""
    found = [line for line in plan if _SCANNED.search(line)]
    for place, line in enumerate(plan):
        if _SCAN.search(line):
            told = " ".join(_below(plan, place))
            if "Index Cond" not in told or ("Filter" in told and not _NARROW.search(told)):
                found.append(f"{line.strip()}: {told}")
    return found


def _below(plan: Plan, place: int) -> list[str]:
    """The lines that belong to a node of PostgreSQL's."""
    lines = []
    for line in plan[place + 1 :]:
        if line.lstrip().startswith(("->", "SubPlan", "InitPlan")):
            break
        lines.append(line.strip())
    return lines


@pytest.fixture
async def gateway(opened: Opened, database: str, tmp_path: Path) -> Gateway:
    gateway = await opened({"mail": Carrier("email")}, worker=False, brands=written(tmp_path / "brands", BRAND_FILES))
    for brand in BRANDS:
        people = [ANN, *({"id": f"u_{number}", "email": f"u{number}@example.com"} for number in range(2, 150))]
        await gateway.of(brand).accept_many([Submission(message(one, about=f"order-{n}")) for n, one in enumerate(people, 1)])
    if database.startswith("postgresql"):  # it plans by what it knows of the tables; SQLite knows nothing
        connection = await asyncpg.connect(database)
        states = "(ARRAY['delivered', 'delivered', 'sent', 'failed', 'withheld'])[ascii(right(message_id, 1)) % 5 + 1]"
        await connection.execute(f"UPDATE deliveries SET state = {states}")
        await connection.execute("VACUUM ANALYZE messages, deliveries, recipients")
        await connection.close()
    return gateway


async def test_no_search_walks_over_all_messages(gateway: Gateway) -> None:
    now = datetime.now(UTC)

    with explained() as plans:
        for query in (*QUERIES, *OF_SOMEBODY):
            asked = await gateway.understood(query, brands=BRANDS)
            await gateway.search(asked)
            await gateway.strip_of(asked, (now - timedelta(days=1), now))
        for query in QUERIES[:4]:
            await gateway.count_found(query, brands=BRANDS)
            await gateway.keys_found(query, most=2, brands=BRANDS, newer_than="msg_0")
        await gateway.oldest_message(brands=BRANDS)

    assert len(plans) > len(QUERIES)
    assert [walked for plan in plans if (walked := walks(plan))] == []


async def test_what_is_somebodys_is_found_by_whose_it_is_or_by_its_id(gateway: Gateway) -> None:
    with explained() as plans:
        for query in OF_SOMEBODY:
            await gateway.search(query, brands=BRANDS)
        await gateway.of("acme").glance("u_1")
        page = await gateway.of("acme").life("u_1", limit=1)
        await gateway.of("acme").life("u_1", limit=1, cursor=page.next_cursor)
        await gateway.of("acme").life("u_1", LifeFilter(channel="email", problems=True))

    assert [walked for plan in plans if (walked := [*walks(plan), *filter(_BRAND_ALONE.search, plan)])] == []


async def test_the_messages_of_several_brands_are_merged_as_they_are_read(gateway: Gateway) -> None:
    with explained() as plans:
        await gateway.search("", brands=BRANDS)

    merged = [line for plan in plans for line in plan if "MERGE (UNION ALL)" in line or "Merge Append" in line]
    assert merged


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_window_says_its_size_so_that_no_plan_is_one_for_a_tenth_of_all(dialect: str) -> None:
    seen = window(Wanted(BRANDS, parse("", datetime.now(UTC), UTC)), Step(51), dialect)

    assert str(seen.original).endswith("LIMIT 51")

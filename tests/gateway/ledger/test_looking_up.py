"""PostgreSQL looks rows up by their index and never walks over a table, however it plans while the tables are young."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from tests.databases import rows
from tests.gateway.scripted import Carrier, message, specs, world
from tests.postgres import Server
from wasl.api import Gateway, Submission

_MESSAGES, _BATCH = 600, 20
_MOST = 250  # rows read for one message, from acceptance to its end, by all statements together
# It is twenty where PostgreSQL has looked at the tables, and hundreds before, as long as they are that small.
_READ = """
    SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) AS rows FROM pg_stat_user_tables
    WHERE seq_tup_read + coalesce(idx_tup_fetch, 0) > 0 ORDER BY rows DESC
"""


@pytest.fixture
def database(postgres: Server, migrated: str) -> str:
    return postgres.fresh(migrated)


async def test_no_statement_walks_over_a_table_that_grows(database: str, folder: Path, brisk: None) -> None:
    topics = {"offers": {"category": "promotional", "consent": "implied", "quiet_hours": False}}
    caps = {"a_day": {"limit": 5, "per": "1d", "categories": ["promotional"]}}

    async with Gateway(specs(folder, {"mail": Carrier("email")}, database=database, topics=topics, caps=caps), world=world()) as gateway:
        for start in range(0, _MESSAGES, _BATCH):
            told = [
                message({"id": f"u_{n}", "email": f"p{n}@example.com"}, topic="offers", about=f"offer-{n}", fact=f"fact-{n}")
                for n in range(start, start + _BATCH)
            ]
            await gateway.accept_many([Submission(one) for one in told])
        while rows(database, "SELECT 1 FROM deliveries WHERE due_at IS NOT NULL LIMIT 1"):  # noqa: ASYNC110 - nobody tells when all is sent
            await asyncio.sleep(0.05)

    read = await rows_read(database)
    assert sum(read.values()) < _MOST * _MESSAGES, read


async def rows_read(database: str) -> dict[str, int]:
    """By table, of all connections that have ended: each tells then what it has read."""
    connection = await asyncpg.connect(database)
    try:
        return {row["relname"]: row["rows"] for row in await connection.fetch(_READ)}
    finally:
        await connection.close()

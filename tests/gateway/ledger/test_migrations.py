import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from tests.databases import rows
from wasl.ledger import migrate as migrating
from wasl.ledger.migrate import HEAD, migrate, migrate_postgres, version
from wasl.ledger.postgres import engine_of
from wasl.ledger.tables import schema

MIGRATIONS = Path(migrating.__file__).with_name("migrations")
MIGRATE = """
import sys
from pathlib import Path
from alembic import command
from wasl.ledger.migrate import migrate
print("ready", flush=True)
sys.stdin.readline()
migrate(Path(sys.argv[1]))
"""


def starting(path: Path) -> "subprocess.Popen[str]":
    """A process that is about to migrate."""
    process = subprocess.Popen(
        [sys.executable, "-c", MIGRATE, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def tables(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    found = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    return found


def test_head_is_the_newest_migration() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))

    assert scripts.get_heads() == [HEAD]
    assert sorted(path.name for path in MIGRATIONS.glob("versions/*.py"))[-1].startswith(f"{HEAD}_")


def test_the_migrations_make_exactly_the_schema_of_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "wasl.db"
    migrate(path)
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    twin = create_engine(f"sqlite:///{tmp_path / 'twin.db'}", poolclass=NullPool)
    schema.create_all(twin)

    with engine.connect() as connection:
        differences = differing(connection)

    assert differences == []
    assert definitions(path) == definitions(tmp_path / "twin.db")


def definitions(path: Path) -> dict[str, list[str]]:
    """Every table and index with its words in any order: what compare_metadata does not look at (WITHOUT ROWID, partial indexes)."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name != 'alembic_version'").fetchall()
    connection.close()
    return {name: sorted(sql.replace(",", " ").replace("(", " ").replace(")", " ").replace('"', "").split()) for name, sql in rows}


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "wasl.db"
    migrate(path)
    before = path.read_bytes()

    migrate(path)

    assert path.read_bytes() == before


def test_two_processes_that_start_at_once_both_find_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "wasl.db"
    both = [starting(path), starting(path)]

    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=30) for process in both]

    assert [process.returncode for process in both] == [0, 0], ended
    assert version(path) == HEAD


@pytest.mark.parametrize("milliseconds", [0, 1, 4])
def test_a_migration_that_is_killed_is_whole_or_absent_and_the_next_start_completes_it(tmp_path: Path, milliseconds: int) -> None:
    path, begun = tmp_path / "wasl.db", tmp_path / "wasl.db-journal"
    process = starting(path)
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    while not begun.exists() and process.poll() is None:
        time.sleep(0.0002)
    time.sleep(milliseconds / 1000)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)

    found = version(path)

    assert found in (None, HEAD)
    assert tables(path) - {"alembic_version"} == (set() if found is None else set(schema.tables))
    migrate(path)
    assert tables(path) == {*schema.tables, "alembic_version"}


FIRST_MESSAGE = """INSERT INTO messages
 (brand, id, created_at, due_at, expires_at, recipient_id, topic, category, mode, channels, locale, body, metadata, config)
 VALUES ('acme', 'msg_1', 1, 1, 9, 'u_1', 'offers', 'promotional', 'first', '["email"]', 'en', '{}', '{}', 'v')"""
FIRST_DELIVERY = """INSERT INTO deliveries
 (brand, message_id, number, state, marks, fence, lane, priority, due_at, attempts, refused, tried)
 VALUES ('acme', 'msg_1', 1, 'accepted', '[]', 0, 'email', 3, 1, 0, '[]', '[]')"""

FIRST_SUPPRESSION = """INSERT INTO suppressions (brand, channel, address_hash, address, reason, source, since)
 VALUES ('acme', 'email', '01', 'a•••', 'suppressed_bounce', 'mail', 1)"""
FIRST_ATTEMPT = """INSERT INTO attempts (brand, message_id, delivery, number, provider, started_at)
 VALUES ('acme', 'msg_1', 1, 1, 'mail', 2)"""


SUPPRESSED = "channel, address_hash, scope, reason, source"


def first_schema(connection: Connection) -> None:
    """The schema of the first version, with a message that waits after a call."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")
    connection.execute(text(FIRST_MESSAGE))
    connection.execute(text(FIRST_DELIVERY))
    connection.execute(text(FIRST_ATTEMPT))
    connection.execute(text(FIRST_SUPPRESSION))


def test_what_waited_under_the_first_schema_waits_on(tmp_path: Path) -> None:
    path = tmp_path / "wasl.db"
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        first_schema(connection)

    migrate(path)

    assert rows(f"sqlite:///{path}", "SELECT flow, strikes, ordering_key FROM deliveries") == [("3/acme/offers", 0, None)]
    assert rows(f"sqlite:///{path}", "SELECT recipient_id FROM attempts") == [("u_1",)]
    assert rows(f"sqlite:///{path}", f"SELECT {SUPPRESSED} FROM suppressions") == [("email", "01", "", "suppressed_bounce", "mail")]
    assert rows(f"sqlite:///{path}", f"SELECT {SUPPRESSED}, change, at FROM suppression_changes") == [
        ("email", "01", "", "suppressed_bounce", "mail", "added", 1),
    ]
    assert definitions(path) == definitions(fresh(tmp_path / "other.db"))


async def test_what_waited_under_the_first_schema_waits_on_in_postgresql(postgres_url: str) -> None:
    engine = engine_of(postgres_url)
    async with engine.begin() as connection:
        await connection.run_sync(first_schema)

    await migrate_postgres(engine)
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda c: compare_metadata(MigrationContext.configure(c, opts={"compare_type": True}), schema)
        )
    await engine.dispose()

    assert rows(postgres_url, "SELECT flow, strikes, ordering_key FROM deliveries") == [("3/acme/offers", 0, None)]
    assert rows(postgres_url, "SELECT recipient_id FROM attempts") == [("u_1",)]
    assert rows(postgres_url, f"SELECT {SUPPRESSED} FROM suppressions") == [("email", "01", "", "suppressed_bounce", "mail")]
    assert rows(postgres_url, f"SELECT {SUPPRESSED}, change, at FROM suppression_changes") == [
        ("email", "01", "", "suppressed_bounce", "mail", "added", 1),
    ]
    assert differences == []


def differing(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), schema))


def fresh(path: Path) -> Path:
    migrate(path)
    return path

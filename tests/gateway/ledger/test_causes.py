"""Why a PostgreSQL database cannot be used: the cause by its kind, the fix beside it, and never the password."""

import asyncio
import socket
from pathlib import Path

import asyncpg
import pytest

from wasl.config import Config
from wasl.errors import LedgerUnavailable, Unusable
from wasl.ledger.opening import open_store, require_schema, schema_version
from wasl.ledger.postgres import Postgres
from wasl.ledger.postgres_faults import cause, place, translated
from wasl.ledger.walking import Walk


async def why(url: str) -> str:
    with pytest.raises(Unusable) as told:
        await open_store(Config(database=url))
    assert "secret" not in told.value.message
    with pytest.raises(Unusable):
        await schema_version(Config(database=url))
    return told.value.message


async def run(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


async def test_a_wrong_url_is_told_by_the_kind_of_its_mistake(postgres_url: str) -> None:
    server, _, name = postgres_url.rpartition("/")
    address = server.rpartition("@")[2]

    assert "the role is not there" in await why(f"postgresql://nobody_here:secret@{address}/{name}")
    assert "no database of that name. Make it with createdb" in await why(f"{server}/no_such_name")
    assert "it has no TLS, which sslmode demands" in await why(f"{postgres_url}?sslmode=require")
    assert "x at 127.0.0.1:1 as ann cannot be used: nothing listens" in await why("postgresql://ann:secret@127.0.0.1:1/x")


async def test_what_is_no_postgresql_is_told() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    said = await why(f"postgresql://ann:secret@127.0.0.1:{port}/x")

    assert "what answers there is not PostgreSQL" in said
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (socket.gaierror(-2, "unknown"), "its host is not known"),
        (asyncpg.InvalidPasswordError(""), "its role or password is refused"),
        (asyncpg.CannotConnectNowError(""), "starting up"),
        (TimeoutError(), "does not answer"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 111] Connect call failed"), "nothing listens"),
    ],
)
def test_each_kind_of_failure_has_its_cause_however_often_it_is_wrapped(error: Exception, said: str) -> None:
    wrapped = LedgerUnavailable("It is away.")
    wrapped.__cause__ = RuntimeError("SQLAlchemy's")
    wrapped.__cause__.__cause__ = error

    assert said in cause(error).said
    assert cause(wrapped) == cause(error)


def test_a_read_only_database_does_not_ask_to_come_again_in_a_few_seconds() -> None:
    error = translated(asyncpg.ReadOnlySQLTransactionError(""))

    assert isinstance(error, LedgerUnavailable)
    assert "primary" in error.suggested_action
    assert "few seconds" not in error.suggested_action


@pytest.mark.parametrize("url", ["postgresql://ann:12/cret@host/db", "postgresql://ann:se/cret@host/db", "postgresql://[::1/db"])
def test_a_place_that_may_hold_a_part_of_the_password_is_not_told(url: str) -> None:
    assert place(url) == ""


async def test_a_role_without_rights_a_lost_table_and_a_read_only_database_are_told_at_the_start(postgres_url: str) -> None:
    server, _, name = postgres_url.rpartition("/")
    await (await Postgres.open(postgres_url)).close()
    await run(postgres_url, "DROP ROLE IF EXISTS weak", "CREATE ROLE weak LOGIN", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO weak")
    try:
        with pytest.raises(Unusable, match=r"lacks rights on .*messages.*grant it SELECT, INSERT"):
            await open_store(Config(database=f"postgresql://weak@{server.rpartition('@')[2]}/{name}"))
        await run(postgres_url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        with pytest.raises(Unusable, match="is read-only"):
            await open_store(Config(database=postgres_url))
    finally:
        await run(postgres_url, "SET default_transaction_read_only = off", "DROP OWNED BY weak", "DROP ROLE weak")


async def test_a_lost_table_is_told_at_the_start_and_by_who_checks(database: str) -> None:
    store = await open_store(Config(database=database))
    async with store.engine.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE events")
    await store.close()

    with pytest.raises(Unusable, match=r"lacks events: its schema is not what this wasl needs\. Restore"):
        await open_store(Config(database=database))
    walk = Walk(Path(database.removeprefix("sqlite:///")) if database.startswith("sqlite") else database)
    with pytest.raises(Unusable, match="lacks events"):
        await walk.require_whole()
    await walk.close()


async def test_who_only_looks_makes_no_schema(postgres_url: str) -> None:
    config = Config(database=postgres_url)

    with pytest.raises(Unusable, match=r"no database yet.*wasl migrate up"):
        await require_schema(config)

    assert await schema_version(config) is None


def test_an_error_that_has_become_the_cause_of_its_own_cause_is_translated_all_the_same() -> None:
    lost, meant = ConnectionResetError(), LedgerUnavailable("The database could not be reached.")
    lost.__cause__, meant.__cause__ = meant, lost

    assert isinstance(translated(lost), LedgerUnavailable)

"""Runs the migrations on the path that `wasl.ledger.migrate` gives."""

import sqlite3

from alembic import context
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from wasl.ledger.tables import schema


def run() -> None:
    path = context.config.attributes["path"]
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(path, timeout=30, isolation_level=None), poolclass=NullPool)

    # Python's driver would commit before DDL; with BEGIN IMMEDIATE by hand a migration is whole or absent, and two starts take turns.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=schema, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()

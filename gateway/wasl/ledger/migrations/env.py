"""Runs the migrations on the connection that `wasl.ledger.migrate` gives, in the transaction that it has begun."""

from alembic import context

from wasl.ledger.tables import schema

context.configure(connection=context.config.attributes["connection"], target_metadata=schema, render_as_batch=True)
context.run_migrations()

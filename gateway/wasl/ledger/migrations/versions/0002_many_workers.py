"""Many workers: fair claims by flow, strikes of poison, ordering keys, and the state of providers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("messages", sa.Column("ordering_key", sa.Text(), nullable=True))
    op.add_column("deliveries", sa.Column("ordering_key", sa.Text(), nullable=True))
    op.add_column("deliveries", sa.Column("strikes", sa.SmallInteger(), nullable=False, server_default="0"))
    op.add_column("deliveries", sa.Column("flow", sa.Text(), nullable=False, server_default=""))
    op.execute(
        "UPDATE deliveries SET flow = CAST(priority AS TEXT) || '/' || brand || '/' || (SELECT topic FROM messages"
        " WHERE messages.brand = deliveries.brand AND messages.id = deliveries.message_id)"
    )
    op.drop_index("deliveries_due", "deliveries")
    op.drop_column("deliveries", "priority")
    live, ordered = sa.text("due_at IS NOT NULL"), sa.text("ordering_key IS NOT NULL AND due_at IS NOT NULL")
    op.create_index("deliveries_due", "deliveries", ["lane", "flow", "due_at"], sqlite_where=live, postgresql_where=live)
    op.create_index(
        "deliveries_in_order", "deliveries", ["brand", "ordering_key", "message_id"], sqlite_where=ordered, postgresql_where=ordered
    )
    op.create_table(
        "providers",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("next_call_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("brand", "name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "commits",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection"),
        sqlite_with_rowid=False,
    )

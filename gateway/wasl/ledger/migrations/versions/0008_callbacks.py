"""Callbacks."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "callbacks",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("brand", sa.Text()),
        sa.Column("message_id", sa.Text()),
        sa.Column("delivery", sa.Integer()),
        sa.Column("address_hash", sa.Text()),
        sa.Column("raw", sa.LargeBinary()),
        sa.Column("held_by", sa.Text()),
        sa.Column("event", sa.LargeBinary()),
        sa.Column("look_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("provider", "key"),
    )
    for name, columns, condition in (
        ("callbacks_to_match", ["look_at"], "look_at IS NOT NULL"),
        ("callbacks_of_message", ["brand", "message_id"], "message_id IS NOT NULL"),
        ("callbacks_of_address", ["address_hash"], "address_hash IS NOT NULL"),
        ("callbacks_by_state", ["state", "id"], "state != 'settled'"),
    ):
        op.create_index(name, "callbacks", columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
    op.create_table(
        "provider_refs",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "ref"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "confirmations",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("places", sa.Text(), nullable=False),
        sa.Column("judged", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("overdue", sa.Integer(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.Column("silent_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("provider"),
        sqlite_with_rowid=False,
    )

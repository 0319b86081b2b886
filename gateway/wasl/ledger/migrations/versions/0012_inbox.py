"""The in-app feed."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("archived_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("brand", "message_id", "delivery"),
        sqlite_with_rowid=False,
    )
    op.create_index("inbox_by_number", "inbox", ["brand", "owner", "number"])
    op.create_index("inbox_by_revision", "inbox", ["brand", "owner", "revision"])
    unread = sa.text("read_at IS NULL AND archived_at IS NULL")
    op.create_index("inbox_unread", "inbox", ["brand", "owner"], sqlite_where=unread, postgresql_where=unread)

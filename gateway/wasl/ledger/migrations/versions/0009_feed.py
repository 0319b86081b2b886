"""The feed of what happened."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    transaction = sa.text("(pg_current_xact_id()::text::bigint)") if postgres else None
    op.create_table(
        "feed",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False, server_default=transaction),
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("brand", "xid", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("feed_by_age", "feed", ["at"])

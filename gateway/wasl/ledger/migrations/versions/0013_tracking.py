"""Tracking."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "tracked",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("clicks", sa.Integer(), nullable=False),
        sa.Column("targets", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("brand", "message_id", "delivery", "attempt"),
        sqlite_with_rowid=False,
    )

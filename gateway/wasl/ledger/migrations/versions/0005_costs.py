"""What sending costs: units and price of an attempt, and what was spent on each day."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("attempts", sa.Column("cost_units", sa.SmallInteger(), nullable=True))
    op.add_column("attempts", sa.Column("encoding", sa.Text(), nullable=True))
    op.add_column("attempts", sa.Column("cost", sa.BigInteger(), nullable=True))
    op.add_column("attempts", sa.Column("currency", sa.Text(), nullable=True))
    op.add_column("attempts", sa.Column("spent_on", sa.Text(), nullable=True))
    op.create_table(
        "spending",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "brand", "channel", "category", "currency"),
        sqlite_with_rowid=False,
    )

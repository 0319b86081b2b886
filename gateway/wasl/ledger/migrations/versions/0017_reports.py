"""Reports."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_KEY = ("channel", "provider", "template", "category", "country", "reason", "currency")
_COUNTS = (
    "sent", "silent", "delivered", "bounced", "failed", "withheld", "expired", "cancelled", "saved", "opened", "read", "clicked",
    "replied", "unsubscribed", "complained", "priced", *(f"within_{place}" for place in range(16)),
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "tallies",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _KEY),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("brand", "grain", "at", *_KEY),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tally_places",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("brand"),
        sqlite_with_rowid=False,
    )

"""Escalation: what a message waits for before its next channel goes, and which channels a recipient prefers."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("messages", sa.Column("proof", sa.Text(), nullable=True))
    op.add_column("messages", sa.Column("escalate_after", sa.BigInteger(), nullable=True))
    op.add_column("recipients", sa.Column("preferred", sa.Text(), nullable=True))

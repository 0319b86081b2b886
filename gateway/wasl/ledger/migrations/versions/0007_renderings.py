"""Renderings: the digest of the bytes that a provider got, and what is needed to make them again."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("attempts", sa.Column("digest", sa.Text(), nullable=True))
    op.add_column("attempts", sa.Column("dated_at", sa.BigInteger(), nullable=True))
    op.add_column("attempts", sa.Column("made_by", sa.Text(), nullable=True))

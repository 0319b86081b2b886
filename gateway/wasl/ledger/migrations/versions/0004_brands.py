"""Brands: the version of the brand that a message was accepted with."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("messages", sa.Column("brand_version", sa.Text(), nullable=True))

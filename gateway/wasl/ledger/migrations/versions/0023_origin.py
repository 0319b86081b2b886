"""Origin: who asked for a message, and by which request."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("messages", sa.Column("origin", sa.Text(), nullable=True))

"""Users whom an identity provider knows, and which sign-ins came back from there."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("users", sa.Column("subject", sa.Text(), nullable=True))
    op.create_index("users_by_subject", "users", ["subject"], unique=True)
    op.create_table(
        "sign_ons",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        sqlite_with_rowid=False,
    )
    op.create_index("sign_ons_by_time", "sign_ons", ["at"])

"""Search."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_LITE = """UPDATE messages SET reference = substr(CAST(json_extract(metadata, '$.ref') AS TEXT), 1, 100)
 WHERE metadata <> '{}' AND json_type(metadata, '$.ref') IN ('text', 'integer')"""
_POSTGRES = """UPDATE messages SET reference = left(metadata::json ->> 'ref', 100)
 WHERE metadata <> '{}' AND (json_typeof(metadata::json -> 'ref') = 'string' OR metadata::json ->> 'ref' ~ '^-?[0-9]+$')"""


def upgrade() -> None:
    op.add_column("messages", sa.Column("reference", sa.Text(), nullable=True))
    op.execute(_POSTGRES if op.get_bind().dialect.name == "postgresql" else _LITE)
    for name in ("reference", "about"):
        told = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"messages_found_by_{name}", "messages", ["brand", name, "id"], sqlite_where=told, postgresql_where=told)
    op.create_table(
        "saved_views",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "bulk_acts",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("fates", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("token"),
        sqlite_with_rowid=False,
    )
    op.create_index("bulk_acts_by_age", "bulk_acts", ["at"])

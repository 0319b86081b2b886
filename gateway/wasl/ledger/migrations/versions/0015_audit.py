"""Audit."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_SQLITE = "CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
_REFUSE = """CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$"""
_POSTGRES = "CREATE TRIGGER {table}_append_only BEFORE {verbs} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_with_rowid=False,
    )
    op.create_index("audit_by_actor", "audit", ["actor_id", "number"])
    op.create_index("audit_by_action", "audit", ["action", "number"])
    op.create_table(
        "audit_details",
        sa.Column("number", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_with_rowid=False,
    )
    op.create_index("audit_by_object", "audit_details", ["object", "number"])
    if op.get_bind().dialect.name == "sqlite":
        for table, verb in (("audit", "UPDATE"), ("audit", "DELETE"), ("audit_details", "UPDATE")):
            op.execute(_SQLITE.format(table=table, verb=verb))
    else:
        op.execute(_REFUSE)
        op.execute(_POSTGRES.format(table="audit", verbs="UPDATE OR DELETE OR TRUNCATE"))
        op.execute(_POSTGRES.format(table="audit_details", verbs="UPDATE OR TRUNCATE"))

"""The tables of the audit."""

from sqlalchemy import DDL, BigInteger, Column, Index, LargeBinary, MetaData, Table, Text, event

_SQLITE = "CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
_REFUSE = """CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$"""
_POSTGRES = "CREATE TRIGGER {table}_append_only BEFORE {verbs} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
_REFUSED = (("audit", "UPDATE"), ("audit", "DELETE"), ("audit_details", "UPDATE"))
_REFUSED_THERE = {"audit": "UPDATE OR DELETE OR TRUNCATE", "audit_details": "UPDATE OR TRUNCATE"}


def audit_tables(schema: MetaData) -> tuple[Table, Table]:
    """`audit`, append-only: triggers refuse every change; `audit_details`, apart, because what tells of a person goes with them."""
    audit = Table(
        "audit",
        schema,
        Column("number", BigInteger, primary_key=True, autoincrement=False),  # from 1, without a gap, in the order of the commits
        Column("at", BigInteger, nullable=False),  # never before that of the row before
        Column("actor_kind", Text, nullable=False),
        Column("actor_id", Text, nullable=False),
        Column("actor_name", Text, nullable=False),
        Column("role", Text, nullable=False),
        Column("action", Text, nullable=False),
        Column("brand", Text, nullable=False),
        Column("details", LargeBinary, nullable=False),  # SHA-256 of what audit_details has, with its salt
        Column("hash", LargeBinary, nullable=False),  # audit_chain.py
        Index("audit_by_actor", "actor_id", "number"),
        Index("audit_by_action", "action", "number"),
        sqlite_with_rowid=False,
    )
    audit_details = Table(  # changes are refused too, but rows may go: an entry then tells which
        "audit_details",
        schema,
        Column("number", BigInteger, primary_key=True, autoincrement=False),
        Column("salt", LargeBinary, nullable=False),  # so that nobody finds out by guessing what a row held that went
        Column("object", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("facts", Text, nullable=False),  # JSON
        Index("audit_by_object", "object", "number"),
        sqlite_with_rowid=False,
    )
    guards = [DDL(_SQLITE.format(table=table, verb=verb)).execute_if(dialect="sqlite") for table, verb in _REFUSED]  # type: ignore[no-untyped-call]
    guards += [DDL(_REFUSE).execute_if(dialect="postgresql")]  # type: ignore[no-untyped-call]
    guards += [DDL(_POSTGRES.format(table=name, verbs=verbs)).execute_if(dialect="postgresql") for name, verbs in _REFUSED_THERE.items()]  # type: ignore[no-untyped-call]
    for guard in guards:
        event.listen(schema, "after_create", guard)
    return audit, audit_details

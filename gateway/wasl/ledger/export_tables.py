"""The tables of exports."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text

from wasl.ledger.leases import lease_columns


def export_tables(schema: MetaData) -> tuple[Table, Table]:
    """`exports`, files that users asked for and how far each is written; `export_parts`, what is written of them."""
    exports = Table(
        "exports",
        schema,
        Column("id", Text, primary_key=True),
        Column("user_id", Text, nullable=False),
        Column("role", Text, nullable=False),  # theirs when they asked
        Column("kind", Text, nullable=False),  # messages, suppressions, consents, audit
        Column("format", Text, nullable=False),
        Column("brands", Text, nullable=False),  # JSON list; empty: all
        Column("sealed", LargeBinary, nullable=False),  # what was asked for, encrypted; empty once it can hold nothing any more
        Column("state", Text, nullable=False),  # waiting, writing, ready, stopped, failed, discarded
        Column("fault", Text),
        Column("expected", BigInteger, nullable=False),  # rows
        Column("at_least", SmallInteger, nullable=False),
        Column("rows", BigInteger, nullable=False),  # written so far
        Column("bytes", BigInteger, nullable=False),
        Column("parts", Integer, nullable=False),
        Column("place", Text, nullable=False),  # where writing goes on
        Column("asked_at", BigInteger, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        Column("ended_at", BigInteger),
        *lease_columns(),
        Index("exports_by_user", "user_id", "asked_at"),
        Index("exports_by_end", "expires_at"),
        sqlite_with_rowid=False,
    )
    export_parts = Table(
        "export_parts",
        schema,
        Column("export_id", Text, primary_key=True),
        Column("number", Integer, primary_key=True),
        Column("sealed", LargeBinary, nullable=False),  # lines of the file, compressed and encrypted
        Column("about", LargeBinary, nullable=False),  # keyed hashes, 8 bytes each, of the ids that its lines tell of
    )
    return exports, export_parts

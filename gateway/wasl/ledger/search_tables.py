"""The tables of those who search: their own views, and what acts on many messages did."""

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text


def search_tables(schema: MetaData) -> tuple[Table, Table]:
    """`saved_views`, queries that a user gave a name; `bulk_acts`, what was done to many messages at a time."""
    saved_views = Table(
        "saved_views",
        schema,
        Column("user_id", Text, primary_key=True),
        Column("name", Text, primary_key=True),
        Column("query", Text, nullable=False),
        Column("at", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    bulk_acts = Table(
        "bulk_acts",
        schema,
        Column("token", Text, primary_key=True),  # of the form that was sent
        Column("user_id", Text, nullable=False),
        Column("act", Text, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("fates", Text, nullable=False),  # JSON: what became of each message
        Index("bulk_acts_by_age", "at"),
        sqlite_with_rowid=False,
    )
    return saved_views, bulk_acts

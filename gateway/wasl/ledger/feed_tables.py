"""The table of the feed."""

from sqlalchemy import BigInteger, Column, Identity, Index, MetaData, Table, Text


def feed_table(schema: MetaData) -> Table:
    """What happened, a row for each brand and commit, in the order in which it is read (feed.py)."""
    return Table(
        "feed",
        schema,
        Column("brand", Text, primary_key=True),
        # The transaction that wrote it, which PostgreSQL fills in itself; 0 on SQLite, where one transaction writes at a time.
        Column("xid", BigInteger, primary_key=True, autoincrement=False),
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("at", BigInteger, nullable=False),
        Column("entries", Text, nullable=False),  # JSON list
        Index("feed_by_age", "at"),
        sqlite_with_rowid=False,
    )

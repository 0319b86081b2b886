"""The table of the in-app feed."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text, and_


def inbox_table(schema: MetaData) -> Table:
    """What people find in their feed, a row for each delivery (inbox.py)."""
    inbox = Table(
        "inbox",
        schema,
        Column("brand", Text, primary_key=True),
        Column("message_id", Text, primary_key=True),
        Column("delivery", Integer, primary_key=True),
        Column("owner", Text, nullable=False),  # whose feed it is in: the value of the address
        Column("number", BigInteger, nullable=False),  # its place in the feed: the moment at which it came, and no other's there
        Column("revision", BigInteger, nullable=False),  # the moment at which it was changed last, and no other's there
        Column("attempt", Integer, nullable=False),
        Column("provider", Text, nullable=False),
        Column("sealed", LargeBinary, nullable=False),  # what it says, encrypted
        Column("delivered_at", BigInteger),
        Column("seen_at", BigInteger),
        Column("read_at", BigInteger),
        Column("archived_at", BigInteger),
        Index("inbox_by_number", "brand", "owner", "number"),
        Index("inbox_by_revision", "brand", "owner", "revision"),
        sqlite_with_rowid=False,
    )
    unread = and_(inbox.c.read_at.is_(None), inbox.c.archived_at.is_(None))
    Index("inbox_unread", inbox.c.brand, inbox.c.owner, sqlite_where=unread, postgresql_where=unread)
    return inbox

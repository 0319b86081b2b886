"""The table of links that help desks were given."""

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text


def desk_table(schema: MetaData) -> Table:
    """`desk_links`: who made which link to whom, until when it opens, and when it was revoked. The token itself is not stored."""
    return Table(
        "desk_links",
        schema,
        Column("brand", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        Column("recipient_id", Text, nullable=False),
        Column("made_by", Text, nullable=False),
        Column("made_at", BigInteger, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        Column("revoked_at", BigInteger),
        Index("desk_links_by_recipient", "brand", "recipient_id", "id"),
        sqlite_with_rowid=False,
    )

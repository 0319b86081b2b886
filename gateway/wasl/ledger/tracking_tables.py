"""The table of tracked mails."""

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text


def tracking_table(schema: MetaData) -> Table:
    """`tracked`: what is tracked of a call, and where its links lead. A row only of topics that ask for it."""
    return Table(
        "tracked",
        schema,
        Column("brand", Text, primary_key=True),
        Column("message_id", Text, primary_key=True),
        Column("delivery", Integer, primary_key=True),
        Column("attempt", Integer, primary_key=True),
        Column("opens", Integer, nullable=False),  # 0 or 1
        Column("clicks", Integer, nullable=False),
        Column("targets", LargeBinary),  # a JSON list of links, encrypted; NULL: there is none
        sqlite_with_rowid=False,
    )

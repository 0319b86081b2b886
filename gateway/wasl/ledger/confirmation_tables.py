"""The table of how reliably providers confirm."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text


def confirmation_table(schema: MetaData) -> Table:
    """`confirmations`, a row for each provider that says how soon it confirms (confirming.py)."""
    return Table(
        "confirmations",
        schema,
        Column("provider", Text, primary_key=True),
        Column("places", Text, nullable=False),  # JSON: by brand, up to where in the feed what was sent has been judged
        Column("judged", Integer, nullable=False),  # how many lately, before the row of overdue ones
        Column("confirmed", Integer, nullable=False),  # how many of these in time
        Column("overdue", Integer, nullable=False),  # how many in a row, of those sent after it was heard of last
        Column("heard_at", BigInteger, nullable=False),  # when it was heard of last, to ten seconds; 0: never
        Column("silent_at", BigInteger),  # since when it is thought to be silent
        sqlite_with_rowid=False,
    )

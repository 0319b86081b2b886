"""The tables of reports."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

KEY = ("brand", "grain", "at", "channel", "provider", "template", "category", "country", "reason", "currency")
COUNTS = (
    "sent", "silent", "delivered", "bounced", "failed", "withheld", "expired", "cancelled", "saved", "opened", "read", "clicked",
    "replied", "unsubscribed", "complained", "priced",
)  # fmt: skip
"""What is counted. `silent`: sent by what gives no receipts. `saved`: sent after another provider or channel had failed."""
BUCKETS = tuple(f"within_{place}" for place in range(16))
"""How long it took until it was delivered; tally_counts.BOUNDS has their ends."""


def tally_tables(schema: MetaData) -> tuple[Table, Table]:
    """`tallies`, what happened in an hour and in a day, folded from the feed (tallying.py); `tally_places`, how far."""
    tallies = Table(
        "tallies",
        schema,
        Column("brand", Text, primary_key=True),
        Column("grain", Text, primary_key=True),  # h, d; with r: by reason, with c: costs by currency
        Column("at", BigInteger, primary_key=True),  # when the hour or the day began, in UTC
        *(Column(name, Text, primary_key=True) for name in KEY[3:]),  # empty where there is none
        *(Column(name, Integer, nullable=False) for name in (*COUNTS, *BUCKETS)),
        Column("cost", BigInteger, nullable=False),  # of what was sent, in micro units of the currency
        sqlite_with_rowid=False,
    )
    tally_places = Table(
        "tally_places",
        schema,
        Column("brand", Text, primary_key=True),
        Column("place", Text, nullable=False),  # up to where in the feed everything is counted
        Column("since", BigInteger, nullable=False),  # what happened before that moment is not; 0 where all is that is stored
        sqlite_with_rowid=False,
    )
    return tallies, tally_places

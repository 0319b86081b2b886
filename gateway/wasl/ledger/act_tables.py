"""The tables of acts on many messages, and of those that need a second person."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text

from wasl.ledger.leases import lease_columns


def act_tables(schema: MetaData) -> tuple[Table, Table]:
    """`acts`, each with who asked, who decided and how far it is; `act_pieces`, what became of the messages of each piece."""
    acts = Table(
        "acts",
        schema,
        Column("id", Text, primary_key=True),  # sorts by time
        Column("kind", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("brands", Text, nullable=False),  # JSON list
        Column("sealed", LargeBinary),  # what it is about, encrypted: a query may hold an address
        Column("count", Integer, nullable=False),  # the most messages that it may touch
        Column("reason", Text, nullable=False),
        Column("by_id", Text, nullable=False),
        Column("by_name", Text, nullable=False),
        Column("by_role", Text, nullable=False),
        Column("asked_at", BigInteger, nullable=False),
        Column("lapses_at", BigInteger),  # NULL: it needs no second person
        Column("decided_id", Text),
        Column("decided_name", Text),
        Column("decided_role", Text),
        Column("decided_at", BigInteger),
        Column("decided_why", Text, nullable=False),
        *lease_columns(),
        Column("place", Text),  # the message after which the next piece begins
        Column("pieces", Integer, nullable=False),
        Column("looked", Integer, nullable=False),
        Column("fates", Text, nullable=False),  # JSON: how many of each
        Column("more", SmallInteger, nullable=False),
        Column("begun_at", BigInteger),
        Column("ended_at", BigInteger),
        Column("stopped_by", Text, nullable=False),
        Index("acts_by_state", "state", "id"),
        sqlite_with_rowid=False,
    )
    act_pieces = Table(
        "act_pieces",
        schema,
        Column("act_id", Text, primary_key=True),
        Column("number", Integer, primary_key=True),
        Column("alone", Integer, nullable=False),  # how many were left alone
        Column("left_alone", Text, nullable=False),  # JSON: brand, id, why
        Column("done", Text, nullable=False),  # JSON: brand, id
    )
    return acts, act_pieces

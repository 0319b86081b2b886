"""The tables of recipients and of who owns an address."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table, Text


def person_tables(schema: MetaData) -> tuple[Table, Table, Table]:
    """`recipients`; `address_owners`, whose an address is or was; `address_owners_read`, how far those are known."""
    recipients = Table(
        "recipients",
        schema,
        Column("brand", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        Column("audience", Text, nullable=False),
        Column("locale", Text),
        Column("timezone", Text),
        Column("sealed", LargeBinary, nullable=False),  # addresses and attributes, encrypted
        Column("seen", Text, nullable=False),  # hash of the last `to`, so that an unchanged one costs no write
        Column("updated_at", BigInteger, nullable=False),
        Column("erased_at", BigInteger),  # then the row is a stub that keeps nothing of them
        Column("preferred", Text),  # JSON list: the channels that come first for them; NULL: none does
        sqlite_with_rowid=False,
    )
    address_owners = Table(  # whose an address is or was, for those who look for people, as read on (owners.py)
        "address_owners",
        schema,
        Column("brand", Text, primary_key=True),
        Column("address_hash", Text, primary_key=True),
        Column("recipient_id", Text, primary_key=True),
        Index("address_owners_by_recipient", "brand", "recipient_id"),
        sqlite_with_rowid=False,
    )
    address_owners_read = Table(  # how far: the recipients of the messages up to this one are in address_owners
        "address_owners_read",
        schema,
        Column("brand", Text, primary_key=True),
        Column("message_id", Text, nullable=False),
        sqlite_with_rowid=False,
    )
    return recipients, address_owners, address_owners_read

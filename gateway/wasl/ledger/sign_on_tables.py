"""The table of sign-ins at an identity provider that came back."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table


def sign_on_table(schema: MetaData) -> Table:
    """`sign_ons`: the digest of each `state` that was brought back, for as long as its cookie lives, so that it counts once."""
    return Table(
        "sign_ons",
        schema,
        Column("digest", LargeBinary, primary_key=True),
        Column("at", BigInteger, nullable=False),
        Index("sign_ons_by_time", "at"),
        sqlite_with_rowid=False,
    )

"""The tables of users' second factors."""

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text


def factor_tables(schema: MetaData) -> tuple[Table, Table]:
    """`second_factors`, one a user at most; `recovery_codes`, what each of them may use once in its place."""
    second_factors = Table(
        "second_factors",
        schema,
        Column("user_id", Text, primary_key=True),
        Column("sealed", LargeBinary, nullable=False),  # its secret, encrypted
        Column("step", BigInteger, nullable=False),  # the newest time step of which a code was used (RFC 6238 section 5.2)
        Column("confirmed_at", BigInteger),  # NULL: its secret was shown, and no code was given yet
        sqlite_with_rowid=False,
    )
    recovery_codes = Table(
        "recovery_codes",
        schema,
        Column("user_id", Text, primary_key=True),
        Column("digest", Text, primary_key=True),  # keyed, of the user and the code
        sqlite_with_rowid=False,
    )
    return second_factors, recovery_codes

"""The tables of the console's users."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, SmallInteger, Table, Text


def user_tables(schema: MetaData) -> tuple[Table, Table, Table]:
    """`users`, of the whole installation; `user_sessions`, where they are signed in; `user_acts`, forms that were carried out already."""
    users = Table(
        "users",
        schema,
        Column("id", Text, primary_key=True),
        Column("name", Text, nullable=False),
        Column("password", Text, nullable=False),  # as argon2 encodes its hash
        Column("role", Text, nullable=False),
        Column("brands", Text, nullable=False),  # JSON list; empty: all
        Column("lang", Text),
        Column("zone", Text),
        Column("keys_off", SmallInteger, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("signed_in_at", BigInteger),  # last
        Column("subject", Text),  # keyed hash of who they are at an identity provider; NULL: they have a password here
        Index("users_by_name", "name", unique=True),
        Index("users_by_subject", "subject", unique=True),
        sqlite_with_rowid=False,
    )
    user_sessions = Table(
        "user_sessions",
        schema,
        Column("digest", LargeBinary, primary_key=True),  # of the cookie
        Column("user_id", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("seen_at", BigInteger, nullable=False),
        Column("proved_at", BigInteger),  # when a second factor was proved in it last; NULL: never
        Index("user_sessions_by_user", "user_id"),
        sqlite_with_rowid=False,
    )
    user_acts = Table(
        "user_acts",
        schema,
        Column("user_id", Text, primary_key=True),
        Column("token", Text, primary_key=True),  # of the form
        Column("at", BigInteger, nullable=False),
        Column("location", Text),  # where it led to; NULL: it is being done, or the process ended meanwhile
        sqlite_with_rowid=False,
    )
    return users, user_sessions, user_acts

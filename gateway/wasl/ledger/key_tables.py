"""The tables of keys."""

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, SmallInteger, Table, Text


def key_tables(schema: MetaData) -> tuple[Table, Table]:
    """`api_keys`, who may call; `key_checks`, which prove that the key ring at hand is the one that the stored values were made with."""
    api_keys = Table(
        "api_keys",
        schema,
        Column("brand", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        Column("name", Text, nullable=False),
        Column("digest", LargeBinary, nullable=False),
        Column("scopes", Text, nullable=False),  # JSON list
        Column("created_at", BigInteger, nullable=False),
        Column("expires_at", BigInteger),
        Column("revoked_at", BigInteger),
        sqlite_with_rowid=False,
    )
    key_checks = Table(
        "key_checks",
        schema,
        Column("key_id", SmallInteger, primary_key=True),
        Column("value", LargeBinary, nullable=False),
    )
    return api_keys, key_checks

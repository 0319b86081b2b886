"""The tables of webhooks to the application."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text, text


def webhook_tables(schema: MetaData) -> tuple[Table, Table]:
    """`webhooks`, where events are posted to; `webhook_waits`, the events that an endpoint did not take yet."""
    webhooks = Table(
        "webhooks",
        schema,
        Column("brand", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        Column("created_at", BigInteger, nullable=False),
        Column("sealed", LargeBinary, nullable=False),  # URL and secrets, encrypted
        Column("types", Text, nullable=False),  # JSON list; empty: all
        Column("topics", Text, nullable=False),  # JSON list; empty: all
        Column("enabled", SmallInteger, nullable=False),
        Column("disabled_reason", Text),
        Column("disabled_at", BigInteger),
        Column("failing_since", BigInteger),  # since when nothing was taken; NULL: the last time something was
        Column("cursor", Text, nullable=False),  # up to where in the feed everything was posted, or waits in webhook_waits
        Column("tries", Text, nullable=False),  # JSON list of the last ones
        Column("fence", Integer, nullable=False),
        Column("leased_until", BigInteger, nullable=False),  # one worker at a time posts there; 0: none does
        sqlite_with_rowid=False,
    )
    webhook_waits = Table(
        "webhook_waits",
        schema,
        Column("brand", Text, primary_key=True),
        Column("webhook_id", Text, primary_key=True),
        Column("event_id", Text, primary_key=True),
        Column("entry", Text, nullable=False),  # JSON: what happened, in ids and codes
        Column("first_at", BigInteger, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("due_at", BigInteger),  # NULL: given up
        Index(
            "webhook_waits_due", "brand", "webhook_id", "due_at",
            sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL"),
        ),
        sqlite_with_rowid=False,
    )  # fmt: skip
    return webhooks, webhook_waits

"""Policies: the consent ledger, suppressions with a scope and a history, uses of caps, facts and what replaces them, erased people."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "address_owners",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("recipient_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("brand", "address_hash", "recipient_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("address_owners_by_recipient", "address_owners", ["brand", "recipient_id"])
    op.create_table(
        "address_owners_read",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("brand"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "consents",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("recipient_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=True),
        sa.Column("wording_version", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("confirms", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("brand", "recipient_id", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "suppressions_by_scope",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False, server_default=""),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("brand", "channel", "address_hash", "scope", "reason"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO suppressions_by_scope (brand, channel, address_hash, address, reason, source, since)"
        " SELECT brand, channel, address_hash, address, reason, source, since FROM suppressions"
    )
    op.drop_table("suppressions")
    op.rename_table("suppressions_by_scope", "suppressions")
    op.create_index("suppressions_by_time", "suppressions", ["brand", "since", "channel", "address_hash", "scope", "reason"])
    op.create_table(
        "suppression_changes",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("brand", "channel", "address_hash", "id"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO suppression_changes (brand, channel, address_hash, id, at, scope, change, reason, source)"
        " SELECT brand, channel, address_hash, '0', since, '', 'added', reason, source FROM suppressions"
    )
    op.add_column("recipients", sa.Column("erased_at", sa.BigInteger(), nullable=True))
    op.add_column("attempts", sa.Column("recipient_id", sa.Text(), nullable=True))
    op.execute(
        "UPDATE attempts SET recipient_id = (SELECT recipient_id FROM messages"
        " WHERE messages.brand = attempts.brand AND messages.id = attempts.message_id)"
    )
    op.create_index("attempts_by_recipient", "attempts", ["brand", "recipient_id", "started_at"])
    op.add_column("messages", sa.Column("fact", sa.Text(), nullable=True))
    op.add_column("messages", sa.Column("superseded_by", sa.Text(), nullable=True))
    op.add_column("messages", sa.Column("supersedes", sa.SmallInteger(), nullable=True))
    op.add_column("messages", sa.Column("priority", sa.SmallInteger(), nullable=True))
    about, fact = sa.text("about IS NOT NULL AND superseded_by IS NULL"), sa.text("fact IS NOT NULL")
    op.create_index("messages_by_about", "messages", ["brand", "recipient_id", "about"], sqlite_where=about, postgresql_where=about)
    op.create_index("messages_by_fact", "messages", ["brand", "recipient_id", "fact"], sqlite_where=fact, postgresql_where=fact)

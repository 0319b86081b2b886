"""The tables of callbacks."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text


def callback_tables(schema: MetaData) -> tuple[Table, Table]:
    """`callbacks`, a row for each thing that a provider told; `provider_refs`, which attempt has which id of the provider's own.

    The second one has rows only of providers that report by their own id (`found_by_ref`).
    """
    callbacks = Table(
        "callbacks",
        schema,
        Column("provider", Text, primary_key=True),
        Column("key", Text, primary_key=True),  # what came before has the same one: the message's id, and a keyed hash
        Column("id", Text, nullable=False),  # of the request; sorts by time
        Column("at", BigInteger, nullable=False),  # when it came
        Column("state", Text, nullable=False),  # settled, waiting, orphan, unparsed, quarantine
        Column("kind", Text),  # of the event; NULL: not read
        Column("brand", Text),  # these three: of which delivery it tells; NULL: not known yet
        Column("message_id", Text),
        Column("delivery", Integer),
        Column("address_hash", Text),  # who wrote, complained or left, where it tells
        Column("raw", LargeBinary),  # the request, encrypted, with the first of its events; NULL: held by another row, or cleared
        Column("held_by", Text),  # the key of that row
        Column("event", LargeBinary),  # the event, encrypted, as long as it is needed; that of a reply stays
        Column("look_at", BigInteger),  # when it is matched again; NULL: never by itself
    )  # with rowids, as `file_contents`: the requests are written one after the other, and only their keys are sorted in
    for name, columns in {
        "callbacks_to_match": (callbacks.c.look_at,),
        "callbacks_of_message": (callbacks.c.brand, callbacks.c.message_id),
        "callbacks_of_address": (callbacks.c.address_hash,),
    }.items():
        there = columns[-1].is_not(None)
        Index(name, *columns, sqlite_where=there, postgresql_where=there)
    kept = callbacks.c.state != "settled"
    Index("callbacks_by_state", callbacks.c.state, callbacks.c.id, sqlite_where=kept, postgresql_where=kept)
    provider_refs = Table(
        "provider_refs",
        schema,
        Column("provider", Text, primary_key=True),
        Column("ref", Text, primary_key=True),
        Column("brand", Text, nullable=False),
        Column("message_id", Text, nullable=False),
        Column("delivery", Integer, nullable=False),
        Column("attempt", Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    return callbacks, provider_refs

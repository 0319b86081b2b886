"""The tables of files."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table, Text


def file_tables(schema: MetaData) -> tuple[Table, Table, Table]:
    """`files`; `file_contents`, apart because a row is written whole when it is kept longer; `message_files`, which messages have them."""
    files = Table(  # what goes along with messages, by its content
        "files",
        schema,
        Column("brand", Text, primary_key=True),
        Column("id", Text, primary_key=True),  # a keyed hash of the bytes
        Column("media_type", Text, nullable=False),  # as the bytes tell
        Column("size", BigInteger, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("keep_until", BigInteger, nullable=False),
        Index("files_by_end", "keep_until"),
        sqlite_with_rowid=False,
    )
    file_contents = Table(
        "file_contents",
        schema,
        Column("brand", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        Column("sealed", LargeBinary, nullable=False),  # the bytes, encrypted
    )
    message_files = Table(
        "message_files",
        schema,
        Column("brand", Text, primary_key=True),
        Column("message_id", Text, primary_key=True),
        Column("file_id", Text, primary_key=True),
        Index("message_files_by_file", "brand", "file_id"),
        sqlite_with_rowid=False,
    )
    return files, file_contents, message_files

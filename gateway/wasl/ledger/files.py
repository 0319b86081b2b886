"""Files by their content: the same bytes are one row, encrypted, kept as long as a message may need them.

Which messages have a file stands in `message_files`, so that a file goes with the last person whose messages had it.
"""

import asyncio
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypedDict

from sqlalchemy import BigInteger, Text, bindparam, case, delete, exists, insert, literal_column, select, update

from wasl.clock import Clock, micros
from wasl.keys import KeyRing
from wasl.ledger.hot import Hot, Values, among, upsert
from wasl.ledger.port import Transaction
from wasl.ledger.store import Store
from wasl.ledger.tables import file_contents, files, message_files
from wasl_contracts.enclosure import Enclosed

_MOST = 100  # files that are removed in one transaction

_put = upsert(files).values({column.name: bindparam(column.name) for column in files.columns})
_kept_longer = case((_put.excluded.keep_until > files.c.keep_until, _put.excluded.keep_until), else_=files.c.keep_until)
PUT_FILE = Hot(_put.on_conflict_do_update(index_elements=["brand", "id"], set_={"keep_until": _kept_longer}))
PUT_CONTENT = Hot(
    upsert(file_contents).values({column.name: bindparam(column.name) for column in file_contents.columns}).on_conflict_do_nothing()
)
PUT_MESSAGE_FILE = Hot(insert(message_files).values({column.name: bindparam(column.name) for column in message_files.columns}))
_until = bindparam("keep_until", type_=BigInteger())
_KEEP = Hot(
    update(files)
    .where(files.c.brand == bindparam("key_brand", type_=Text()), files.c.id == bindparam("key_file", type_=Text()))
    .values(keep_until=case((files.c.keep_until < _until, _until), else_=files.c.keep_until))
    .returning(files.c.brand, files.c.id)
)
_of_files = among(files.c.brand, files.c.id, name="keys")
_KNOWN = Hot(select(files.c.id, files.c.media_type, files.c.size).where(_of_files))
_of_contents = among(file_contents.c.brand, file_contents.c.id, name="keys")
_CONTENTS = Hot(select(*file_contents.columns).where(_of_contents))
_REMOVE_CONTENTS = Hot(delete(file_contents).where(_of_contents))
_old = files.c.keep_until < bindparam("now")
_OLD = Hot(select(files.c.brand, files.c.id).where(_old).order_by(files.c.keep_until).limit(bindparam("most")))
_REMOVE_OLD = Hot(delete(files).where(_of_files, _old).returning(files.c.brand, files.c.id))  # one may be needed again meanwhile
_FORGET_FILES = Hot(delete(message_files).where(among(message_files.c.brand, message_files.c.file_id, name="keys")))
_of_messages = among(message_files.c.brand, message_files.c.message_id, name="keys")
_THEIRS = Hot(select(message_files.c.brand, message_files.c.file_id).where(_of_messages).distinct())
_LOCK = Hot(select(files.c.id).where(_of_files).order_by(files.c.brand, files.c.id).with_for_update())
_FORGET_MESSAGES = Hot(delete(message_files).where(_of_messages))
_needed = exists(literal_column("1")).where(message_files.c.brand == files.c.brand, message_files.c.file_id == files.c.id)
_REMOVE = Hot(delete(files).where(_of_files, ~_needed).returning(files.c.brand, files.c.id))


class FileRow(TypedDict):
    """A row of the table `files`."""

    brand: str
    id: str
    media_type: str
    size: int
    created_at: int
    keep_until: int


class ContentRow(TypedDict):
    """A row of the table `file_contents`."""

    brand: str
    id: str
    sealed: bytes


class NewFile(NamedTuple):
    """A file that is stored with a message."""

    row: FileRow
    content: ContentRow


@dataclass(frozen=True, slots=True)
class Enclosures:
    """The files of a message that is being accepted: all of them, and those that are stored together with it."""

    listed: tuple[Enclosed, ...] = ()
    new: tuple[NewFile, ...] = ()


NOTHING = Enclosures()


class Known(NamedTuple):
    """What a stored file is by its bytes, and how many it has."""

    media_type: str
    size: int


FileKey = tuple[str, str]
"""Brand and id."""


class Files:
    """The files of one database."""

    def __init__(self, store: Store, keys: KeyRing, clock: Clock) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock

    def id(self, brand: str, content: bytes) -> str:
        """The id of these bytes: a keyed hash, so that nobody learns from the database which file somebody got."""
        return f"file_{self._keys.hash(f'file|{brand}|{hashlib.sha256(content).hexdigest()}')}"

    def new(self, brand: str, content: bytes, media_type: str, keep_until: int) -> NewFile:
        """The rows that store them, encrypted."""
        file_id, now = self.id(brand, content), micros(self._clock.now())
        row = FileRow(brand=brand, id=file_id, media_type=media_type, size=len(content), created_at=now, keep_until=keep_until)
        return NewFile(row, ContentRow(brand=brand, id=file_id, sealed=self._keys.seal(content, _about(brand, file_id))))

    async def put(self, brand: str, content: bytes, media_type: str, keep_until: int) -> str:
        """Store a file, or keep it longer where it is there already; returns its id. On disk when it returns."""
        file_id = await asyncio.to_thread(self.id, brand, content)
        keys: list[Values] = [{"key_brand": brand, "key_file": file_id, "keep_until": keep_until}]
        if not await self._store.writer.run(lambda tx: tx.each(_KEEP, keys)):
            new = await asyncio.to_thread(self.new, brand, content, media_type, keep_until)

            async def work(tx: Transaction) -> None:
                await tx.fetch(PUT_FILE, new.row)
                await tx.fetch(PUT_CONTENT, new.content)  # alone: in a batch its bytes would go as text

            await self._store.writer.run(work)
        return file_id

    async def known(self, brand: str, ids: Collection[str]) -> Mapping[str, Known]:
        """Those of these files that are there."""
        found = await self._store.reader.fetch(_KNOWN, {"keys": _keys((brand, one) for one in ids)}) if ids else ()
        return {file_id: Known(media_type, size) for file_id, media_type, size in found}

    async def contents(self, wanted: Collection[FileKey]) -> Mapping[FileKey, bytes]:
        """The bytes of those of these files that are there, in one query."""
        rows = await self._store.reader.fetch(_CONTENTS, {"keys": _keys(wanted)}) if wanted else []
        return await asyncio.to_thread(self._opened, rows)

    async def clear(self) -> int:
        """Remove files that nobody needs any more, at most 100; returns how many."""
        now = micros(self._clock.now())
        old = await self._store.reader.fetch(_OLD, {"now": now, "most": _MOST})
        if not old:
            return 0

        async def work(tx: Transaction) -> int:
            gone = await tx.fetch(_REMOVE_OLD, {"keys": _keys(_named(old)), "now": now})
            keys = {"keys": _keys(_named(gone))}
            await tx.fetch(_REMOVE_CONTENTS, keys)
            await tx.fetch(_FORGET_FILES, keys)
            return len(gone)

        return await self._store.working.run(work)

    def _opened(self, rows: Sequence[tuple[str, str, bytes]]) -> Mapping[FileKey, bytes]:
        return {(brand, file_id): self._keys.open(sealed, _about(brand, file_id)) for brand, file_id, sealed in rows}


async def keep_files(tx: Transaction, wanted: Mapping[FileKey, int]) -> set[FileKey]:
    """Keep these files at least until then; returns those that are there. To the end of the transaction nobody removes them."""
    rows: list[Values] = [
        {"key_brand": brand, "key_file": file_id, "keep_until": until} for (brand, file_id), until in sorted(wanted.items())
    ]
    return {(brand, file_id) for brand, file_id in await tx.each(_KEEP, rows)} if rows else set()


async def clear_files(tx: Transaction, messages: str) -> None:
    """Take the files away from these messages (JSON of brand and id), and remove those that no other message has."""
    theirs = await tx.fetch(_THEIRS, {"keys": messages})
    if theirs:
        keys = {"keys": _keys(_named(theirs))}
        await tx.lock_rows(_LOCK, keys)  # whoever accepts a message with one of them has it locked too, and has told so by now
        await tx.fetch(_FORGET_MESSAGES, {"keys": messages})
        await tx.fetch(_REMOVE_CONTENTS, {"keys": _keys(_named(await tx.fetch(_REMOVE, keys)))})


def _named(rows: Iterable[tuple[str, str]]) -> list[FileKey]:
    return [(brand, file_id) for brand, file_id in rows]


def _keys(wanted: Iterable[FileKey]) -> str:
    return json.dumps(sorted(wanted))


def _about(brand: str, file_id: str) -> bytes:
    return f"file|{brand}|{file_id}".encode()

"""What is in a ZIP archive, by its list of members and what each unpacks to; nothing of it is ever written anywhere.

A member is read in pieces. Only an archive in it is held as a whole, so that one upload never takes much memory. CPU time follows from the
bounds: a second at most. Call it in a thread where a file may be large.
"""

import io
import struct
import zlib
from dataclasses import dataclass
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, LargeZipFile, ZipFile, ZipInfo, is_zipfile

from wasl.files import programs

_LEVELS = 2  # an archive, and archives in it
_LARGEST_RATIO = 100  # bytes when unpacked, for each packed one
_MIB = 1024 * 1024
_MOST_UNPACKED = 256 * _MIB  # bytes of all levels
_LARGEST_INNER = 8 * _MIB  # bytes of an archive in the archive
_MOST_MEMBERS = 2_000  # of all levels
_PIECE = 256 * 1024
_MEMBER, _END = b"PK\x01\x02", b"PK\x05\x06"
_TAIL = 22 + 65_535  # bytes: the end of an archive, with the longest comment
_ENCRYPTED = 0x1
_BROKEN = (BadZipFile, LargeZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError, struct.error, zlib.error)


class BadArchive(Exception):
    """It is not sent; the text says why and goes on after the name of the file."""


def is_archive(content: bytes) -> bool:
    """Whether programs find a ZIP archive in it, which they look for from the end: anything may stand before it."""
    return _END in content[-_TAIL:] and is_zipfile(io.BytesIO(content))


def look_into(content: bytes) -> None:
    """Look into a ZIP archive, and into the archives in it.

    Raises:
        BadArchive: it holds a program, unpacks to far more than it is, is nested too deeply, or cannot be looked into within the bounds.
    """
    _look(content, 1, _Room(_MOST_MEMBERS, min(len(content) * _LARGEST_RATIO, _MOST_UNPACKED)))


@dataclass(slots=True)
class _Room:
    """How much may still come, of all levels together."""

    members: int
    unpacked: int

    def take(self, members: list[ZipInfo]) -> None:
        self.members -= len(members)
        self.unpacked -= sum(member.file_size for member in members)
        if self.members < 0:
            raise _too_many()
        if self.unpacked < 0:
            raise BadArchive(f"unpacks to more than {_LARGEST_RATIO} times its size, or to more than {_MOST_UNPACKED // _MIB} MiB")


def _look(content: bytes, level: int, room: _Room) -> None:
    if level > _LEVELS:
        raise BadArchive("holds an archive in an archive in an archive")
    if content.count(_MEMBER) > _MOST_MEMBERS:  # before the list is read, which takes memory for each
        raise _too_many()
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            room.take(members)
            for member in members:
                _look_at(archive, member, level, room)
    except _BROKEN:
        raise BadArchive("is an archive that cannot be read") from None


def _look_at(archive: ZipFile, member: ZipInfo, level: int, room: _Room) -> None:
    if programs.by_name(member.filename):
        raise BadArchive("holds a program")
    if member.flag_bits & _ENCRYPTED:
        if member.filename.lower().endswith(".zip"):
            raise BadArchive("holds an archive that is encrypted, so nobody can look into it")
        return
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):  # others cannot be unpacked piece by piece
        raise BadArchive("is packed in a way that cannot be looked into; pack it as an ordinary ZIP archive")
    with archive.open(member) as opened:
        inner = _inner_archive(opened)
    if inner is not None:
        _look(inner, level + 1, room)


def _inner_archive(opened: IO[bytes]) -> bytes | None:
    """A member that is an archive itself; all of any other is read too, as that shows only at the end."""
    held = opened.read(_PIECE)
    if programs.by_bytes(held):
        raise BadArchive("holds a program")
    begins, whole = held.startswith(b"PK\x03\x04"), True
    while piece := opened.read(_PIECE):
        whole = whole and len(held) + len(piece) <= _LARGEST_INNER
        held = held + piece if whole else (held + piece)[-_TAIL:]
    if whole:
        return held if begins or is_archive(held) else None
    if begins or _END in held:
        raise BadArchive(f"holds an archive of more than {_LARGEST_INNER // _MIB} MiB; send that alone")
    return None


def _too_many() -> BadArchive:
    return BadArchive(f"holds more than {_MOST_MEMBERS} files")

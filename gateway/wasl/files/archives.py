"""What is in a ZIP archive, by its list of members and the first bytes of each; nothing of it is ever written anywhere."""

import io
import struct
import zlib
from zipfile import BadZipFile, LargeZipFile, ZipFile, ZipInfo

from wasl.files import programs

_LEVELS = 2  # an archive, and archives in it
_LARGEST_RATIO = 100  # bytes when unpacked, for each packed one
_MOST_MEMBERS = 10_000
_MEMBER = b"PK\x01\x02"
_ENCRYPTED = 0x1
_BROKEN = (BadZipFile, LargeZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError, struct.error, zlib.error)


class BadArchive(Exception):
    """It is not sent; the text says why and goes on after the name of the file."""


def look_into(content: bytes) -> None:
    """Look into a ZIP archive, and into the archives in it.

    Raises:
        BadArchive: it holds a program, unpacks to far more than it is, is nested too deeply or cannot be read.
    """
    _look(content, level=1, most=len(content) * _LARGEST_RATIO)


def _look(content: bytes, level: int, most: int) -> int:
    """Returns how many bytes it unpacks to."""
    if level > _LEVELS:
        raise BadArchive("holds an archive in an archive in an archive")
    if content.count(_MEMBER) > _MOST_MEMBERS:
        raise BadArchive(f"holds more than {_MOST_MEMBERS} files")
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            size = sum(member.file_size for member in members)
            if size > most:
                raise BadArchive(f"unpacks to more than {_LARGEST_RATIO} times its size")
            for member in members:
                size += _look_at(archive, member, level, most - size)
            return size
    except _BROKEN:
        raise BadArchive("is an archive that cannot be read") from None


def _look_at(archive: ZipFile, member: ZipInfo, level: int, most: int) -> int:
    if programs.by_name(member.filename):
        raise BadArchive("holds a program")
    if member.flag_bits & _ENCRYPTED:
        if member.filename.lower().endswith(".zip"):
            raise BadArchive("holds an archive that is encrypted, so nobody can look into it")
        return 0
    with archive.open(member) as opened:
        start = opened.read(programs.START)
        if programs.by_bytes(start):
            raise BadArchive("holds a program")
        if not start.startswith(b"PK\x03\x04"):
            return 0
        return _look(start + opened.read(member.file_size), level + 1, most)

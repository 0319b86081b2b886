"""Files that people write and a running process reads: text of a bounded size, TOML that is not too deep, no leftovers of editors."""

import os
import re
import stat
import tomllib
from pathlib import Path

from wasl.config.positions import Position, syntax_error

LARGEST = 1_000_000
"""Octets of one file."""
_DEEPEST = 50
_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0)  # nobody may ever write to a pipe; Windows has none in folders
_LEFT = re.compile(r".*~|.*\.(?:bak|swp|swo|swx|tmp|orig|rej)|[0-9]{4}|#.*#|\..*|README(?:\.[a-z]+)?|Thumbs\.db|desktop\.ini")


class Unreadable(Exception):
    """A file cannot be read as text. Its text goes on from the file's name. `missing`: there is none."""

    def __init__(self, sentence: str, *, missing: bool = False) -> None:
        super().__init__(sentence)
        self.missing = missing


class BadToml(Exception):
    """A text is not TOML, or too deep to be used. Its text goes on from the file's name."""

    def __init__(self, place: Position, sentence: str) -> None:
        super().__init__(sentence)
        self.place = place


def is_leftover(name: str) -> bool:
    """Whether a file of this name is an editor's copy or a note beside the others, and nobody's mistake."""
    return _LEFT.fullmatch(name) is not None


def read_text(path: Path) -> str:
    """The text of a regular file, without its byte order mark, lines ended by a line feed.

    It never waits, as for a pipe, and never reads more than `LARGEST`.

    Raises:
        Unreadable: there is none, or none like that.
    """
    try:
        found = _octets(path)
    except FileNotFoundError:
        raise Unreadable("is missing", missing=True) from None
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from None
    if len(found) > LARGEST:
        raise Unreadable(f"is larger than {LARGEST:,} bytes; write less")
    try:
        return found.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8; save it as UTF-8") from None


def read_toml(text: str) -> dict[str, object]:
    """The tables of a TOML text, at most 50 levels deep, so that what walks over them may call itself.

    Raises:
        BadToml: it is none.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadToml(*syntax_error(str(error), text)) from None
    except RecursionError:
        raise _too_deep(text) from None
    level: list[object] = [tree]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
    if level:
        raise _too_deep(text)
    return tree


def _octets(path: Path) -> bytes:
    _check(path.stat().st_mode)
    with os.fdopen(os.open(path, os.O_RDONLY | _WITHOUT_WAITING), "rb") as file:
        _check(os.fstat(file.fileno()).st_mode)  # it may be another one by now
        return file.read(LARGEST + 1)


def _check(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise Unreadable("is not a regular file; put a file there, not a folder, a pipe or a device")


def _inside(value: object) -> list[object]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _too_deep(text: str) -> BadToml:
    """Told at the line that opens most, which is the one to look at."""
    lines = text.split("\n")
    line = max(range(len(lines)), key=lambda at: sum(map(lines[at].count, "[{.")))
    return BadToml((line + 1, 1), f"is nested more than {_DEEPEST} levels deep; write it flatter")

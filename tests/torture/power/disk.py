"""A disk that forgets what was not synced: what a power cut may leave of a recorded run.

The rules are POSIX's, which are stricter than those of the usual file systems: until it is synced, any part of a file's writes may be
there, in any order and torn at any sector, or none; a name in a folder lasts when the folder is synced, whatever was done to the file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from random import Random
from typing import Literal

Mode = Literal["nothing", "some", "torn"]
"""What is kept of what was not synced: nothing; some whole writes; some writes, torn at sectors."""
_SECTOR = 512


@dataclass(frozen=True, slots=True)
class Write:
    path: str
    offset: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Truncate:
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    """Of a file, or of a folder."""

    path: str


@dataclass(frozen=True, slots=True)
class Create:
    path: str


@dataclass(frozen=True, slots=True)
class Link:
    """`path` names what `target` names."""

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Unlink:
    path: str


@dataclass(frozen=True, slots=True)
class Told:
    """Something that the outside knows from now on, and that must be true after any cut."""

    what: str


Naming = Create | Link | Unlink
Step = Write | Truncate | Sync | Naming | Told


@dataclass
class _File:
    safe: bytearray = field(default_factory=bytearray)
    pending: list[Write | Truncate] = field(default_factory=list)

    def sync(self) -> None:
        _apply(self.safe, self.pending)
        self.pending.clear()

    def left(self, mode: Mode, chance: Random) -> bytes:
        found = bytearray(self.safe)
        if mode != "nothing":
            kept = [change for change in self.pending if chance.random() < 0.5]
            _apply(found, [part for change in kept for part in (_torn(change, chance) if mode == "torn" else (change,))])
        return bytes(found)


class Disk:
    """A folder during a run."""

    def __init__(self) -> None:
        self._names: dict[str, _File] = {}
        self._safe_names: dict[str, _File] = {}
        self._renamed: list[tuple[str, _File | None]] = []

    def do(self, step: Step) -> None:
        """One step of the run."""
        match step:
            case Write(path) | Truncate(path):
                self._names[path].pending.append(step)
            case Sync(path) if path in self._names:
                self._names[path].sync()
            case Sync(path):
                self._sync_folder(path)
            case Create(path):
                self._name(path, _File())
            case Link(path, target):
                self._name(path, self._names[target])
            case Unlink(path):
                self._name(path, None)

    def cut(self, mode: Mode, chance: Random) -> Mapping[str, bytes]:
        """The files that a power cut leaves now, by path. The run may go on: it is another world."""
        names = dict(self._safe_names)
        if mode != "nothing":
            for path, file in self._renamed[: chance.randint(0, len(self._renamed))]:  # a journal keeps their order
                _set(names, path, file)
        return {path: file.left(mode, chance) for path, file in names.items()}

    def _name(self, path: str, file: _File | None) -> None:
        _set(self._names, path, file)
        self._renamed.append((path, file))

    def _sync_folder(self, folder: str) -> None:
        inside = [change for change in self._renamed if str(PurePosixPath(change[0]).parent) == folder]
        for change in inside:
            _set(self._safe_names, *change)
            self._renamed.remove(change)


def _set(names: dict[str, _File], path: str, file: _File | None) -> None:
    if file is None:
        names.pop(path, None)
    else:
        names[path] = file


def _apply(content: bytearray, changes: Iterable[Write | Truncate]) -> None:
    for change in changes:
        end = change.size if isinstance(change, Truncate) else change.offset
        if len(content) < end:
            content.extend(bytes(end - len(content)))
        if isinstance(change, Truncate):
            del content[change.size :]
        else:
            content[change.offset : change.offset + len(change.data)] = change.data


def _torn(change: Write | Truncate, chance: Random) -> Iterable[Write | Truncate]:
    """The sectors of a write that made it."""
    if isinstance(change, Truncate):
        return [change]
    first = -(change.offset % _SECTOR)
    starts = range(first, len(change.data), _SECTOR)
    parts = [(max(start, 0), change.data[max(start, 0) : start + _SECTOR]) for start in starts]
    return [Write(change.path, change.offset + at, data) for at, data in parts if chance.random() < 0.5]

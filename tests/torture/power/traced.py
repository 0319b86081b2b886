"""What a process did to a folder, and what it told the outside, read from strace's record of it."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.torture.power.disk import Create, Link, Step, Sync, Told, Truncate, Unlink, Write

CALLS = "openat,pwrite64,write,fsync,fdatasync,ftruncate,unlink,rename,link,sendto"
OPTIONS = ("-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}")
"""strace's options for such a record."""

_BEGUN = re.compile(r"(\d+) +(\w+)\((.*) <unfinished \.\.\.>")
_RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)")
_WHOLE = re.compile(r"\d+ +(\w+)\((.*)\) += (-?\d+)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FILE = re.compile(r"\d+<([^>]*)>")
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")
_ATTEMPT = re.compile(rb'"attempt_id": *"(\w+)"')
_AT_ITS_END = ("fsync", "fdatasync", "openat")  # what others count when they begin: they may be done by then, or not


def steps(record: Path, folder: Path, accepted: Path) -> list[Step]:
    """The steps in that folder, in order. What is told: each line written to `accepted`, and each attempt that was sent out."""
    names: dict[str, int] = {}
    return [step for call, told, result in _calls(record) for step in _steps(call, told, result, names, (folder, accepted))]


def _calls(record: Path) -> Iterator[tuple[str, str, int]]:
    """Every system call, its arguments and its result; one that threads were switched in stands where it counts."""
    begun: dict[str, tuple[str, str]] = {}
    for line in record.read_text().splitlines():
        if found := _BEGUN.fullmatch(line):
            begun[found[1]] = found[2], found[3]
            if found[2] not in _AT_ITS_END:
                yield found[2], found[3], 0
        elif found := _RESUMED.fullmatch(line):
            call, told = begun.pop(found[1])
            if call in _AT_ITS_END:
                result = re.search(r"= (-?\d+)", found[3])
                yield call, told + found[3], int(result[1]) if result else -1
        elif found := _WHOLE.match(line):
            yield found[1], found[2], int(found[3])


# `names` holds the names in the folder, each with where the next `write` to it goes.
def _steps(call: str, told: str, result: int, names: dict[str, int], where: tuple[Path, Path]) -> Iterator[Step]:
    folder, accepted = where
    texts = [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(told)]
    if result < 0:
        return
    if call == "sendto":
        yield from (Told(name.decode()) for name in _ATTEMPT.findall(texts[0]))
        return
    file = _FILE.match(told)
    path = _plain(file[1]) if file is not None else ""
    if call == "write" and path == str(accepted):
        yield Told(texts[0].decode().strip())
    elif call in ("unlink", "rename", "link", "openat"):
        yield from _naming(call, told, [text.decode() for text in texts], names, folder)
    elif path == str(folder) or (Path(path).parent == folder and path in names):
        yield from _content(call, told, path, texts, names)


def _naming(call: str, told: str, paths: list[str], names: dict[str, int], folder: Path) -> Iterator[Step]:
    if Path(paths[-1]).parent != folder or paths[-1].endswith("-shm"):  # that one is made anew after a cut
        return
    if call == "unlink":
        names.pop(paths[0], None)
        yield Unlink(paths[0])
    elif call != "openat":
        names[paths[1]] = names.get(paths[0], 0)
        yield Link(paths[1], paths[0])
        if call == "rename":
            names.pop(paths[0], None)
            yield Unlink(paths[0])
    elif "O_CREAT" in told and paths[0] not in names:
        names[paths[0]] = 0
        yield Create(paths[0])
    elif "O_TRUNC" in told:
        yield Truncate(paths[0], 0)


def _content(call: str, told: str, path: str, texts: list[bytes], names: dict[str, int]) -> Iterator[Step]:
    if call in ("fsync", "fdatasync"):
        yield Sync(path)
    elif call == "ftruncate":
        yield Truncate(path, int(told.rpartition(", ")[2]))
    elif call == "pwrite64":
        yield Write(path, int(told.rpartition(", ")[2]), texts[0])
    elif call == "write":
        yield Write(path, names[path], texts[0])
        names[path] += len(texts[0])


def _plain(path: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), path)

"""Where each key of a TOML text stands: tomllib tells values, but no positions."""

import re
import tomllib
from bisect import bisect_right

Key = tuple[str | int, ...]
"""The way to a setting: names of tables, and indexes (from 0) in arrays."""
Position = tuple[int, int]
"""Line and column, both from 1; a column counts characters."""

_STRING = r'"""(?:\\.|[^\\])*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:\\.|[^"\\\n])*"|' r"'[^'\n]*'"
_NAME = re.compile(_STRING + r"""|[^\s.=\[\]{}"'#,]+""", re.DOTALL)
_SCALAR = re.compile(_STRING + r"|[^,\]}#\n]+", re.DOTALL)
_GAP = re.compile(r"(?:\s+|#[^\n]*)*")


def positions(text: str) -> dict[Key, Position]:
    """Where each table, key and array element of a valid TOML text begins.

    A key that is written several times (`[a.b]`, then `[a.c]`) stands where it came first, unless it has a header of its own.

    Raises:
        ValueError: the text is not TOML; let tomllib read it first, its errors are better.
    """
    scanner = _Scanner(text)
    scanner.document()
    line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
    found = {}
    for key, offset in scanner.offsets.items():
        line = bisect_right(line_starts, offset)
        found[key] = (line, offset - line_starts[line - 1] + 1)
    return found


def syntax_error(message: str, text: str) -> tuple[Position, str]:
    """Where tomllib's error is, and what it says without the place. At the end of the text, the end of the last written line."""
    if match := re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", message, re.DOTALL):
        return (int(match[2]), int(match[3])), _lowered(match[1])
    written = text.rstrip()
    return (written.count("\n") + 1, len(written) - written.rfind("\n")), _lowered(message.removesuffix(" (at end of document)"))


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


class _Scanner:
    """Walks over a text once. It checks nothing that tomllib has checked."""

    def __init__(self, text: str) -> None:
        self.offsets: dict[Key, int] = {}
        self._text = text
        self._at = 0
        self._last_index: dict[Key, int] = {}

    def document(self) -> None:
        table: Key = ()
        while self._skip_gap() < len(self._text):
            table = self._header() if self._sees("[") else self._pair(table)

    def _header(self) -> Key:
        of_array = self._sees("[[")
        self._at += 2 if of_array else 1
        *parents, (name, offset) = self._names()
        self._at += 2 if of_array else 1
        key: Key = ()
        for parent, parent_offset in parents:
            key = (*key, parent)
            self.offsets.setdefault(key, parent_offset)
            if key in self._last_index:
                key = (*key, self._last_index[key])
        key = (*key, name)
        if of_array:
            self.offsets.setdefault(key, offset)
            self._last_index[key] = self._last_index.get(key, -1) + 1
            key = (*key, self._last_index[key])
        self.offsets[key] = offset
        return key

    def _pair(self, table: Key) -> Key:
        key = table
        for name, offset in self._names():
            key = (*key, name)
            self.offsets.setdefault(key, offset)
        self._at += 1  # the equals sign
        self._value(key)
        return table

    def _names(self) -> list[tuple[str, int]]:
        names = []
        while True:
            offset = self._skip_gap()
            name = self._take(_NAME)
            names.append((tomllib.loads(f"name = {name}")["name"] if name[0] in "\"'" else name, offset))
            self._skip_gap()
            if not self._sees("."):
                return names
            self._at += 1

    def _value(self, key: Key) -> None:
        self._skip_gap()
        if self._sees("["):
            self._array(key)
        elif self._sees("{"):
            self._inline_table(key)
        else:
            self._take(_SCALAR)

    def _array(self, key: Key) -> None:
        self._at += 1
        index = 0
        while not self._ends("]"):
            self.offsets[(*key, index)] = self._at
            self._value((*key, index))
            index += 1

    def _inline_table(self, key: Key) -> None:
        self._at += 1
        while not self._ends("}"):
            self._pair(key)

    def _ends(self, mark: str) -> bool:
        """Step over a gap and a comma, to the next element or behind the closing mark."""
        self._skip_gap()
        if self._sees(","):
            self._at += 1
            self._skip_gap()
        if not self._sees(mark):
            return False
        self._at += 1
        return True

    def _sees(self, mark: str) -> bool:
        return self._text.startswith(mark, self._at)

    def _skip_gap(self) -> int:
        if gap := _GAP.match(self._text, self._at):
            self._at = gap.end()
        return self._at

    def _take(self, pattern: re.Pattern[str]) -> str:
        if (match := pattern.match(self._text, self._at)) is None:
            raise ValueError(f"not TOML at character {self._at}")
        self._at = match.end()
        return match[0]

"""What providers saw: the records of sinks, kept in a temporary file so that they may be as long as the ledger."""

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from wasl.errors import WaslError
from wasl.verifying.shapes import OUTCOMES

_CHUNK = 1000  # rows, ids or lines in one go
_DELIVERY = re.compile(r"dlv_(\w+)_(\d+)")
_ATTEMPT = re.compile(r"att_(\w+)_(\d+)_(\d+)")


class Illegible(WaslError):
    """A file of evidence cannot be read; the text names file and line."""

    code = "illegible"


class Send(NamedTuple):
    """One call as the provider saw it.

    `outcome` is what the provider did: `receipt` (took it), `unknown` (took it and gave no answer), `rejected` or `unavailable`
    (did not take it). `keyed` tells that it recognises a repeated delivery id and then sends nothing. `attempt` is None where the
    provider is not told of attempts.
    """

    message_id: str
    delivery: int
    attempt: int | None
    keyed: bool
    outcome: str

    @property
    def taken(self) -> bool:
        return self.outcome in ("receipt", "unknown")


class Sends:
    """All that the sinks recorded. Close it."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = tuple(files)
        self._table = sqlite3.connect("", isolation_level=None, check_same_thread=False)  # a file without a name, gone when it is closed
        self._table.execute("CREATE TABLE sends (message_id, delivery, attempt, keyed, outcome)")

    def __bool__(self) -> bool:
        """Whether there is any record; an empty one is one too, and says that nothing was sent."""
        return bool(self._files)

    def load(self) -> None:
        """Read the files.

        Raises:
            Illegible: one is missing, or a line is no record of a send.
        """
        for file in self._files:
            lines = numbered_lines(file)
            while chunk := [_send(file, number, line) for number, line in islice(lines, _CHUNK)]:
                self._table.executemany("INSERT INTO sends VALUES (?, ?, ?, ?, ?)", chunk)
        self._table.execute("CREATE INDEX by_message ON sends (message_id)")

    def of(self, messages: Sequence[str]) -> dict[str, list[Send]]:
        """The sends of these messages."""
        found: defaultdict[str, list[Send]] = defaultdict(list)
        for row in (
            self._table.execute("SELECT sends.* FROM json_each(?) JOIN sends ON message_id = value", (json.dumps(messages),))
            if self._files
            else ()
        ):
            message_id, delivery, attempt, keyed, outcome = row
            found[message_id].append(Send(message_id, delivery, attempt, bool(keyed), outcome))
        return found

    def messages(self) -> Iterator[list[str]]:
        """The ids of all messages that the sinks saw, in chunks."""
        with closing(self._table.execute("SELECT DISTINCT message_id FROM sends ORDER BY 1")) as rows:
            while chunk := [str(row[0]) for row in rows.fetchmany(_CHUNK)]:
                yield chunk

    def close(self) -> None:
        """Forget it."""
        self._table.close()


def accepted_ids(file: Path) -> Iterator[list[str]]:
    """The message ids of a file, one a line, in chunks.

    Raises:
        Illegible: it is missing, or a line is no message id.
    """
    lines = numbered_lines(file)
    while chunk := list(islice(lines, _CHUNK)):
        for number, line in chunk:
            if not re.fullmatch(r"msg_\w+", line):
                raise Illegible(f"{file}:{number} is not a message id; write one a line, like msg_0199…")
        yield [line for _, line in chunk]


def numbered_lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines that hold something. A last one without its line end was cut off with its writer's life, and is left out."""
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip() and line.endswith("\n"):
                    yield number, line.strip()
    except OSError as error:
        raise Illegible(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Illegible(f"{file} is not UTF-8.") from None


def _send(file: Path, number: int, line: str) -> Send:
    try:
        told = json.loads(line)
        attempt = _ATTEMPT.fullmatch(str(told["attempt_id"])) if told.get("attempt_id") else None
        delivery = _DELIVERY.fullmatch(str(told.get("delivery_id"))) or attempt
        if delivery is None or told["outcome"] not in OUTCOMES or (attempt is None and told.get("attempt_id")):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        wanted = '{"attempt_id": "att_…", "delivery_id": "dlv_…", "keyed": false, "outcome": "receipt"}'
        raise Illegible(f"{file}:{number} is not the record of a send; write {wanted}") from None
    return Send(f"msg_{delivery[1]}", int(delivery[2]), int(attempt[3]) if attempt else None, bool(told.get("keyed")), told["outcome"])

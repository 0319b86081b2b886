"""The chain of the audit: h_n = SHA-256(h_(n-1) ‖ row n), and what is found where it does not hold (threats.md section 7).

The hash of a row covers a salted hash of its details, and not these: what tells of a person may go, and the chain stays whole. An entry
tells of which rows the details went; of any other row they must be there.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from pydantic_core import to_json

from wasl.audited import Action, Actor, Fact, Fault, Finding, Witness

START = bytes(32)
"""What stands for the hash before the first row."""
CLEARED = "entries"
"""The fact that tells of which rows the details went."""


class Details(NamedTuple):
    """What goes when a person is erased."""

    salt: bytes
    object: str
    reason: str
    facts: str

    @property
    def digest(self) -> bytes:
        """What the row has of them."""
        return hashlib.sha256(self.salt + _bytes([self.object, self.reason, self.facts])).digest()


class Link(NamedTuple):
    """A row of the audit; `kept` is None where its details went."""

    number: int
    at: int
    actor: Actor
    action: str
    brand: str
    digest: bytes
    hash: bytes
    kept: Details | None

    def follows(self, before: bytes) -> bytes:
        """The hash that it must have after that one."""
        told = [self.number, self.at, list(self.actor), self.action, self.brand, self.digest.hex()]
        return hashlib.sha256(before + _bytes(told)).digest()


def linked(before: "tuple[int, int, bytes]", at: int, whole: tuple[Actor, Action, str], kept: Details) -> Link:
    """The row after that (number, moment, hash), by this actor, for this action, of this brand. Its moment is never before that one's."""
    number, last, head = before
    link = Link(number + 1, max(at, last), *whole, kept.digest, b"", kept)
    return link._replace(hash=link.follows(head))


def facts_json(facts: Mapping[str, Fact]) -> str:
    """Facts as they are kept."""
    return json.dumps(dict(facts), sort_keys=True, ensure_ascii=False)


class Checking:
    """Checks row by row, in order, in bounded memory; `findings` when all were seen."""

    def __init__(self, witnesses: Iterable[Witness] = ()) -> None:
        self.number, self.at, self.head = 0, 0, START
        self.entries = 0
        self._found: list[Finding] = []
        self._witnessed: dict[int, set[str]] = {}
        self._without: set[int] = set()
        self._cleared: set[int] = set()
        for witness in witnesses:
            self._witnessed.setdefault(witness.number, set()).add(witness.head)

    def see(self, link: Link) -> None:
        """The next row."""
        if link.number != self.number + 1:
            self._find(self.number + 1, "deleted", f"Entries {self.number + 1} to {link.number - 1} are missing.")
        elif link.follows(self.head) != link.hash:
            self._blame(link)
        elif link.at < self.at:
            self._find(link.number, "reordered", f"Entry {link.number} is older than the one before it.")
        self._check_details(link)
        if any(head != link.hash.hex() for head in self._witnessed.pop(link.number, ())):
            self._find(link.number, "rewritten", f"Entry {link.number} is not the one that was witnessed: the audit was written anew.")
        self.entries += 1
        self.number, self.at, self.head = link.number, link.at, link.hash

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, in order."""
        for number in sorted(self._without - self._cleared):
            self._find(number, "lost_details", f"The details of entry {number} are missing, and no erasure took them.")
        if beyond := [number for number in self._witnessed if number > self.number]:
            told = f"The audit ends at entry {self.number}, but entry {max(beyond)} was witnessed: the end was cut off."
            self._find(self.number + 1, "truncated", told)
        return tuple(sorted(self._found, key=lambda found: found.number))

    def _blame(self, link: Link) -> None:
        if link.at < self.at:
            self._find(link.number, "reordered", f"Entry {link.number} does not stand in its place.")
        else:
            self._find(link.number, "changed", f"Entry {link.number}, or the one before it, was changed.")

    def _check_details(self, link: Link) -> None:
        if link.kept is None:
            self._without.add(link.number)
            return
        if link.kept.digest != link.digest:
            self._find(link.number, "changed", f"The object, the reason or the facts of entry {link.number} were changed.")
        elif link.action in (Action.PERSON_ERASED, Action.AUDIT_CLEARED):
            self._cleared |= set(json.loads(link.kept.facts).get(CLEARED, ()))

    def _find(self, number: int, fault: Fault, sentence: str) -> None:
        self._found.append(Finding(number=number, fault=fault, sentence=sentence))


def check(links: Iterable[Link], witnesses: Iterable[Witness] = ()) -> tuple[Finding, ...]:
    """What is wrong with rows that are all at hand."""
    checking = Checking(witnesses)
    for link in links:
        checking.see(link)
    return checking.findings()


def witness_lines(lines: Iterable[str]) -> Iterator[Witness]:
    """The witnesses in a log, or in any file that has their lines; all other lines are passed over."""
    for line in lines:
        if '"audit.witness"' not in line:
            continue
        try:
            told = json.loads(line[line.index("{") :])
            yield Witness(int(told["number"]), str(told["head"]), str(told["by"]), str(told["seal"]))
        except (ValueError, KeyError, TypeError):
            continue


def _bytes(told: object) -> bytes:
    return to_json(told)

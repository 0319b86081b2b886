"""Versions of a template as text, and how two of them differ."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from wasl.catalogue.seen import Changed
from wasl.content.parts import unbundled

_AROUND = 3  # lines that are the same, before and behind a change


def told(source: str) -> str:
    """A template's source as its author reads it, each of its parts behind it."""
    text, shared = unbundled(source)
    found = [text.rstrip("\n")]
    for kind, parts in (("partial", shared.partials), ("snippet", shared.snippets)):
        found.extend(f"\n[{kind} {name}]\n{part.text}" for name, languages in parts.items() for part in languages.values())
    return "\n".join(found)


def changes(before: str, after: str) -> Iterator[Changed]:
    """The lines that differ, with a few around them; nothing where the texts are the same."""
    old, new = before.splitlines(), after.splitlines()
    end = 0
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_AROUND):
        if group[0][1] > end:
            yield Changed(kind="gap", before=None, after=None, text="")
        for tag, old_from, old_to, new_from, new_to in group:
            yield from _lines(tag, old, new, (old_from, old_to, new_from, new_to))
        end = group[-1][2]
    if 0 < end < len(old):
        yield Changed(kind="gap", before=None, after=None, text="")


def _lines(tag: str, old: list[str], new: list[str], at: tuple[int, int, int, int]) -> Iterator[Changed]:
    old_from, old_to, new_from, new_to = at
    if tag == "equal":
        for offset, line in enumerate(old[old_from:old_to]):
            yield Changed(kind="kept", before=old_from + offset + 1, after=new_from + offset + 1, text=line)
        return
    for number, line in enumerate(old[old_from:old_to], old_from + 1):
        yield Changed(kind="removed", before=number, after=None, text=line)
    for number, line in enumerate(new[new_from:new_to], new_from + 1):
        yield Changed(kind="added", before=None, after=number, text=line)

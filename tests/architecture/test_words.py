"""One word per idea; words that could mean anything are banned as names (DESIGN.md section 4)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.members import MEMBERS, ROOT, sources

BANNED = {"manager", "handler", "processor", "helper", "util", "common", "base", "info", "impl"}
BANNED |= {f"{word}s" for word in BANNED}


def words(name: str) -> list[str]:
    """`HTTPBaseError` and `http_base_error` are both http, base, error."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)]


def names(path: Path) -> Iterator[str]:
    yield path.stem
    yield from path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_no_name_could_mean_anything(member: Path) -> None:
    found = {f"{path.relative_to(ROOT)}: {name}" for path in sources(member) for name in names(path) if not BANNED.isdisjoint(words(name))}

    assert found == set()


def test_the_words_of_a_name_are_found() -> None:
    assert words("HTTPBaseError") == ["http", "base", "error"]
    assert words("_retry_helper") == ["retry", "helper"]
    assert words("base64_lines") == ["base64", "lines"]

"""Files that a reader can hold in mind (DESIGN.md section 2). How long a function may be is ruff's rule."""

from pathlib import Path

import pytest

from tests.architecture.members import MEMBERS, ROOT, sources

MOST_LINES = 300


def length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_no_file_is_longer_than_a_reader_wants(member: Path) -> None:
    found = {path: length(path) for path in sources(member) if "migrations" not in path.parts}

    assert found
    assert {str(path.relative_to(ROOT)): lines for path, lines in found.items() if lines > MOST_LINES} == {}

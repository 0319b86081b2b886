"""The members of the workspace, found by glob: a new plugin is held to the rules without being named anywhere."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
MEMBERS = [ROOT / "contracts", ROOT / "gateway", *PLUGINS]


def sources(member: Path) -> list[Path]:
    """The Python files of a member's package, without its tests."""
    return sorted(path for path in member.glob("wasl*/**/*.py") if "__pycache__" not in path.parts)


@cache  # every plugin asks of every file
def imported(path: Path) -> frozenset[str]:
    """The first part of every module that a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or ".").split(".")[0] if not node.level else ".")
    return frozenset(found)

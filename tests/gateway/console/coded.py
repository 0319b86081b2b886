"""Every code that something in wasl gives a problem, an error, a finding or a fact of the audit, read from the code that gives it."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import wasl
import wasl_contracts
from wasl import problems
from wasl.audited import Fault

_WASL = Path(wasl.__file__).parent
_ELSEWHERE = frozenset({"client", "verifying", "quality", "scaffold"})
"""Packages whose codes no page shows."""
_POSITIONAL = frozenset({"_refused", "_problem"})
"""Functions that take a place, a code and a sentence."""
_OF_PROVIDERS = frozenset({"Unavailable", "Unknown", "Rejected"})
"""What has the code of a provider."""
_TELL_OF_AUDIT = frozenset({"_entry", "_told", "_about", "own", "audit"})


def of_problems() -> dict[str, str]:
    """Codes of problems and errors, each with one place."""
    found = {**_of(_modules(_WASL, Path(wasl_contracts.__file__).parent), _problem_codes)}
    return {**found, **{code: "problems.py" for code, _ in problems._SAID.values()}}


def of_findings() -> dict[str, str]:
    """Codes of findings about templates and brands."""
    return _of(_modules(_WASL / "content", _WASL / "brands", _WASL / "authoring.py"), _finding_codes)


def of_checks() -> dict[str, str]:
    """The first word of what `wasl doctor` looks at."""
    return _of(_modules(_WASL / "checkup.py"), _check_kinds)


def of_facts() -> dict[str, str]:
    """Names of facts."""
    return _of(_modules(_WASL), _fact_names)


def of_faults() -> dict[str, str]:
    """What may be wrong with the audit."""
    return dict.fromkeys(get_args(Fault), "audited.py")


def _modules(*places: Path) -> Iterator[tuple[Path, ast.AST]]:
    for place in places:
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if path.parent == _WASL or path.relative_to(place if place.is_dir() else place.parent).parts[0] not in _ELSEWHERE:
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def _of(modules: Iterator[tuple[Path, ast.AST]], codes: Callable[[ast.AST], Iterator[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path, tree in modules:
        for node in ast.walk(tree):
            for code in codes(node):
                found.setdefault(code, f"{path.name}:{node.lineno}")  # type: ignore[attr-defined]
    return found


def _problem_codes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ClassDef):
        for line in node.body:
            target = line.targets[0] if isinstance(line, ast.Assign) else line.target if isinstance(line, ast.AnnAssign) else None
            if isinstance(target, ast.Name) and target.id == "code" and isinstance(line, ast.Assign | ast.AnnAssign):
                yield from _text(line.value)
    if not isinstance(node, ast.Call):
        return
    name = _name(node)
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    if name == "PydanticCustomError" and node.args:
        yield from _text(node.args[0])
    elif name in _POSITIONAL and len(node.args) == 3:
        yield from _text(node.args[1])
    elif "code" in given and name[:1].isupper() and name not in {"Finding", *_OF_PROVIDERS}:
        yield from _text(given["code"])


def _finding_codes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and _name(node) in ("_warning", "_mistake") and len(node.args) > 2:
        yield from _text(node.args[0])
    if isinstance(node, ast.Call) and _name(node) == "Finding":
        for keyword in node.keywords:
            if keyword.arg == "code":
                values = keyword.value.values if isinstance(keyword.value, ast.BoolOp) else [keyword.value]
                yield from (text for value in values for text in _text(value))


def _check_kinds(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and _name(node) == "Finding" and node.args:
        what = node.args[0]
        begun = what.values[0] if isinstance(what, ast.JoinedStr) else what
        yield from (text.split()[0] for text in _text(begun))


def _fact_names(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Call):
        return
    if _name(node) == "Entry":
        yield from (text for part in ast.walk(node) if isinstance(part, ast.Dict) for key in part.keys if key for text in _text(key))
    elif _name(node) in _TELL_OF_AUDIT and node.args and ast.unparse(node.args[0]).startswith("Action."):
        yield from (keyword.arg for keyword in node.keywords if keyword.arg not in (None, "brand"))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""


def _text(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value

"""Every sentence that the console says: of `t` and `tn` in templates, of `.t(…)` and `.tn(…)` in code, of `msgid(…)` and of navigation."""

import ast
from collections.abc import Iterator
from pathlib import Path

from jinja2 import nodes

import wasl.console
from wasl.console.rendering import environment_of
from wasl_contracts import Reason

FOLDER = Path(wasl.console.__file__).parent
_NAMES = {"t": 0, "tn": 1}
"""Which argument names the sentence in the catalogues: of `tn` the one for many."""


def of_templates() -> Iterator[tuple[str, str]]:
    """The sentence and where it stands."""
    for path in sorted(FOLDER.joinpath("templates").rglob("*.html")):
        name = path.relative_to(FOLDER / "templates").as_posix()
        for call in environment_of().parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in _NAMES and len(call.args) > _NAMES[call.node.name]:
                for sentence in _constants(call.args[_NAMES[call.node.name]]):
                    yield sentence, f"{name}:{call.lineno}"


def _constants(given: nodes.Expr) -> Iterator[str]:
    if isinstance(given, nodes.Const):
        yield str(given.value)
    elif isinstance(given, nodes.CondExpr):
        yield from _constants(given.expr1)
        if given.expr2 is not None:
            yield from _constants(given.expr2)


def of_code() -> Iterator[tuple[str, str]]:
    """The sentence and where it stands. A name or a table that `t` is given is looked up where the module defines it."""
    for path in sorted(FOLDER.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        tables = dict(_tables(tree))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
            place = f"{path.relative_to(FOLDER)}:{node.lineno}"
            for given in _given(name, node):
                yield from ((sentence, place) for sentence in _said(given, tables))


def _given(name: str, node: ast.Call) -> list[ast.expr]:
    if name in _NAMES and isinstance(node.func, ast.Attribute):
        return node.args[_NAMES[name] : _NAMES[name] + 1]
    return node.args[:1] if name in ("msgid", "Nav") else []


def _said(given: ast.expr, tables: dict[str, list[str]]) -> list[str]:
    if isinstance(given, ast.Constant):
        return [given.value] if isinstance(given.value, str) else []
    if isinstance(given, ast.IfExp):
        return [*_said(given.body, tables), *_said(given.orelse, tables)]
    names = [node.id for node in ast.walk(given) if isinstance(node, ast.Name)]
    return [sentence for name in names for sentence in tables.get(name, ())]


def _tables(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """What module-level constants hold: the texts of a table's values, or the text itself."""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
            name, value = node.target.id, node.value
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, node.value
        else:
            continue
        values = value.values if isinstance(value, ast.Dict) else [value]
        texts = [one.value for part in values for one in ast.walk(part) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        yield name, [text for text in texts if " " in text or text[:1].isupper()]


def of_reasons() -> Iterator[tuple[str, str]]:
    """What to do about each reason."""
    yield from ((reason.next_step, f"Reason.{reason.name}") for reason in Reason if reason.next_step)


def every() -> dict[str, str]:
    """All sentences, each with one place where it is said."""
    return dict([*of_templates(), *of_code(), *of_reasons()])

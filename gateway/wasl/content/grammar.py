"""What of Jinja a template may use, checked when it is loaded. An allow-list: what is not named here does not exist."""

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from jinja2 import meta, nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.tests import TESTS

from wasl.content import localised
from wasl.content.filters import GROWING, NAMES
from wasl.content.sandbox import AUTHOR

Finding = tuple[int, str]
"""A line, from 1, and what is wrong there."""

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For,
    nodes.Name, nodes.Const, nodes.Tuple, nodes.List, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Keyword,
    nodes.Filter, nodes.Test, nodes.CondExpr, nodes.Concat, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
    nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow, nodes.Neg, nodes.Pos,
    nodes.Pair,
)  # fmt: skip
_UNDECLARED = ", which [variables] does not declare"
_DEEPEST = 50
_MOST_NESTED_LOOPS = 5
_MOST_NODES = 2_000
_JINJA_OWN = frozenset({"self", "super", "caller", "varargs", "kwargs"})
_TOO_DEEP = "is nested too deeply or holds too large a number; write it more simply"
_REFUSED: Mapping[type[nodes.Node], str] = {
    nodes.Call: "calls something; a template only has values, filters, if and for. Remove the parentheses or use a filter",
    nodes.Assign: "sets a variable; give it with the data",
    nodes.Dict: "writes an object; give it with the data",
}


def read(source: str, declared: Collection[str], locale: str = "en") -> tuple[nodes.Template | None, list[Finding]]:
    """Parse a text with holes in a language: its tree, None where it cannot be read, and everything in it that is not allowed."""
    if "\0" in source:
        return None, [(source[: source.index("\0")].count("\n") + 1, "holds U+0000; remove it")]
    try:
        tree = AUTHOR.parse(source)
    except TemplateSyntaxError as error:
        return None, [(error.lineno, f"cannot be read: {error.message}")]
    except (RecursionError, ValueError, OverflowError):
        return None, [(1, _TOO_DEEP)]
    every = list(_all(tree))
    if len(every) > _MOST_NODES:
        return None, [(1, f"has more than {_MOST_NODES:,} holes, statements and parts of them; write less, or loop over a list")]
    findings = {finding for node, depth, loops in every for finding in _forbidden(node, depth, loops)}
    filters = [node for node, _, _ in every if isinstance(node, nodes.Filter)]
    findings |= {(node.lineno, wrong) for node in filters for wrong in localised.mistakes(node, locale)}
    return tree, sorted(findings or _undeclared(tree, declared))


def code_of(tree: nodes.Template | None, sentence: str) -> str:
    """What programs call one of the findings of `read`."""
    if tree is None:
        return "template_syntax"
    return "undeclared_variable" if _UNDECLARED in sentence else "template_forbidden"


def reads_inside(tree: nodes.Template) -> bool:
    """Whether the text reads keys of objects or items of lists, so that only a dry run can tell whether they are there."""
    return any(isinstance(node, nodes.Getattr | nodes.Getitem | nodes.For) for node, _, _ in _all(tree))


def needs_proof(tree: nodes.Template) -> bool:
    """Whether only a trial can tell what the text costs: a loop in a loop, or in one a filter whose cost grows with its value."""
    inside = [node for node, _, loops in _all(tree) if loops]
    return any(isinstance(node, nodes.For) or (isinstance(node, nodes.Filter) and node.name in GROWING) for node in inside)


def _all(tree: nodes.Node) -> Iterator[tuple[nodes.Node, int, int]]:
    """Every node, how deep it lies, and how many loops are around it."""
    waiting = [(tree, 0, 0)]
    while waiting:
        node, depth, loops = waiting.pop()
        yield node, depth, loops
        inner_loops = loops + isinstance(node, nodes.For)
        waiting.extend((inner, depth + 1, inner_loops) for inner in node.iter_child_nodes())


def _forbidden(node: nodes.Node, depth: int, loops: int) -> Iterator[Finding]:
    line = node.lineno or 1  # parts that Jinja adds by itself have none
    if depth == _DEEPEST or (isinstance(node, nodes.For) and loops == _MOST_NESTED_LOOPS):
        yield line, _TOO_DEEP
    if not isinstance(node, _ALLOWED):
        tag = re.sub(r"(?<!^)(?=[A-Z])", " ", type(node).__name__).lower()
        yield line, _REFUSED.get(type(node), f"uses {tag}, which templates do not have; they have values, filters, if and for")
    if isinstance(node, nodes.Filter) and node.name not in NAMES:
        yield line, f"uses the filter {node.name!r}, which does not exist{_meant(node.name, NAMES)}"
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        yield line, f"uses the test {node.name!r}, which does not exist{_meant(node.name, TESTS)}"
    if isinstance(node, nodes.For) and node.recursive:
        yield line, "loops recursively; write the loop out"
    if isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Const | nodes.Slice | nodes.Neg):
        yield line, "looks up a key that is itself a value; write the key out"
    name = _name_in(node)
    if name is not None and (name.startswith("_") or (isinstance(node, nodes.Name) and name in _JINJA_OWN)):
        yield line, f"reads {name!r}, which templates cannot reach"


def _name_in(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        return node.attr
    written = node.arg if isinstance(node, nodes.Getitem) else None
    if isinstance(node, nodes.Keyword) and node.key == "attribute":
        written = node.value
    return written.value if isinstance(written, nodes.Const) and isinstance(written.value, str) else None


def _undeclared(tree: nodes.Template, declared: Collection[str]) -> Iterator[Finding]:
    missing = meta.find_undeclared_variables(tree) - set(declared)
    for name in missing:
        line = min(node.lineno for node in tree.find_all(nodes.Name) if node.name == name)
        yield line, f'reads {name!r}{_UNDECLARED}{_meant(name, declared)}; add {name} = {{ type = "text" }}'


def _meant(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""

"""A brand's own layouts: the frames around a mail, in Jinja with so little in it that none can harm.

A layout is filled once for each template, brand and language. It has values, `if`, `for` without a loop inside, comparisons and a few
filters: so its output is bounded by its own length, and it cannot call or change anything.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Final

from jinja2 import StrictUndefined, Template, meta, nodes
from jinja2.exceptions import TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from wasl.brands.brand import DEFAULT, Colours, Fonts, Logo
from wasl.brands.seen import forbidden, seen
from wasl.config.mistakes import closest, listed

LONGEST = 200_000
"""Characters of a layout."""

_FACE: Final[Mapping[str, Collection[str]]] = {
    "lang": (), "dir": (), "start": (), "end": (), "brand": (), "logo": frozenset(Logo.model_fields),
    "colours": frozenset(Colours.model_fields), "dark": frozenset(Colours.model_fields), "fonts": frozenset(Fonts.model_fields),
}  # fmt: skip
VARIABLES: Final[Mapping[str, Mapping[str, Collection[str]]]] = {
    "default.html": {
        **_FACE, "title": (), "heading": (), "preheader": (), "body": (), "buttons": (),
        "legal": (), "legal_dir": (), "postal": (), "postal_dir": (),
        "unsubscribe": (), "unsubscribe_url": (), "unsubscribe_dir": (), "unsubscribe_lang": (),
    },
    "button.html": {**_FACE, "label": (), "url": (), "first": ()},
}  # fmt: skip
"""What each layout is given, and what is in each of these."""
_NEEDED: Final[Mapping[str, Collection[str]]] = {
    "default.html": ("body", "buttons", "legal", "postal", "unsubscribe_url"),
    "button.html": ("label", "url"),
}
"""Without these a mail would lack what it says, or what the law asks for."""

_FILTERS: Final = ("default", "length", "lower", "trim", "upper")
_TESTS: Final = ("defined", "none")
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Name, nodes.Const, nodes.Getattr, nodes.Filter,
    nodes.Test, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
)  # fmt: skip
_LOOP: Final = ("index", "index0", "first", "last", "length")
_DEEPEST = 50
_PIECE = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
_MARKERS: Final[Mapping[str, str]] = {
    **{name: f"marked-{name}" for name in ("body", "buttons", "legal", "postal", "label")},
    "unsubscribe_url": "https://marked.example/unsubscribe",
    "url": "https://marked.example/",
}
_SPARE: Final[Mapping[str, object]] = {
    **{name: _MARKERS[name] for name in ("legal", "postal", "label", "unsubscribe_url", "url")},
    "body": Markup("<p>marked-body</p>"), "buttons": [], "logo": None, "colours": DEFAULT.colours, "dark": DEFAULT.dark,
    "fonts": {"text": "serif", "heading": "serif"}, "lang": "ar", "dir": "rtl", "start": "right", "end": "left", "first": False,
    "legal_dir": "rtl", "postal_dir": "rtl", "unsubscribe": "…", "unsubscribe_dir": "rtl", "unsubscribe_lang": "ar",
}  # fmt: skip
_FULL: Final[Mapping[str, object]] = {
    **_SPARE, "buttons": [Markup("<p>marked-buttons</p>")], "heading": "…", "preheader": "…", "title": "…", "brand": "…", "first": True,
    "logo": Logo(url="https://marked.example/logo.png"), "lang": "en", "dir": "ltr", "start": "left", "end": "right",
    "legal_dir": "ltr", "postal_dir": "ltr", "unsubscribe_dir": "ltr", "unsubscribe_lang": "en",
}  # fmt: skip

Finding = tuple[int, str]
"""A line, from 1, and what is wrong there."""


class BadLayout(Exception):
    """A layout does not fit what this version of wasl gives it."""


def check(name: str, source: str) -> list[Finding]:
    """Everything in a layout that is not allowed, and what is missing, by line."""
    if len(source) > LONGEST:
        return [(1, f"is longer than {LONGEST:,} characters; put pictures on a web server, and write less")]
    if "\0" in source:
        return [(source[: source.index("\0")].count("\n") + 1, "holds U+0000; remove it")]
    try:
        tree = _JINJA.parse(source)
    except TemplateSyntaxError as error:
        return [(error.lineno, f"cannot be read: {error.message}")]
    except (RecursionError, ValueError, OverflowError):
        return [(1, "is nested too deeply or holds too large a number; write it more simply")]
    found = {finding for node, depth, looped in _all(tree) for finding in _forbidden(node, depth, looped=looped)}
    given = VARIABLES[name]
    found = found or {*_unknown(tree, given), *_unknown_inside(tree, given), *_missing(tree, _NEEDED[name]), *forbidden(_bare(source))}
    return sorted(found or _unseen(name, source))


def filled(source: str, values: Mapping[str, object]) -> str:
    """A layout with its values.

    Raises:
        BadLayout: it reads what it is not given, as one may that an older wasl took.
    """
    try:
        return _compiled(source).render(values)
    except TemplateError as error:
        raise BadLayout(error.message or "it cannot be filled") from None


def _environment() -> ImmutableSandboxedEnvironment:
    sandbox = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    sandbox.globals.clear()
    sandbox.filters = {name: sandbox.filters[name] for name in _FILTERS}
    sandbox.tests = {name: sandbox.tests[name] for name in _TESTS}
    return sandbox


_JINJA = _environment()


@lru_cache(maxsize=64)
def _compiled(source: str) -> Template:
    return _JINJA.from_string(source)


def _all(tree: nodes.Node) -> Iterator[tuple[nodes.Node, int, bool]]:
    """Every node, how deep it lies, and whether a loop is around it."""
    waiting = [(tree, 0, False)]
    while waiting:
        node, depth, looped = waiting.pop()
        yield node, depth, looped
        waiting.extend((inner, depth + 1, looped or isinstance(node, nodes.For)) for inner in node.iter_child_nodes())


def _forbidden(node: nodes.Node, depth: int, *, looped: bool) -> Iterator[Finding]:
    line = node.lineno or 1
    if not isinstance(node, _ALLOWED):
        yield line, f"uses {type(node).__name__.lower()}, which layouts do not have; they have values, if, for and comparisons"
    if isinstance(node, nodes.For) and (looped or node.recursive or not _is_name(node.iter, "buttons")):
        yield line, "loops over something else than buttons, or inside a loop; write it without"
    if depth == _DEEPEST:
        yield line, "is nested too deeply; write it more simply"
    if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        yield line, f"uses the filter {node.name!r}, which layouts do not have; there are: {listed(_FILTERS)}"
    if isinstance(node, nodes.Test) and node.name not in _TESTS:
        yield line, f"uses the test {node.name!r}, which layouts do not have; there are: {listed(_TESTS)}"
    name = node.attr if isinstance(node, nodes.Getattr) else node.name if isinstance(node, nodes.Name) else ""
    if name.startswith("_"):
        yield line, f"reads {name!r}, which layouts cannot reach"


def _is_name(node: nodes.Node, name: str) -> bool:
    return isinstance(node, nodes.Name) and node.name == name


def _unknown(tree: nodes.Template, given: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    missing = meta.find_undeclared_variables(tree) - given.keys()
    for node in tree.find_all(nodes.Name):
        if node.name in missing:
            yield node.lineno, f"reads {node.name!r}, which it is not given{_meant(node.name, given)}"


def _unknown_inside(tree: nodes.Template, given: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    for node in tree.find_all(nodes.Getattr):
        name = node.node.name if isinstance(node.node, nodes.Name) else ""
        inside = _LOOP if name == "loop" else given.get(name, ())
        if node.attr not in inside:
            yield node.lineno, f"reads {node.attr!r} of {name or 'a value'}, which does not have it{_meant(node.attr, inside)}"


def _missing(tree: nodes.Template, needed: Collection[str]) -> Iterator[Finding]:
    read = {node.name for node in tree.find_all(nodes.Name)}
    return ((1, f"never writes {{{{ {name} }}}}, so mails would lack it; put it in") for name in needed if name not in read)


def _bare(source: str) -> str:
    """A layout without its Jinja, on the same lines: what it would hold in one case or another."""
    return _PIECE.sub(lambda piece: "\n" * piece[0].count("\n"), source)


def _unseen(name: str, source: str) -> Iterator[Finding]:
    """What a layout writes where nobody sees it, tried with all that it may be given, and with no more than every mail has."""
    for tried, needed in ((_FULL, _NEEDED[name]), (_SPARE, [each for each in _NEEDED[name] if each != "buttons"])):
        try:
            page = filled(source, {**{each: "" for each in VARIABLES[name]}, **tried})
        except BadLayout as fact:
            yield 1, f"cannot be filled: {fact}"
            return
        yield from forbidden(page)
        shown = seen(page)
        hidden = [each for each in needed if _MARKERS[each] not in shown]
        yield from (
            (1, f"does not show {{{{ {each} }}}} in every mail; write it outside of comments, conditions and display:none")
            for each in hidden
        )
        if hidden:
            return


def _meant(name: str, known: Collection[str]) -> str:
    near = closest(name, known)
    return f" (did you mean {near!r}?)" if near else f"; there are: {listed(sorted(known))}"

"""Jinja with nothing in it but values, conditions, loops and a few harmless filters, all bounded (threats.md F).

Memory is bounded by the limits below. CPU is bounded only in loops and output: a template that is slow on purpose needs the worker
process of a later issue.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

from jinja2 import StrictUndefined, nodes, pass_context
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer
from markupsafe import escape
from pydantic import JsonValue

from wasl.content.filters import FILTERS, MAX_CHARACTERS, NotAllowed, bounded_binop, joined
from wasl.content.links import is_web_link
from wasl_contracts.content import Direction

MAX_ITERATIONS = 10_000

# NUL occurs in no text (contracts refuse it), so what is between the holes never reads as Jinja.
VARIABLE = ("\0{", "}\0")
BLOCK = ("\0%", "%\0")

Data = dict[str, JsonValue]
Fill = Callable[[Data], str]
Chunks = Callable[[Data], Iterable[str]]


class Unfillable(Exception):
    """The data does not fit the template. The text names what the template reads, never a value of the data."""


@dataclass(frozen=True)
class Ink:
    """How a format writes: literal text, a value among text of some direction, and a link's address."""

    literal: Callable[[str], str]
    value: Callable[[str, Direction], str]
    url: Callable[[str], str]
    escapes_html: bool = False


class Missing(StrictUndefined):
    """Something that the template reads and the data lacks."""

    @property
    def _undefined_message(self) -> str:
        return f"the template reads {self._undefined_name!r}, which the data lacks there"


class Sandbox(ImmutableSandboxedEnvironment):
    """Reaches keys of objects, items of lists and the state of a loop: no attribute or method of any Python object."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def getattr(self, obj: object, attribute: str) -> object:
        if isinstance(obj, LoopContext):
            return super().getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: object, argument: object) -> object:
        if isinstance(obj, dict) and argument in obj:
            return obj[argument]
        if isinstance(obj, list | tuple | str) and isinstance(argument, int) and -len(obj) <= argument < len(obj):
            return obj[argument]
        return self.undefined(obj=obj, name=str(argument))

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        return bounded_binop(operator, left, right)


AUTHOR = Sandbox(undefined=Missing, keep_trailing_newline=True)
"""Reads what authors write."""
AUTHOR.globals.clear()
AUTHOR.filters = dict(FILTERS)  # Jinja's own would be run on constants while it is only read


def filling(source: str, ink: Ink, direction: Direction) -> Fill:
    """Compile what `Holes.as_jinja` made into a function of the data.

    It raises Unfillable, and does so rather than use more than the limits.
    """
    sandbox = _sandbox(ink, direction)
    tree = sandbox.parse(source)
    chunks_of = _joined_pieces(tree, sandbox) or _rendered(_Bounded().visit(tree), sandbox)

    def fill(data: Data) -> str:
        chunks: list[str] = []
        size = 0
        try:
            for chunk in chunks_of(data):
                size += len(chunk)
                if size > MAX_CHARACTERS:
                    raise NotAllowed
                chunks.append(chunk)
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            raise Unfillable(_fact(error)) from None
        return "".join(chunks)

    return fill


def _rendered(tree: nodes.Template, sandbox: Sandbox) -> Chunks:
    template = sandbox.template_class.from_code(sandbox, sandbox.compile(tree), sandbox.globals)
    return lambda data: template.root_render_func(template.new_context(data, shared=True))


def _joined_pieces(tree: nodes.Template, sandbox: Sandbox) -> Chunks | None:
    """The same for a text of literals and plain holes, without Jinja's context, which takes longer than the rest; None for any other."""
    written = [piece for output in tree.body for piece in (output.nodes if isinstance(output, nodes.Output) else [output])]
    pieces: list[tuple[str, Callable[[object], str] | None]] = []
    for piece in written:
        if isinstance(piece, nodes.TemplateData):
            pieces.append((piece.data, None))
        elif isinstance(piece, nodes.Filter) and isinstance(piece.node, nodes.Name) and not piece.args and not piece.kwargs:
            pieces.append((piece.node.name, sandbox.filters[piece.name]))
        else:
            return None
    finish = escape if sandbox.autoescape else str

    def chunks(data: Data) -> Iterable[str]:
        for text, write in pieces:
            yield text if write is None else finish(write(data[text] if text in data else sandbox.undefined(name=text)))

    return chunks


def _fact(error: Exception) -> str:
    if isinstance(error, TemplateError) and not isinstance(error, SecurityError):
        return error.message or "the data does not fit the template"
    return str(error) if isinstance(error, NotAllowed) else "a value does not fit what the template does with it"


class _Bounded(NodeTransformer):
    """Puts a bound on loops and on `~`, which Jinja does not let an environment intercept."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja's visitor finds it by this name
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, "bounded", [], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - as above
        self.generic_visit(node)
        pieces = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(pieces, "joined", [], [], None, None, lineno=node.lineno)


@pass_context
def _bounded(context: Context, items: Iterable[object] | None) -> Iterable[object]:
    """The items of a loop, counted over all loops of one filling; none where an optional list was not given."""
    if items is None:
        return ()
    sized = items if isinstance(items, list | tuple | str | dict) else list(items)
    context.vars["_iterations"] = spent = context.vars.get("_iterations", 0) + len(sized)
    if spent > MAX_ITERATIONS:
        raise NotAllowed
    return sized


@cache
def _sandbox(ink: Ink, direction: Direction) -> Sandbox:
    sandbox = Sandbox(
        variable_start_string=VARIABLE[0],
        variable_end_string=VARIABLE[1],
        block_start_string=BLOCK[0],
        block_end_string=BLOCK[1],
        comment_start_string="\0#",
        comment_end_string="#\0",
        keep_trailing_newline=True,
        undefined=Missing,
        autoescape=ink.escapes_html,
    )
    sandbox.globals.clear()
    sandbox.filters = {
        **FILTERS,
        "bounded": _bounded,
        "joined": joined,
        "v": lambda value: ink.value(value if type(value) is str else _as_text(value), direction),
        "t": lambda value: ink.literal(_as_text(value)),
        "u": lambda value: ink.url(value) if isinstance(value, str) and is_web_link(value) else "",
        "p": lambda value: quote(_as_text(value), safe=""),
    }
    return sandbox


def _as_text(value: object) -> str:
    """A value as people read it. None is what an optional variable is when it was not given."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Undefined):
        return str(value)  # of what is missing: raises, as it is strict
    raise NotAllowed("the template writes a whole list or object; it can only write what is in them")

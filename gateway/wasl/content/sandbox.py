"""Jinja with nothing in it but values, conditions, loops and a few harmless filters, all bounded (threats.md F).

Text, rounds and work are counted over one filling, so that it ends after some tens of milliseconds at worst, whatever the template and
the data are. `proving.py` tries templates in a process of their own besides.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

from jinja2 import StrictUndefined, nodes, pass_context
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape
from pydantic import JsonValue

from wasl.content.filters import OPERATORS, calculated, filters
from wasl.content.languages import Manner
from wasl.content.phrase import Phrase, as_text
from wasl.content.unseen import harmless
from wasl.content.work import MAX_CHARACTERS, STEP, NotAllowed, OverLimit, length, spend, weight
from wasl_contracts.content import Direction
from wasl_contracts.links import LONGEST_LINK, web_link

MAX_ITERATIONS = 10_000

# NUL occurs in no text (contracts refuse it), so what is between the holes never reads as Jinja.
VARIABLE = ("\0{", "}\0")
BLOCK = ("\0%", "%\0")

Data = dict[str, JsonValue]
Fill = Callable[[Data], str]
Chunks = Callable[[Data], Iterable[str]]
Write = Callable[[object], str]


class Unfillable(Exception):
    """The data does not fit the template. The text names what the template reads, never a value of the data.

    `code` is `template_limit` where the template wants more than a message may have, and `template_error` otherwise.
    """

    def __init__(self, fact: str, code: str = "template_error") -> None:
        self.code = code
        super().__init__(fact if code == "template_error" else f"{code}: {fact}")


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

    intercepted_binops = OPERATORS

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
        return calculated(context, operator, left, right)


AUTHOR = Sandbox(undefined=Missing, keep_trailing_newline=True)
"""Reads what authors write."""
AUTHOR.globals.clear()
AUTHOR.filters = filters(Manner("en", "ltr"))  # Jinja's own would be run on constants while it is only read


def filling(source: str, ink: Ink, manner: Manner) -> Fill:
    """Compile what `Holes.as_jinja` made into a function of the data.

    It raises Unfillable, and does so rather than use more than the limits.
    """
    sandbox = _sandbox(ink, manner)
    tree = sandbox.parse(source)
    chunks_of = _joined_pieces(tree, _writers(ink, manner.direction), ink) or _rendered(_Bounded().visit(tree), sandbox)

    def fill(data: Data) -> str:
        chunks: list[str] = []
        size = 0
        try:
            for chunk in chunks_of(data):
                size += len(chunk)
                if size > MAX_CHARACTERS:
                    raise OverLimit
                chunks.append(chunk)
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            raise Unfillable(*_fact(error)) from None
        return "".join(chunks)

    return fill


def _rendered(tree: nodes.Template, sandbox: Sandbox) -> Chunks:
    template = sandbox.template_class.from_code(sandbox, sandbox.compile(tree), sandbox.globals)
    return lambda data: template.root_render_func(template.new_context(data, shared=True))


def _joined_pieces(tree: nodes.Template, writers: dict[str, Write], ink: Ink) -> Chunks | None:
    """The same for a text of literals and plain holes, without Jinja's context, which takes longer than the rest; None for any other."""
    written = [piece for output in tree.body for piece in (output.nodes if isinstance(output, nodes.Output) else [output])]
    pieces: list[tuple[str, Write | None]] = []
    for piece in written:
        if isinstance(piece, nodes.TemplateData):
            pieces.append((piece.data, None))
        elif isinstance(piece, nodes.Filter) and isinstance(piece.node, nodes.Name) and not piece.args and not piece.kwargs:
            pieces.append((piece.node.name, writers[piece.name]))
        else:
            return None
    finish = escape if ink.escapes_html else str

    def chunks(data: Data) -> Iterable[str]:
        for text, write in pieces:
            yield text if write is None else finish(write(data[text] if text in data else Missing(name=text)))

    return chunks


def _fact(error: Exception) -> tuple[str, str]:
    """What to say of an error without a value of the data, and its code."""
    if isinstance(error, NotAllowed):
        return error.message or "", error.code
    if isinstance(error, TemplateError) and not isinstance(error, SecurityError):
        return error.message or "the data does not fit the template", "template_error"
    return "a value does not fit what the template does with it", "template_error"


class _Bounded(NodeTransformer):
    """Has everything paid for that Jinja does not let an environment intercept: loops, `~`, comparisons, tests, slices."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja's visitor finds it by this name
        self.generic_visit(node)
        steps = nodes.Const(sum(1 for _ in _inside(node)))
        node.iter = nodes.Filter(node.iter, "bounded", [steps], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - as above
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "join")

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802 - as above
        self.generic_visit(node)
        node.expr = _weighed(node.expr)
        for operand in node.ops:
            operand.expr = _weighed(operand.expr)
        return node

    def visit_Test(self, node: nodes.Test) -> nodes.Node:  # noqa: N802 - as above
        self.generic_visit(node)
        if node.name not in ("defined", "undefined"):
            node.node = _weighed(node.node)
        node.args = [_weighed(given) for given in node.args]
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 - as above
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _filtered(node.node, "measured")
        return node


def _filtered(value: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(value, name, [], [], None, None, lineno=value.lineno)


def _weighed(value: nodes.Expr) -> nodes.Expr:
    return value if isinstance(value, nodes.Const) else _filtered(value, "weighed")


def _inside(node: nodes.Node) -> Iterator[nodes.Node]:
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        yield inner
        waiting.extend(inner.iter_child_nodes())


@pass_context
def _bounded(context: Context, items: Iterable[object] | None, steps: int) -> Iterable[object]:
    """The items of a loop, paid for with all their rounds; none where an optional list was not given."""
    if items is None:
        return ()
    sized = items if isinstance(items, list | tuple | str | dict) else list(items)
    context.vars["_iterations"] = rounds = context.vars.get("_iterations", 0) + len(sized)
    if rounds > MAX_ITERATIONS:
        raise OverLimit
    spend(context, len(sized) * steps * STEP)
    return sized


@pass_context
def _weigh(context: Context, value: object) -> object:
    """The value, paid for to be read once."""
    spend(context, weight(value))
    return value


@pass_context
def _measure(context: Context, value: object) -> object:
    """The value, paid for to be copied."""
    spend(context, length(value))
    return value


@cache
def _sandbox(ink: Ink, manner: Manner) -> Sandbox:
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
    writers = {name: _paid(write) for name, write in _writers(ink, manner.direction).items()}
    sandbox.filters = {**filters(manner), "bounded": _bounded, "weighed": _weigh, "measured": _measure, **writers}
    return sandbox


@cache
def _writers(ink: Ink, direction: Direction) -> dict[str, Write]:
    """How holes are written, by kind (see holes.py)."""
    join = Markup("").join if ink.escapes_html else "".join

    def value(value: object) -> str:
        if type(value) is str:
            return ink.value(harmless(value), direction)
        if isinstance(value, Phrase):
            return join(ink.value(harmless(text), direction) if of_data else ink.literal(text) for text, of_data in value.parts)
        return ink.value(harmless(as_text(value)), direction)

    return {
        "v": value,
        "t": lambda value: ink.literal(harmless(as_text(value))),
        "u": lambda value: ink.url(link) if isinstance(value, str) and (link := web_link(value)) else "",
        "p": _part,
    }


def _part(value: object) -> str:
    text = as_text(value)
    if len(text) > LONGEST_LINK:
        raise OverLimit("the data makes a link longer than links can be")
    return quote(text, safe="")


def _paid(write: Write) -> Callable[..., str]:
    @pass_context
    def run(context: Context, value: object) -> str:
        if isinstance(value, str):
            spend(context, 2 * len(value))
        return write(value)

    return run

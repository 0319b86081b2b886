"""What a template may say for one format alone: `[FORMAT]` in its front matter, as a model that the format's own file declares."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar, cast, get_args

from pydantic import BaseModel, StringConstraints

from wasl_contracts.model import Frozen

Way = tuple[str | int, ...]
"""Where a text stands in a block: names of settings, and indexes from 0."""
HoleKind = Literal["value", "text", "link"]


@dataclass(frozen=True, slots=True)
class Marker:
    """Marks a text of a block in which holes may stand."""

    kind: HoleKind


_Written = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]
Holed = Annotated[_Written, Marker(kind="value")]
"""Text for programs, such as the name of a sound: values stand in it as they are."""
HoledText = Annotated[_Written, Marker(kind="text")]
"""Text for people: values whose direction differs from the text's are isolated, as in the body."""
HoledLink = Annotated[_Written, Marker(kind="link")]
"""A link: empty once it is filled where the data made it something that is not on the web."""


class Block(Frozen):
    """What every format may say: a text in Markdown and a title, each in place of the template's.

    A format with settings of its own makes a subclass of this, gives it to `formats.FORMATS`, and reads it by `written.block(…)`.
    """

    text: _Written | None = None
    title: str | None = None


B = TypeVar("B", bound=BaseModel)
Change = Callable[[HoleKind, str, Way], str]


def changed(block: B, change: Change, way: Way = ()) -> B:
    """The block with every text changed in which holes may stand, in lists and tables too; `way` is where the block stands."""
    texts = {name: (_marked(field.annotation, *field.metadata), getattr(block, name)) for name, field in type(block).model_fields.items()}
    return block.model_copy(update={name: _of_value(value, kind, change, (*way, name)) for name, (kind, value) in texts.items()})


def _of_value(value: object, kind: HoleKind | None, change: Change, way: Way) -> object:
    if isinstance(value, BaseModel):
        return changed(value, change, way)
    if kind is not None and isinstance(value, str):
        return change(kind, value, way)
    if isinstance(value, tuple):
        return tuple(_of_value(inner, kind, change, (*way, index)) for index, inner in enumerate(value))
    if isinstance(value, Mapping):
        return {name: _of_value(inner, kind, change, (*way, name)) for name, inner in value.items()}
    return value


def _marked(*annotations: object) -> HoleKind | None:
    return next((found.kind for found in _leaves(annotations) if isinstance(found, Marker)), None)


def _leaves(annotations: object) -> Iterator[object]:
    for annotation in cast("tuple[object, ...]", annotations):
        yield annotation
        yield from _leaves(get_args(annotation))

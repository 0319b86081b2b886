"""Values as people read them, and phrases that are made of values and words."""

from collections.abc import Iterable

from jinja2.runtime import Undefined

from wasl.content.work import NotAllowed

Part = tuple[str, bool]
"""A text, and whether it is a value, which may have a direction of its own."""


class Phrase(str):
    """A text in the language of the template, with values in it: formats isolate these and not the whole. It is its parts, joined."""

    __slots__ = ("parts",)
    parts: tuple[Part, ...]

    def __new__(cls, parts: Iterable[Part]) -> "Phrase":
        """The phrase of these parts."""
        kept = tuple(parts)
        phrase = super().__new__(cls, "".join(text for text, _ in kept))
        phrase.parts = kept
        return phrase


def as_text(value: object) -> str:
    """A value as people read it. None is what an optional variable is when it was not given.

    Raises:
        NotAllowed: it is a list or an object.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Undefined):
        return str(value)  # of what is missing: raises, as it is strict
    raise NotAllowed("the template writes a whole list or object; it can only write what is in them")

"""What one filling may cost: a budget of work, the same on every machine, so that no template or data can hold up the event loop."""

from typing import Final

from jinja2.exceptions import SecurityError
from jinja2.runtime import Context

MAX_CHARACTERS: Final = 1_000_000
"""The longest text that a filling, or a filter in it, may make."""
MAX_WORK: Final = 3_000_000
"""In units of about ten nanoseconds: some 30 ms."""
STEP: Final = 30
"""What one step costs that does not depend on the length of a value: a filter's call, a calculation."""
_ITEM = 10
_WORK = "_work"


class NotAllowed(SecurityError):
    """The template asks for what templates may not do. `code` is how answers and findings call it."""

    code = "template_error"


class OverLimit(NotAllowed):
    """The template asks for more text, items, rounds or work than a message may have."""

    code = "template_limit"

    def __init__(self, message: str = "the template makes more text, items or rounds than a message may have") -> None:
        super().__init__(message)


def spend(context: Context, units: int) -> None:
    """Take work from the budget of the filling that this context is of. Raises OverLimit where nothing is left."""
    context.vars[_WORK] = left = context.vars.get(_WORK, MAX_WORK) - units
    if left < 0:
        raise OverLimit("the template takes more work than a message may: loop over less, or use fewer filters inside loops")


def weight(value: object) -> int:
    """The work of reading a value once through all its levels: its characters, and ten for each item."""
    if isinstance(value, str):
        return len(value)
    characters = 0
    parts = [value]
    for part in parts:  # it grows while it is walked
        if isinstance(part, str):
            characters += len(part)
        elif isinstance(part, list | tuple):
            parts += part
        elif isinstance(part, dict):
            parts += part
            parts += part.values()
    return characters + _ITEM * len(parts)


def length(value: object) -> int:
    """How many characters or items a value has at its first level."""
    return len(value) if isinstance(value, str | list | tuple | dict) else 1

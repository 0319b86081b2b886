"""Models of values that are known to be right."""

from typing import TypeVar

from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)
_put = object.__setattr__


def restored(model: type[Model], fields: dict[str, object]) -> Model:
    """A model from all of its fields, as they were when it was stored: it was validated then and is not validated again.

    By setting the state that pickle restores: `model_construct` looks for defaults and aliases, and takes longer than validating.
    """
    found = model.__new__(model)
    _put(found, "__dict__", fields)
    _put(found, "__pydantic_fields_set__", set(fields))
    _put(found, "__pydantic_extra__", None)
    _put(found, "__pydantic_private__", None)
    return found

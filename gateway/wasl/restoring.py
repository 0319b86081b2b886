"""Models of values that are known to be right."""

from typing import TypeVar

from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)


def restored(model: type[Model], fields: dict[str, object]) -> Model:
    """A model from all of its fields, as they were when it was stored: it was validated then and is not validated again.

    By the state that pickle restores: `model_construct` looks for defaults and aliases, and takes longer than validating.
    """
    found = model.__new__(model)
    found.__setstate__(
        {"__dict__": fields, "__pydantic_fields_set__": set(fields), "__pydantic_extra__": None, "__pydantic_private__": None}
    )
    return found

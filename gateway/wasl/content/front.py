"""What the front matter of a template may say."""

from typing import Annotated

from pydantic import Field, StringConstraints, create_model

from wasl.content.formats import FORMATS
from wasl.content.variables import Variable
from wasl_contracts.model import Frozen


class FrontAction(Frozen):
    """`[[actions]]`."""

    label: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    url: Annotated[str, StringConstraints(min_length=1, max_length=2048)]


class Front(Frozen):
    """What every template may say. FRONT adds a table for each format."""

    title: str = ""
    actions: Annotated[tuple[FrontAction, ...], Field(max_length=10)] = ()
    variables: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")], Variable] = Field(default_factory=dict)


def _with_formats() -> type[Front]:
    tables = {str(format): (form.block | None, None) for format, form in FORMATS.items()}
    return create_model("Front", __base__=Front, **tables)  # type: ignore[call-overload, no-any-return]  # names come from FORMATS


FRONT = _with_formats()

"""Where a person can be reached: a channel, a kind and a value."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from wasl_contracts.model import Frozen, Slug, one_line

Audience = Literal["person", "group", "public"]
"""Who sees what is sent there: one person, the members of a room, or everybody."""

PUBLIC_KIND = "public"
"""The kind of the address that stands for a provider's own followers. It has no value of its own."""


class Address(Frozen):
    """One way to reach a recipient. Its value is personal data: repr shows the masked form."""

    channel: Slug
    kind: Slug
    value: Annotated[str, StringConstraints(min_length=1, max_length=4096), AfterValidator(one_line)] = Field(repr=False)

    def masked(self) -> str:
        """Enough to recognise the address in a list, too little to use it."""
        return masked(self.kind, self.value)

    def __repr__(self) -> str:
        return f"Address({self.channel}, {self.kind}, {self.masked()})"

    __str__ = __repr__


def masked(kind: str, value: str) -> str:
    """Mask one address value: `a•••@e•••.com`, `+9665•••••12`, `xo•••9f`."""
    if kind == PUBLIC_KIND:
        return "everybody"
    if kind == "email" and "@" in value:
        local, _, domain = value.rpartition("@")
        first, dot, last = domain.rpartition(".")
        return f"{local[:1]}•••@{(first or last)[:1]}•••{dot}{last if dot else ''}"
    if kind == "phone" and len(value) > 8:
        return f"{value[:5]}•••••{value[-2:]}"
    return f"{value[:2]}•••{value[-2:]}" if len(value) > 8 else "•••"
